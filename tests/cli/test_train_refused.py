"""`musicc train` where it cannot: what is missing, wrong or in the way, said before anything is lost."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from musicc.cli.training import line
from musicc.runtime.reward.job import Told
from tests.cli.project import Done
from tests.cli.rewards import ENVIRONMENT, REWARD, SPEC, VOCABULARY, Rewards, built, files_of, rewards
from tests.runtime.store.common import file_limit
from tests.servers.process import ROOT

OWN = SPEC + REWARD.replace("train     = d", "train     = own.pairs")
SECOND = "dataset e { mix = { own.pairs: 20 } }\n\n"


@pytest.fixture
def project(tmp_path: Path) -> Rewards:
    return built(tmp_path / "project")


@pytest.fixture
def bare(tmp_path: Path) -> Rewards:
    """Needs no build."""
    return rewards(tmp_path / "project", OWN)


def refused(done: Done, code: str, exit_code: int = 1) -> str:
    """What is said, on one line."""
    assert f"error[{code}]: " in done.err, done.err
    assert (done.code, done.out) == (exit_code, "")
    return " ".join(done.err.split())


# What is not built


def test_what_is_not_built_is_not_built_on_the_way(tmp_path: Path) -> None:
    project = rewards(tmp_path / "project")
    told = refused(project.train("-p", "seed=5"), "M633")
    assert "the data of `rm` is not built: there is no finished build --> build/t/default" in told
    assert told.endswith("= help: run `musicc build t.music -p seed=5` 1 error")
    assert not project.build.exists()
    assert "help: run `musicc build SPEC`" in refused(project.run("train"), "M633")


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("seed = 3", "seed = 4", "the build is of another state of the spec"),
        ("validation = 25%", "validation = 50%", "dataset `d` was declared otherwise"),
        ("first_user_turn\n", "first_user_turn\n  take    = 20\n", "dataset `d` was declared otherwise"),
        ("train     = d", "train     = e", "the build has no dataset `e` with a pair in it"),
    ],
)
def test_what_was_built_of_something_else_is_not_trained_on(
    project: Rewards, before: str, after: str, reason: str
) -> None:
    project.changed("reward rm", f"{SECOND if '= e' in after else ''}reward rm").changed(before, after)
    told = refused(project.train(), "M633")
    assert f"the data of `rm` is not built: {reason}" in told
    assert "help: run `musicc build t.music`" in told
    assert project.rebuild().train().code == 0


def test_a_damaged_manifest_is_no_finished_build(project: Rewards) -> None:
    (project.build / "manifest.json").write_text("{")
    assert "there is no finished build" in refused(project.train(), "M633")


def test_data_that_only_an_imported_file_declares(tmp_path: Path) -> None:
    """Imports are made where something uses them, and a reward model's dataset is none of the spec's own."""
    project = rewards(tmp_path / "project")
    (project.folder / "t.music").rename(project.folder / "lib.music")
    project.spec('music 1\n\nimport "lib" (rm)\n\nreward mine like rm { steps = 2 }\n')
    told = refused(project.train("mine"), "M633")
    assert "t.music declares no dataset `d`: it is another file's" in told
    assert "help: declare one (`dataset mine like d` of an imported one), and train on that" in told
    project.spec('music 1\n\nimport "lib" (rm, d)\n\ndataset e like d {}\n\nreward mine like rm { train = e }\n')
    assert project.rebuild().train("mine").code == 0


# What is not declared


def test_a_name_that_no_reward_model_has(project: Rewards) -> None:
    told = refused(project.train("rmm"), "M634")
    assert "no reward model is named `rmm` --> t.music = help: write `rm`" in told
    assert "help: there are `rm`" in refused(project.train("something"), "M634")
    assert "help: write `rm`" in refused(project.run("train", "rmm"), "M634")  # of the latest build


def test_a_spec_without_a_reward_model(tmp_path: Path) -> None:
    project = built(tmp_path / "project", SPEC)
    told = refused(project.train(), "M634")
    assert "there is no reward model to train --> t.music = help: the spec declares none" in told


def test_a_latest_build_whose_spec_is_gone_or_there_twice(project: Rewards) -> None:
    (project.folder / "specs").mkdir()
    (project.folder / "specs" / "t.music").write_text(OWN)
    assert "2 files under" in refused(project.run("train"), "M633")
    for spec in project.folder.rglob("t.music"):
        spec.unlink()
    assert "help: name the spec: `musicc train SPEC`" in refused(project.run("train"), "M633")


def test_a_spec_with_errors(project: Rewards) -> None:
    refused(project.changed("batch     = 8", "batch     = 0").train(), "M206")


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
    told = refused(bare.records(records).changed("lr ", 'margin    = "apart"\n  lr ').train(), "M637")
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


# What is in the way


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Rewards:
    """Stopped after three of four steps."""
    project = built(tmp_path_factory.mktemp("stopped") / "project")
    assert stop(project, 2).code == 130
    return project


@pytest.fixture
def stopped(once: Rewards, tmp_path: Path) -> Rewards:
    shutil.copytree(once.folder, tmp_path / "project")
    return Rewards(tmp_path / "project")


def stop(project: Rewards, step: int) -> Done:
    """Ctrl-C while a step is being made."""

    def interrupting(told: Told, steps: int, elapsed: float) -> str:
        if told.step == step and "loss" in told.logs:
            signal.raise_signal(signal.SIGINT)
        return line(told, steps, elapsed)

    with patch("musicc.cli.training.PLAIN_INTERVAL", 0), patch("musicc.cli.training.line", interrupting):
        return project.train()


def test_an_unfinished_training_is_not_begun_anew(stopped: Rewards) -> None:
    told = refused(stopped.train(), "M635")
    assert "a training of `rm` was stopped after step 3 --> build/t/default/reward/.rm.training" in told
    assert "help: add `--resume` to go on from there, or remove `build/t/default/reward/.rm.training`" in told


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ("lr        = 4e-3", "lr        = 1e-3", "`lr`"),
        ("steps     = 4", "epochs = 1", "`epochs`, `steps`"),
        ("precision = fp32", "precision = bf16", "`compute`"),
        ("seed = 3", "seed = 4", "`data`, `seed`, `validation`"),
    ],
)
def test_another_training_is_not_resumed(stopped: Rewards, before: str, after: str, changed: str) -> None:
    stopped.changed(before, after)
    told = refused((stopped.rebuild() if "seed" in before else stopped).train("--resume"), "M636")
    assert f"`rm` cannot be resumed: changed since are {changed} --> build/t/default/reward/.rm.training" in told


def test_what_has_been_changed_back_is_resumed(stopped: Rewards) -> None:
    stopped.changed("seed = 3", "seed = 4").rebuild()
    assert stopped.changed("seed = 4", "seed = 3").rebuild().train("--resume").code == 0


def test_other_data_is_not_resumed_with(stopped: Rewards) -> None:
    lines = (stopped.folder / "pairs.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    told = refused(stopped.records(records[:-1]).rebuild().train("--resume"), "M636")
    assert "changed since are `data`" in told


def test_another_base_is_not_resumed_with(stopped: Rewards) -> None:
    config = stopped.folder / "tiny" / "config.json"
    config.write_text(config.read_text().replace('"rms_norm_eps": 1e-06', '"rms_norm_eps": 1e-05'))
    assert "changed since are `base`" in refused(stopped.train("--resume"), "M636")
