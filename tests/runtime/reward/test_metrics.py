"""Metrics: by hand on four pairs, and what must hold for any: the harness cannot flatter."""

import json
from math import inf, log, nan
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicc.runtime.data.conversation import Conversation
from musicc.runtime.reward.metrics import bradley_terry, measured
from musicc.runtime.reward.types import Example, Outcome

REWARDS = st.floats(width=32)
WORDS = st.integers(1, 4)


def said(words: int) -> Conversation:
    return ({"role": "user", "content": "Go on"}, {"role": "assistant", "content": "so " * words})


def example(
    name: str,
    *,
    seed: str = "",
    rules: tuple[str, ...] = (),
    turns: int = 1,
    source: str = "hh",
    words: tuple[int, int] = (1, 1),
) -> Example:
    chosen, rejected = map(said, words)
    return Example("x:1", name, chosen, rejected, seed or name, source, rules, len(rules), turns)


@st.composite
def outcomes(draw: st.DrawFn, rewards: st.SearchStrategy[float] = REWARDS) -> list[Outcome]:
    count = draw(st.integers(1, 6))
    return [
        Outcome(
            example(
                str(number),
                seed=draw(st.sampled_from("abc")),
                rules=tuple(sorted(draw(st.sets(st.sampled_from(["forget", "sidestep", "other"]))))),
                turns=draw(st.integers(1, 12)),
                source=draw(st.sampled_from(["hh", "contrastive"])),
                words=(draw(WORDS), draw(WORDS)),
            ),
            draw(rewards),
            draw(rewards),
        )
        for number in range(count)
    ]


FOUR = [
    Outcome(example("1", rules=("forget", "sidestep"), turns=2, words=(3, 1)), 2.0, 0.0),
    Outcome(example("2", rules=("forget",), turns=10, words=(1, 3)), -1.0, 0.0),
    Outcome(example("3", seed="2", source="contrastive", words=(1, 1)), 0.5, 0.5),
    Outcome(example("4", turns=10, words=(3, 1)), nan, 0.0),
]


def test_four_pairs_by_hand() -> None:
    found = measured(FOUR)
    assert (found["pairs"], found["seeds"], found["accuracy"]) == (4, 3, 0.25)
    assert (found["ties"], found["tie_share"], found["non_finite"]) == (1, 0.25, 1)
    assert found["margin"] == {
        "mean": 1 / 3,
        "median": 0.0,
        "std": pytest.approx(1.2472, abs=1e-4),
        "min": -1.0,
        "max": 2.0,
    }
    assert found["reward"]["mean"] == pytest.approx(2 / 7)
    assert found["longer"] == 0.625
    assert found["loss"] == pytest.approx((bradley_terry(2) + bradley_terry(-1) + log(2)) / 3)
    assert [(name, group["pairs"], group["accuracy"]) for name, group in found["by"]["rule"].items()] == [
        ("forget", 2, 0.5),
        ("sidestep", 1, 1.0),
    ]
    assert list(found["by"]["turns"]) == ["1", "2", "10"]
    assert {name: group["pairs"] for name, group in found["by"]["source"].items()} == {"contrastive": 1, "hh": 3}


@pytest.mark.parametrize(("margin", "loss"), [(0, log(2)), (1, 0.313262), (-1, 1.313262), (800, 0), (-800, 800)])
def test_the_loss_is_the_logistic_one(margin: float, loss: float) -> None:
    assert bradley_terry(margin) == pytest.approx(loss, abs=1e-6)


def test_without_a_finite_reward_there_is_nothing_to_average() -> None:
    found = measured([Outcome(example("1"), inf, inf), Outcome(example("2"), nan, -inf)])
    assert (found["accuracy"], found["ties"], found["non_finite"], found["loss"]) == (0, 0, 2, None)
    assert set(found["margin"].values()) == set(found["reward"].values()) == {None}


def test_nothing_is_not_measured() -> None:
    with pytest.raises(ValueError, match="without a pair"):
        measured([])


@settings(max_examples=40)
@given(outcomes())
def test_everything_is_plain_json(found: list[Outcome]) -> None:
    metrics = measured(found)
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics


@settings(max_examples=40)
@given(outcomes())
def test_pairs_are_right_wrong_tied_or_without_rewards_whichever_way_labels_are(found: list[Outcome]) -> None:
    straight, swapped = measured(found), measured([turned_round(outcome) for outcome in found])
    told = straight["accuracy"] + swapped["accuracy"] + straight["tie_share"]
    assert told * len(found) + straight["non_finite"] == pytest.approx(len(found))
    assert straight["longer"] + swapped["longer"] == pytest.approx(1)
    assert straight["ties"] == swapped["ties"]
    if straight["margin"]["mean"] is not None:
        assert swapped["margin"]["mean"] == -straight["margin"]["mean"]


def turned_round(outcome: Outcome) -> Outcome:
    was = outcome.example
    turned = Example(
        was.place, was.id, was.rejected, was.chosen, was.seed, was.source, was.rules, was.contrasted, was.turns
    )
    return Outcome(turned, outcome.rejected, outcome.chosen)


def test_rewards_that_know_nothing_are_right_in_half_of_the_pairs() -> None:
    draws = Random(0)
    found = measured([Outcome(example(str(number)), draws.gauss(), draws.gauss()) for number in range(2_000)])
    assert found["interval"][0] < 0.5 < found["interval"][1]


@settings(max_examples=40)
@given(outcomes())
def test_groups_are_as_their_pairs_measured_alone(found: list[Outcome]) -> None:
    metrics = measured(found)
    for name, group in metrics["by"]["source"].items():
        alone = measured([outcome for outcome in found if outcome.example.source == name])
        assert group == {key: alone[key] for key in group}  # type: ignore[literal-required]
    for name, group in metrics["by"]["rule"].items():
        assert group["pairs"] == sum(name in outcome.example.rules for outcome in found)


@settings(max_examples=40)
@given(outcomes(), st.randoms(use_true_random=False))
def test_the_order_of_pairs_decides_nothing(found: list[Outcome], draws: Random) -> None:
    shuffled = draws.sample(found, len(found))
    one, other = measured(found), measured(shuffled)
    assert one.pop("loss") == pytest.approx(other.pop("loss"))
    assert one == other
