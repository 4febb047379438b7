"""Training is what data, loss and settings say, whatever is read at once and wherever it is stopped and resumed."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from math import exp, log1p
from pathlib import Path
from typing import Any

import pytest
import torch

from musicc.plan.rewards import Lora
from musicc.runtime.reward import checkpoint, trainer
from musicc.runtime.reward.loss import Loss
from musicc.runtime.reward.trainer import PairTrainer, Told
from musicc.runtime.reward.types import TokenPair
from tests.runtime.reward.core import tiny
from tests.runtime.reward.core.tiny import slow, trained

LORA = {"method": "lora", "lora": Lora(rank=4, alpha=8, dropout=0.2)}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> PairTrainer:
    """Nine steps without a stop."""
    return trained(tmp_path_factory.mktemp("plain"))


# Stopped and resumed


@pytest.mark.parametrize("step", [slow(1), slow(3), 5, slow(8), slow(9)])
def test_stopped_and_resumed_ends_as_if_it_had_not_been(step: int, tmp_path: Path, plain: PairTrainer) -> None:
    stopped = trained(tmp_path, stop_at=step)
    assert stopped.state.global_step == step
    assert checkpoint.last(tmp_path) == tmp_path / f"checkpoint-{step}"
    resumed = trained(tmp_path)
    assert tiny.same(tiny.weights(resumed), tiny.weights(plain))
    assert tiny.history(resumed) == tiny.history(plain)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(LORA, id="lora"),
        slow({"precision": "bf16"}, id="bf16"),
        slow({"gradient_checkpointing": True}, id="checkpointing"),
    ],
)
def test_so_does_every_other_kind_of_training(fields: dict[str, Any], tmp_path: Path) -> None:
    whole = trained(tmp_path / "whole", steps=4, **fields)
    trained(tmp_path / "resumed", steps=4, stop_at=2, **fields)
    resumed = trained(tmp_path / "resumed", steps=4, **fields)
    assert tiny.same(tiny.weights(resumed), tiny.weights(whole))
    assert tiny.history(resumed) == tiny.history(whole)


@pytest.mark.slow
def test_dropout_goes_on_where_it_was(tmp_path: Path) -> None:
    """The last test would hold without it if adapters dropped nothing."""
    dropping = trained(tmp_path / "dropping", steps=2, **LORA)
    keeping = trained(tmp_path / "keeping", steps=2, method="lora", lora=Lora(rank=4, alpha=8))
    assert tiny.losses(dropping) != tiny.losses(keeping)


def test_a_checkpoint_that_is_not_whole_is_not_resumed_from(tmp_path: Path, plain: PairTrainer) -> None:
    trained(tmp_path, stop_at=6)
    shutil.copytree(tmp_path / "checkpoint-6", tmp_path / "checkpoint-7", ignore=lambda *_: ["whole", "optimizer.pt"])
    assert checkpoint.last(tmp_path) == tmp_path / "checkpoint-6"
    assert tiny.same(tiny.weights(trained(tmp_path)), tiny.weights(plain))
    assert [path.name for path in tmp_path.glob("checkpoint-*")] == ["checkpoint-9"]


def test_the_last_checkpoint_alone_is_kept(plain: PairTrainer) -> None:
    assert [path.name for path in Path(plain.args.output_dir).glob("checkpoint-*")] == ["checkpoint-9"]


def test_how_far_it_is_is_told_after_each_step(tmp_path: Path) -> None:
    heard: list[Told] = []
    trained(tmp_path, tell=heard.append)
    steps = [told for told in heard if "loss" in told.logs]
    assert [told.step for told in steps] == list(range(1, 10))
    assert [told.pairs for told in steps] == [5, 10, 15, 20, 25, 28, 33, 38, 43]
    assert [told.step for told in heard if "eval_accuracy" in told.logs] == [3, 6, 9]
    assert steps[5].logs["epoch"] == 1.0


# What is read at once decides nothing


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"budget": 1}, id="one by one"),
        pytest.param({"rows": False}, id="padded"),
        slow({"budget": 10_000}, id="all at once"),
        slow({"gradient_checkpointing": True}, id="checkpointing"),
    ],
)
def test_the_loss_curve_is_the_same_however_it_is_read(how: dict[str, Any], tmp_path: Path, plain: PairTrainer) -> None:
    other = trained(tmp_path, **how)
    assert tiny.losses(other) == pytest.approx(tiny.losses(plain), rel=1e-5)
    for one, two in zip(tiny.history(other), tiny.history(plain), strict=True):
        assert one == pytest.approx(two, rel=1e-4, abs=1e-6)


@pytest.mark.slow
def test_bf16_learns_about_the_same(tmp_path: Path, plain: PairTrainer) -> None:
    assert tiny.losses(trained(tmp_path, precision="bf16")) == pytest.approx(tiny.losses(plain), rel=0.05, abs=0.01)


# The loss


def surprise(difference: float) -> float:
    return log1p(exp(-difference))


def first_loss(work: Path, given: Sequence[TokenPair], loss: Loss) -> float:
    """Of a step that reads all pairs, in parts, by the weights that training starts from."""
    return tiny.losses(trained(work, given=given, held=(), batch=len(given), steps=1, loss=loss))[0]


def test_margins_and_weights_reach_the_loss(tmp_path: Path) -> None:
    pairs = [
        replace(pair, example=replace(pair.example, margin=number / 2 - 1, weight=1 + number % 3))
        for number, pair in enumerate(tiny.pairs(8))
    ]
    differences = [chosen - rejected for chosen, rejected in tiny.rewards_of(tiny.model(), pairs)]
    terms = [
        pair.example.weight * surprise(difference - pair.example.margin)
        for pair, difference in zip(pairs, differences, strict=True)
    ]
    expected = sum(terms) / sum(pair.example.weight for pair in pairs)
    assert first_loss(tmp_path, pairs, Loss()) == pytest.approx(expected, rel=1e-5)


def test_centring_and_smoothing_reach_the_loss(tmp_path: Path) -> None:
    pairs = tiny.pairs(8)
    terms = [
        0.9 * surprise(chosen - rejected) + 0.1 * surprise(rejected - chosen) + 0.5 * (chosen + rejected) ** 2
        for chosen, rejected in tiny.rewards_of(tiny.model(), pairs)
    ]
    found = first_loss(tmp_path, pairs, Loss(centring=0.5, label_smoothing=0.1))
    assert found == pytest.approx(sum(terms) / len(terms), rel=1e-5)


def test_a_pair_of_double_weight_counts_as_two(tmp_path: Path) -> None:
    pairs = tiny.pairs(5)
    heavy = [replace(pairs[0], example=replace(pairs[0].example, weight=2.0)), *pairs[1:]]
    twice = [*pairs, replace(pairs[0], example=replace(pairs[0].example, id="again"))]
    found = [
        trained(tmp_path / str(len(given)), given=given, held=(), batch=len(given), steps=3) for given in (heavy, twice)
    ]
    assert tiny.losses(found[0]) == pytest.approx(tiny.losses(found[1]), rel=1e-5)


def test_what_is_logged_of_a_step_is_that_of_its_rewards(tmp_path: Path) -> None:
    pairs = tiny.pairs(8)
    rewards = tiny.rewards_of(tiny.model(), pairs)
    trainer = trained(tmp_path, given=pairs, held=(), batch=8, steps=1)
    logs = trainer.state.log_history[0]
    margins = [chosen - rejected for chosen, rejected in rewards]
    assert logs["accuracy"] == sum(margin > 0 for margin in margins) / 8
    assert logs["margin"] == pytest.approx(sum(margins) / 8, rel=1e-4)
    assert logs["reward"] == pytest.approx(sum(map(sum, rewards)) / 16, rel=1e-4)


def test_validation_pairs_are_measured_in_their_order(plain: PairTrainer) -> None:
    outcomes = plain.validated()
    assert [outcome.example for outcome in outcomes] == [pair.example for pair in tiny.HELD]
    fresh = tiny.model()
    fresh.load_state_dict(plain.model.state_dict())
    for outcome, both in zip(outcomes, tiny.rewards_of(fresh, tiny.HELD), strict=True):
        assert (outcome.chosen, outcome.rejected) == pytest.approx(both, rel=1e-4, abs=1e-5)


def test_validation_drops_nothing(tmp_path: Path) -> None:
    found = trained(tmp_path, steps=1, **LORA)
    with torch.no_grad():
        chosen, rejected = trainer.rewards(found.model.eval(), tiny.HELD, tiny.reading())
    expected = zip(chosen.tolist(), rejected.tolist(), strict=True)
    for outcome, both in zip(found.validated(), expected, strict=True):
        assert (outcome.chosen, outcome.rejected) == pytest.approx(both, rel=1e-4, abs=1e-5)
