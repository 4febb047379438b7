"""M63x and M64x: bases, builds and trainings of reward models."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

from musicc.diagnostics import Diagnostic
from tests.cli.rewards import OWN, VOCABULARY, Rewards, files_of, rewards
from tests.cli.trainings import stop
from tests.diagnostics.faults import inside, told

Told = Sequence[Diagnostic]


def _trained(project: Rewards, name: str = "rm", *, resume: bool = False) -> Told:
    from musicc.cli.train import train_spec

    with inside(project.folder):
        return told(lambda: train_spec(Path("t.music"), name, None, (), None, None, resume=resume))


def m631(folder: Path) -> Told:
    project = rewards(folder / "project", OWN)
    (project.folder / "tiny" / "model.safetensors").rename(project.folder / "tiny" / "pytorch_model.bin")
    return _trained(project)


def m632(folder: Path) -> Told:
    from transformers import AutoModel, BertConfig

    project = rewards(folder / "project", OWN)
    shape = {"hidden_size": 48, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4}
    for name, data in files_of(AutoModel, BertConfig(**shape, vocab_size=len(VOCABULARY))).items():
        (project.folder / "tiny" / name).write_bytes(data)
    return _trained(project)


def m633(folder: Path) -> Told:
    return _trained(rewards(folder / "project"))


def m634(folder: Path) -> Told:
    return _trained(rewards(folder / "project", OWN), "rmm")


def _stopped(folder: Path) -> Rewards:
    project = rewards(folder / "project", OWN)
    assert stop(project, 1).code == 130
    return project


def m635(folder: Path) -> Told:
    return _trained(_stopped(folder))


def m636(folder: Path) -> Told:
    return _trained(_stopped(folder).changed("batch     = 8", "batch     = 16"), resume=True)


def m637(folder: Path) -> Told:
    project = rewards(folder / "project", OWN.replace("steps     = 4", 'margin    = "apart"'))
    lines = (project.folder / "pairs.jsonl").read_text().replace("}\n", ', "apart": 0}\n').splitlines()
    lines[20] = lines[20].replace('"apart": 0', '"apart": 1e300')
    (project.folder / "pairs.jsonl").write_text("\n".join(lines))
    return _trained(project)


def m638(folder: Path) -> Told:
    from musicc.runtime.reward.fit import PairTrainer

    refusal = RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory")
    with patch.object(PairTrainer, "train", side_effect=refusal):
        return _trained(rewards(folder / "project", OWN))


def m640(folder: Path) -> Told:
    import torch

    from musicc.runtime.reward.export import check_saved

    done = subprocess.CompletedProcess([], 0, stdout=b"[0.5,-0.25]", stderr=b"")
    with patch("subprocess.run", return_value=done):
        return told(lambda: check_saved(folder / "made", [[1], [2]], [0.5, 1.5], torch.float32))
