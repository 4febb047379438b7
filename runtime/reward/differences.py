"""Whether one reward model is better than another: both are right or wrong about the same pairs, so that these count twice."""

from collections.abc import Sequence
from statistics import fmean
from typing import TypeAlias

from musicc.runtime.report.metrics import Difference, Gain
from musicc.runtime.reward.intervals import Interval, bootstrapped, wilson
from musicc.runtime.reward.metrics import grouped, is_right
from musicc.runtime.reward.types import Example, Outcome

_Both: TypeAlias = tuple[Example, bool, bool]
"""A pair, and whether the first and the second are right about it."""


def difference(first: Sequence[Outcome], second: Sequence[Outcome]) -> Difference:
    """Whether one reward model is better than another on the same examples in the same order, on all and by group.

    Raises ValueError if they are not the same, or there are none.
    """
    if not first or [outcome.example for outcome in first] != [outcome.example for outcome in second]:
        raise ValueError("reward models are compared on the same pairs")
    both = [(one.example, is_right(one), is_right(other)) for one, other in zip(first, second, strict=True)]
    by = {
        name: {value: _gain([both[number] for number in numbers]) for value, numbers in groups.items()}
        for name, groups in grouped([outcome.example for outcome in first]).items()
    }
    return Difference(**_gain(both), by=by)


def _gain(both: Sequence[_Both]) -> Gain:
    gains = [float(first) - float(second) for _, first, second in both]
    seeds = [example.seed for example, _, _ in both]
    interval = _interval(gains, seeds)
    return Gain(
        pairs=len(both),
        seeds=len(set(seeds)),
        first=fmean(first for _, first, _ in both),
        second=fmean(second for _, _, second in both),
        difference=fmean(gains),
        interval=list(interval) if interval else None,
        only_first=gains.count(1.0),
        only_second=gains.count(-1.0),
    )


def _interval(gains: Sequence[float], seeds: Sequence[str]) -> Interval | None:
    """Where none differs, drawing anew tells nothing: as many may differ as Wilson's interval of none allows."""
    found = bootstrapped(gains, seeds)
    if found and not any(gains):
        most = wilson(0, len(set(seeds))).high
        return Interval(-most, most)
    return found
