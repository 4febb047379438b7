"""Rows that are alike so far, played as one."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from musicc.plan.cast import Counts

K = TypeVar("K")


@dataclass(slots=True)
class Mass:
    """`share` of the rows, and the length of their conversations in tokens times that share."""

    share: float = 0.0
    conversation: float = 0.0

    def add(self, part: float, of: "Mass", grown: float = 0.0) -> None:
        """A part of other rows, whose conversations have grown by so many tokens."""
        self.share += part * of.share
        self.conversation += part * (of.conversation + of.share * grown)


Groups: TypeAlias = defaultdict[K, Mass]


def no_groups() -> Groups[K]:
    return defaultdict(Mass)


def total(groups: Mapping[K, Mass]) -> Mass:
    whole = Mass()
    for mass in groups.values():
        whole.add(1.0, mass)
    return whole


@dataclass(slots=True)
class Population:
    """All rows of one shape: the chosen branches, and the rejected ones, `together` with theirs or `apart` from it."""

    chosen: Groups[Counts] = field(default_factory=no_groups)
    together: Groups[tuple[Counts, Counts]] = field(default_factory=no_groups)
    apart: Groups[Counts] = field(default_factory=no_groups)

    def part(self) -> None:
        """All rejected branches leave theirs."""
        for (_, counts), mass in self.together.items():
            self.apart[counts].add(1.0, mass)
        self.together = no_groups()
