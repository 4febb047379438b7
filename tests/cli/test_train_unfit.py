"""`musicc train` where base, data or machine are not fit for it: said before anything is lost."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.cli.rewards import ENVIRONMENT, OWN, VOCABULARY, Rewards, files_of, rewards
from tests.cli.trainings import refused
from tests.runtime.store.common import file_limit
from tests.servers.process import ROOT


@pytest.fixture
def bare(tmp_path: Path) -> Rewards:
    """Needs no build."""
    return rewards(tmp_path / "project", OWN)


# The base


def bin_only(folder: Path) -> None:
    import torch
    from safetensors.torch import load_file

    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def damaged(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:3000])


def encoder(folder: Path) -> None:
    from transformers import AutoModel, BertConfig

    shape = {"hidden_size": 48, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4}
    for name, data in files_of(AutoModel, BertConfig(**shape, vocab_size=len(VOCABULARY))).items():
        (folder / name).write_bytes(data)


def unknown(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_bytes())
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "novel"}))


def own_code(folder: Path) -> None:
    """Would be run if it were trusted."""
    unknown(folder)
    config = json.loads((folder / "config.json").read_bytes())
    (folder / "config.json").write_text(json.dumps(config | {"auto_map": {"AutoConfig": "code.Config"}}))
    (folder / "code.py").write_text(f"open({str(folder / 'ran')!r}, 'w')")


@pytest.mark.parametrize(
    ("spoil", "code", "exit_code", "reason"),
    [
        (bin_only, "M631", 2, "no file named model.safetensors"),
        (damaged, "M631", 2, "the base model cannot be had: "),
        (encoder, "M632", 1, "`BertForSequenceClassification` has no head `score` over a decoder"),
        (unknown, "M632", 1, "no reward model can be made of it: "),
        (own_code, "M632", 1, "no reward model can be made of it: "),
    ],
)
def test_a_base_that_is_none(
    bare: Rewards, spoil: Callable[[Path], None], code: str, exit_code: int, reason: str
) -> None:
    spoil(bare.folder / "tiny")
    assert reason in refused(bare.train(), code, exit_code)
    assert not bare.model().exists()
    assert not (bare.folder / "tiny" / "ran").exists()


@pytest.mark.parametrize(
    ("base", "reason"),
    [
        ("tinny", "couldn't connect"),
        ("org/tiny", "couldn't connect"),
        ("./nowhere/tiny", "Repo id must be"),
        ("tiny/config.json", "it is a file, and no GGUF"),
    ],
)
def test_a_base_that_is_not_there(bare: Rewards, base: str, reason: str) -> None:
    with patch("huggingface_hub.constants.HF_HUB_OFFLINE", True):
        told = refused(bare.changed('"tiny"', f'"{base}"').train(), "M631", 2)
    assert reason in told
    assert f"--> {base} " in told


def test_a_base_counts_from_the_folder_of_the_spec(bare: Rewards) -> None:
    (bare.folder / "specs").mkdir()
    for name in ("t.music", "pairs.jsonl"):
        (bare.folder / name).rename(bare.folder / "specs" / name)
    told = refused(bare.run("train", "specs/t.music"), "M631", 2)
    assert "there is no folder" in told
    assert "paths count from the folder of the spec" in told


# The data


def test_an_overlong_pair_that_is_an_error(bare: Rewards) -> None:
    told = refused(bare.changed("steps     = 4", "max_length = 30\n  overlong = error").train(), "M623")
    assert "pairs.jsonl:" in told
    assert "pairs:" not in told  # before a model is loaded


def test_nothing_left(bare: Rewards) -> None:
    refused(bare.changed("steps     = 4", "max_length = 16").train(), "M624")
    refused(bare.records([{"text": "no pair"}]).train(), "M619")


def test_a_margin_that_no_float_holds(bare: Rewards) -> None:
    """1e300 is a finite number, but not to the model: the step is not applied, and its records are named."""
    lines = (bare.folder / "pairs.jsonl").read_text().splitlines()
    records = [json.loads(line) | {"apart": 0.5} for line in lines]
    records[20]["apart"] = 1e300
    bare.records(records).changed("steps     = 4", 'margin    = "apart"')  # an epoch
    told = refused(bare.train(), "M637")
    assert "gave losses that are not finite, by these records: pairs.jsonl:21 " in told
    assert "`--resume` goes on from the last checkpoint" in told
    assert not bare.model().exists()


# The machine


def test_a_package_that_is_missing(bare: Rewards) -> None:
    with patch.dict(sys.modules, {"matplotlib": None}):
        told = refused(bare.train(), "M630", 2)
    assert "training needs the package `matplotlib`, which is not installed" in told
    assert 'help: run `pip install "musicc[train]"`' in told
    assert not bare.build.exists()


def test_without_torch(bare: Rewards) -> None:
    """As after `pip install musicc`."""
    code = "import sys; sys.modules['torch'] = None; from musicc.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "train", "t.music"],
        cwd=bare.folder,
        env={**ENVIRONMENT, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "error[M630]: training needs the package `torch`, which is not installed" in done.stderr


def test_memory_that_does_not_suffice(bare: Rewards) -> None:
    from musicc.runtime.reward.fit import PairTrainer

    refusal = RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory")
    with patch.object(PairTrainer, "train", side_effect=refusal):
        assert "`gradient_checkpointing`" in refused(bare.train(), "M638", 2)


def test_a_file_where_the_folder_should_be(bare: Rewards) -> None:
    bare.build.mkdir(parents=True)
    (bare.build / "reward").touch()
    assert "--> build/t/default/reward/.rm.training" in refused(bare.train(), "M544", 2)


@pytest.mark.parametrize("method", ["full", "frozen"])
def test_a_disk_that_fills_up_publishes_nothing(bare: Rewards, method: str) -> None:
    bare.changed("lr ", f"method    = {method}\n  lr ")
    with file_limit(100_000):  # less than the weights
        refused(bare.train(), "M543", 2)
    assert not bare.model().exists()
    assert bare.train("--resume").code == 0


def test_two_at_once(bare: Rewards) -> None:
    from musicc.runtime.store.publish import lock_folder

    with lock_folder(bare.work()):
        told = refused(bare.train(), "M542", 2)
    assert "the training folder is in use by process" in told
