"""What a reward model is worth on pairs that are known: accuracy, margins, rewards, loss, and what length alone explains."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, isfinite, log1p
from statistics import fmean, median, pstdev
from typing import Any

from musicc.runtime.data.words import length
from musicc.runtime.report.metrics import Group, Metrics, Spread
from musicc.runtime.reward.intervals import bootstrapped, wilson
from musicc.runtime.reward.types import Example, Outcome

_GROUPINGS: Mapping[str, Callable[[Example], Iterable[Any]]] = {
    "turns": lambda example: [example.turns],
    "diverges": lambda example: [example.diverges],
    "rule": lambda example: example.rules,
    "source": lambda example: [example.source],
}


@dataclass(frozen=True, slots=True)
class _Judged:
    """`margin` is None where a reward is not finite. `longer`: 1 where chosen has more words, a half where both have as many."""

    example: Example
    margin: float | None
    longer: float

    @property
    def right(self) -> bool:
        return self.margin is not None and self.margin > 0


def measured(outcomes: Sequence[Outcome]) -> Metrics:
    """All figures of a reward model on these pairs. Raises ValueError if there are none."""
    if not outcomes:
        raise ValueError("nothing can be measured without a pair")
    judged = [_judge(outcome) for outcome in outcomes]
    seeds = [pair.example.seed for pair in judged]
    by_seed = bootstrapped([float(pair.right) for pair in judged], seeds)
    margins = [pair.margin for pair in judged if pair.margin is not None]
    return Metrics(
        **_group(judged),
        seeds=len(set(seeds)),
        interval_by_seed=list(by_seed) if by_seed and by_seed.low < by_seed.high else None,
        reward=spread(reward for outcome in outcomes for reward in (outcome.chosen, outcome.rejected)),
        loss=fmean(map(bradley_terry, margins)) if margins else None,
        by={
            name: {value: _group([judged[number] for number in numbers]) for value, numbers in groups.items()}
            for name, groups in grouped([pair.example for pair in judged]).items()
        },
    )


def grouped(examples: Sequence[Example]) -> dict[str, dict[str, list[int]]]:
    """The numbers of the examples in each group: by what they are grouped, and there by value, in the values' order."""
    found: dict[str, dict[str, list[int]]] = {}
    for name, values in _GROUPINGS.items():
        numbers: defaultdict[Any, list[int]] = defaultdict(list)
        for number, example in enumerate(examples):
            for value in values(example):
                numbers[value].append(number)
        found[name] = {str(value): numbers[value] for value in sorted(numbers)}
    return found


def is_right(outcome: Outcome) -> bool:
    """Whether chosen has strictly the higher reward, of two that can be compared."""
    return (_margin(outcome) or 0.0) > 0


def bradley_terry(margin: float) -> float:
    """-log σ(margin) (Bradley and Terry 1952; Ouyang et al. 2022, arXiv 2203.02155, equation 1), of any finite margin."""
    return max(-margin, 0.0) + log1p(exp(-abs(margin)))


def spread(values: Iterable[float]) -> Spread:
    """Of the finite ones among the values."""
    found = [value for value in values if isfinite(value)]
    if not found:
        return Spread(mean=None, median=None, std=None, min=None, max=None)
    return Spread(mean=fmean(found), median=median(found), std=pstdev(found), min=min(found), max=max(found))


def _margin(outcome: Outcome) -> float | None:
    margin = outcome.chosen - outcome.rejected
    return margin if isfinite(margin) else None


def _judge(outcome: Outcome) -> _Judged:
    example = outcome.example
    chosen, rejected = length(example.chosen), length(example.rejected)
    longer = 0.5 if chosen == rejected else float(chosen > rejected)
    return _Judged(example, _margin(outcome), longer)


def _group(judged: Sequence[_Judged]) -> Group:
    pairs, right = len(judged), sum(pair.right for pair in judged)
    margins = [pair.margin for pair in judged if pair.margin is not None]
    ties = margins.count(0.0)
    return Group(
        pairs=pairs,
        accuracy=right / pairs,
        interval=list(wilson(right, pairs)),
        ties=ties,
        tie_share=ties / pairs,
        non_finite=pairs - len(margins),
        margin=spread(margins),
        longer=fmean(pair.longer for pair in judged),
    )
