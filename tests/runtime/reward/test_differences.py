"""Differences of two reward models on the same pairs, on all of them and by group."""

from math import isfinite, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicc.runtime.reward.differences import difference
from musicc.runtime.reward.intervals import wilson
from musicc.runtime.reward.metrics import measured
from musicc.runtime.reward.types import Outcome
from tests.runtime.reward.test_metrics import FOUR, outcomes


@settings(max_examples=40)
@given(outcomes(st.sampled_from([0.0, 1.0])), st.data())
def test_a_difference_is_that_of_the_accuracies_and_turns_with_the_models(
    found: list[Outcome], data: st.DataObject
) -> None:
    drawn = [data.draw(st.sampled_from([0.0, 1.0, nan])) for _ in found]
    second = [Outcome(outcome.example, reward, 0.5) for outcome, reward in zip(found, drawn, strict=True)]
    there, back = difference(found, second), difference(second, found)
    assert there["difference"] == pytest.approx(there["first"] - there["second"])
    assert (there["first"], there["second"]) == (measured(found)["accuracy"], measured(second)["accuracy"])
    assert there["difference"] * len(found) == pytest.approx(there["only_first"] - there["only_second"])
    assert (back["only_first"], back["only_second"]) == (there["only_second"], there["only_first"])
    if there["interval"] and back["interval"]:
        low, high = there["interval"]
        assert back["interval"] == pytest.approx([-high, -low])


@settings(max_examples=20)
@given(outcomes(st.sampled_from([0.0, 1.0])))
def test_the_difference_of_a_group_is_that_of_its_pairs_alone(found: list[Outcome]) -> None:
    pairs = [(one, Outcome(one.example, one.rejected, one.chosen)) for one in found]
    for value, gain in difference(*map(list, zip(*pairs, strict=True)))["by"]["rule"].items():
        some = [pair for pair in pairs if value in pair[0].example.rules]
        alone = difference(*map(list, zip(*some, strict=True)))
        assert gain == {key: alone[key] for key in gain}  # type: ignore[literal-required]


def test_only_the_same_pairs_are_compared() -> None:
    with pytest.raises(ValueError, match="the same pairs"):
        difference(FOUR, FOUR[::-1])
    with pytest.raises(ValueError, match="the same pairs"):
        difference([], [])


def test_a_model_does_not_differ_from_itself_as_far_as_few_pairs_tell() -> None:
    found = difference(FOUR, FOUR)
    most = wilson(0, found["seeds"]).high
    assert (found["difference"], found["only_first"], found["interval"]) == (0, 0, [-most, most])
    assert all(map(isfinite, (found["first"], found["second"])))
