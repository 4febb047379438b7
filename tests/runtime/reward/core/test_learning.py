"""The harness cannot flatter: held-out pairs show what labels taught, its opposite if swapped, chance if shuffled."""

import random
from pathlib import Path

import pytest
import torch
from transformers import PreTrainedModel

from musicc.runtime.reward.metrics import measured
from musicc.runtime.reward.types import TokenPair
from tests.runtime.reward.core import tiny

TRAINED, HELD = tiny.pairs(160), tiny.pairs(80, start=1000)
LEARNING = {"steps": 30, "batch": 16, "lr": 3e-3, "budget": 2000, "evaluate_every": 30}


def accuracy(work: Path, given: list[TokenPair], held: list[TokenPair], made: PreTrainedModel | None = None) -> float:
    trainer = tiny.trained(work, given=given, held=held, made=made, **LEARNING)
    return measured(trainer.validated())["accuracy"]


@pytest.mark.slow
def test_what_can_be_learned_is_learned(tmp_path: Path) -> None:
    assert accuracy(tmp_path, TRAINED, HELD) > 0.95


@pytest.mark.slow
def test_swapped_labels_are_learned_as_well(tmp_path: Path) -> None:
    assert accuracy(tmp_path, list(map(tiny.swapped, TRAINED)), HELD) < 0.05


def test_a_mirrored_training_has_the_mirrored_accuracy(tmp_path: Path) -> None:
    """From the opposite head, swapped labels give the opposite rewards."""
    few = TRAINED[:40]
    mirrored = tiny.model()
    with torch.no_grad():
        mirrored.score.weight.neg_()
    found = [
        tiny.trained(tmp_path / name, given=given, held=HELD, made=made, steps=4)
        for name, given, made in (("as it is", few, tiny.model()), ("mirrored", list(map(tiny.swapped, few)), mirrored))
    ]
    for one, two in zip(*(trainer.validated() for trainer in found), strict=True):
        assert (one.chosen, one.rejected) == pytest.approx((-two.chosen, -two.rejected), rel=1e-4, abs=1e-5)
    right, wrong = (measured(trainer.validated())["accuracy"] for trainer in found)
    assert right == pytest.approx(1 - wrong)


@pytest.mark.slow
def test_labels_by_chance_give_chance(tmp_path: Path) -> None:
    draw = random.Random(5)
    shuffled = [tiny.swapped(pair) if draw.random() < 0.5 else pair for pair in TRAINED]
    assert 0.35 < accuracy(tmp_path, shuffled, HELD) < 0.65
