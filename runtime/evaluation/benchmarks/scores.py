"""From rewards to a benchmark's own figures. A right conversation must have strictly the higher reward: a tie counts nothing."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from statistics import fmean
from typing import TypeAlias

import numpy as np

from musicc.plan.evals import Format
from musicc.runtime.evaluation.benchmarks.items import Item
from musicc.runtime.evaluation.benchmarks.layouts import REWARDBENCH, SECTION, STYLES, TIES, missing
from musicc.runtime.evaluation.benchmarks.parts import Part, Term, interval_of, section_scores
from musicc.runtime.evaluation.benchmarks.ties import Rewards, ties
from musicc.runtime.report.evaluations import Benchmarked, Section, Subset

Scored: TypeAlias = list[tuple[Item, Rewards]]
Sections: TypeAlias = dict[str, dict[str, Part]]

_CELLS = [(right, wrong) for right in range(STYLES) for wrong in range(STYLES)]
_STYLED: Mapping[str, list[tuple[int, int]]] = {
    "hard": [cell for cell in _CELLS if cell[0] < cell[1]],
    "normal": [cell for cell in _CELLS if cell[0] == cell[1]],
    "easy": [cell for cell in _CELLS if cell[0] > cell[1]],
}
"""RM-Bench: the styles of right and wrong; it is hard where the wrong one is the more elaborate."""


def benchmarked(form: Format, items: Sequence[Item], rewards: Sequence[Rewards]) -> Benchmarked:
    """The figures of the benchmark's paper, from the rewards of each item's right and wrong conversations.

    The total is the plain mean of the sections. Sections and subsets without an item have no part in it; the subsets are told
    as `missing`. Intervals are over prompts that are drawn anew within each subset. Raises ValueError without an item.
    """
    if not items:
        raise ValueError("a benchmark without an item has no score")
    scored = list(zip(items, rewards, strict=True))
    sections = _SECTIONS[form](scored)
    drawn = {name: section_scores(parts) for name, parts in sections.items()}
    told = {
        name: Section(score=_score(parts), interval=interval_of(drawn[name], parts.values()), subsets=_subsets(parts))
        for name, parts in sections.items()
    }
    every = [part for parts in sections.values() for part in parts.values()]
    return Benchmarked(
        format=form,
        missing=missing(form, {item.subset for item in items}),
        total=fmean(section["score"] for section in told.values()),
        interval=interval_of(np.mean(list(drawn.values()), axis=0), every),
        sections=told,
        matrix=_matrix(scored) if form == "rm_bench" else None,
    )


def _score(parts: Mapping[str, Part]) -> float:
    return fmean((part.score for part in parts.values()), weights=[part.weight for part in parts.values()])


def _subsets(parts: Mapping[str, Part]) -> dict[str, Subset]:
    return {name: Subset(score=part.score, count=part.count, weight=part.weight) for name, part in parts.items()}


# The sections of each format


def _pairs(scored: Scored) -> Sections:
    """The share that is right of all pairs, and of those of each file."""
    return {"pairs": {name: _accuracy(name, of_subset) for name, of_subset in _by_subset(scored).items()}}


def _rewardbench(scored: Scored) -> Sections:
    found: Sections = defaultdict(dict)
    by_subset = _by_subset(scored)
    for section, subsets in REWARDBENCH.items():
        for name in subsets:
            if name in by_subset:
                found[section][name] = _accuracy(name, by_subset[name], REWARDBENCH[SECTION[name]][name])
    return dict(found)


def _llmbar(scored: Scored) -> Sections:
    """Each file is a section."""
    return {name: {name: _accuracy(name, of_subset)} for name, of_subset in _by_subset(scored).items()}


def _rm_bench(scored: Scored) -> Sections:
    """Each domain is a section, of which a third is hard, a third normal and a third easy."""
    return {
        domain: {
            name: Part(len(of_domain), 1, domain, [Term([(item.seed, _mean(each, cells)) for item, each in of_domain])])
            for name, cells in _STYLED.items()
        }
        for domain, of_domain in _by_subset(scored).items()
    }


def _rewardbench2(scored: Scored) -> Sections:
    """Each subset is a section: the best of four, and Ties in its own way."""
    return {name: {name: _best_or_ties(name, of_subset)} for name, of_subset in _by_subset(scored).items()}


_SECTIONS: Mapping[Format, Callable[[Scored], Sections]] = {
    "pairs": _pairs,
    "rewardbench": _rewardbench,
    "llmbar": _llmbar,
    "rm_bench": _rm_bench,
    "rewardbench2": _rewardbench2,
}


def _by_subset(scored: Scored) -> dict[str, Scored]:
    """By name, so that the order of the items has no part in anything."""
    found: defaultdict[str, Scored] = defaultdict(list)
    for item, rewards in scored:
        found[item.subset].append((item, rewards))
    return {name: found[name] for name in sorted(found)}


# What an item counts


def _accuracy(name: str, scored: Scored, weight: float | None = None) -> Part:
    values = [(item.seed, float(right[0] > wrong[0])) for item, (right, wrong) in scored]
    return Part(len(scored), len(scored) if weight is None else weight, name, [Term(values)])


def _best_or_ties(name: str, scored: Scored) -> Part:
    sound = [(item, _sound(rewards)) for item, rewards in scored]
    if name == TIES:
        return Part(len(sound), len(sound), name, ties([item for item, _ in sound], [each for _, each in sound]))
    return Part(len(sound), len(sound), name, [Term([(item.seed, _best(rewards)) for item, rewards in sound])])


def _best(rewards: Rewards) -> float:
    """1 if the right one is best, divided among those that are as good; else 0."""
    ((right,), wrong) = rewards
    return 1 / (1 + wrong.count(right)) if right >= max(wrong) else 0.0


def _sound(rewards: Rewards) -> tuple[list[float], list[float]]:
    """Where a reward is not a number, or infinite, the item is as wrong as can be."""
    right, wrong = rewards
    if all(map(isfinite, (*right, *wrong))):
        return list(right), list(wrong)
    return [0.0] * len(right), [1.0] * len(wrong)


def _mean(rewards: Rewards, cells: Sequence[tuple[int, int]]) -> float:
    right, wrong = rewards
    return fmean(right[row] > wrong[column] for row, column in cells)


def _matrix(scored: Scored) -> list[list[float]]:
    """The mean of the domains'."""
    domains = _by_subset(scored).values()
    return [
        [
            fmean(fmean(_mean(each, [(row, column)]) for _, each in domain) for domain in domains)
            for column in range(STYLES)
        ]
        for row in range(STYLES)
    ]
