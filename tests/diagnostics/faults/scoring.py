"""M630, M639 and M65x: what is needed to score, what cannot be scored, and rewards that were stopped."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from musicc.diagnostics import Diagnostic
from musicc.runtime.data.records import read_file
from musicc.runtime.reward.packages import packages
from musicc.runtime.reward.scorable import scorable
from musicc.runtime.reward.scores import scored
from musicc.runtime.reward.unfinished import unfinished
from tests.diagnostics.faults import inside, told
from tests.runtime.data.common import assistant, jsonl, user
from tests.runtime.reward.data.common import chatml

if TYPE_CHECKING:
    from musicc.runtime.reward.scoring import RewardModel

Told = Sequence[Diagnostic]
STAMP = {"model": "1f0c", "files": ["9d3a"]}


def _model(folder: Path) -> "RewardModel":
    from transformers import LlamaConfig

    from musicc.runtime.reward.scoring import RewardModel
    from tests.runtime.reward.scoring.common import SHAPE, saved

    saved(folder / "rm", LlamaConfig(**SHAPE), chatml())
    with inside(folder):
        return RewardModel.from_pretrained("rm")


def m630(folder: Path) -> Told:
    def imported() -> None:
        with packages("scoring"):
            raise ImportError("No module named 'torch'", name="torch")

    return told(imported)


def m639(folder: Path) -> Told:
    from musicc.runtime.reward.pretrained import located

    (folder / "reward").mkdir()
    with inside(folder):
        return told(lambda: located("reward"))


def _of(folder: Path, *records: object) -> Told:
    """What is told of records while they are scored."""
    heard: list[Diagnostic] = []
    file = jsonl(folder / "talks.jsonl", list(records))
    scored([scorable(item) for item in read_file(file, "talks.jsonl")], _model(folder), None, heard.append)
    return heard


def m650(folder: Path) -> Told:
    asked = user("What is a fugue?")
    return _of(
        folder, {"messages": [asked]}, {"text": "A fugue."}, {"messages": [asked, asked, assistant("Music.")]}, 7
    )


def m651(folder: Path) -> Told:
    return _of(folder, {"prompt": "What is a fugue?", "response": "A piece of music. " * 200})


def m652(folder: Path) -> Told:
    import torch

    with patch("musicc.runtime.reward.scoring.score", return_value=torch.tensor([0.5, torch.nan])):
        return _of(folder, {"prompt": "What is a fugue?", "chosen": "A piece of music.", "rejected": "No idea."})


def _stopped(folder: Path) -> Path:
    with unfinished(folder / "rewards.jsonl", STAMP, resume=False) as sink:
        sink.add([{"line": 1, "reward": 0.5}, {"line": 2, "reward": 1.5}])
    return folder / "rewards.jsonl"


def _again(out: Path, stamp: dict[str, object], *, resume: bool) -> Told:
    def again() -> None:
        with unfinished(out, stamp, resume=resume):
            pass

    return told(again)


def m653(folder: Path) -> Told:
    return _again(_stopped(folder), {**STAMP}, resume=False)


def m654(folder: Path) -> Told:
    return _again(_stopped(folder), {**STAMP, "files": ["77b0"]}, resume=True)


def m655(folder: Path) -> Told:
    import torch

    model = _model(folder)
    with patch("musicc.runtime.reward.scoring.last_states", side_effect=torch.OutOfMemoryError("CUDA out of memory")):
        return told(lambda: model.score([[user("What is a fugue?"), assistant("A piece of music.")]]))
