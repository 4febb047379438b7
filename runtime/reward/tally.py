"""What a file of rewards comes to, counted line by line."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf

from musicc.diagnostics.words import counted
from musicc.runtime.reward.intervals import wilson
from musicc.runtime.reward.scorable import CHOSEN, REJECTED, REWARD
from musicc.runtime.reward.scores import ERROR, MARGIN, Line


@dataclass(slots=True)
class Range:
    """Of numbers that are gone when they are counted."""

    count: int = 0
    total: float = 0.0
    low: float = inf
    high: float = -inf

    def add(self, number: float) -> None:
        self.count, self.total = self.count + 1, self.total + number
        self.low, self.high = min(self.low, number), max(self.high, number)

    @property
    def mean(self) -> float:
        return self.total / self.count


@dataclass(slots=True)
class Tally:
    """`unscored` records have no reward. A pair is `right` whose chosen conversation has strictly the higher reward."""

    records: int = 0
    unscored: int = 0
    right: int = 0
    ties: int = 0
    rewards: Range = field(default_factory=Range)
    margins: Range = field(default_factory=Range)

    def add(self, line: Line) -> None:
        """Counts a line of `scores`."""
        self.records += 1
        self.unscored += ERROR in line
        if (reward := line.get(REWARD)) is not None:
            self.rewards.add(reward)
        if (margin := line.get(MARGIN)) is not None:
            self.margins.add(margin)
            self.right += line[CHOSEN] > line[REJECTED]
            self.ties += line[CHOSEN] == line[REJECTED]

    def told(self) -> Iterator[str]:
        """A line for single conversations and one for pairs, as far as there are any."""
        rewards, pairs = self.rewards, self.margins.count
        if rewards.count:
            spread = f"{rewards.mean:.4g} in the mean, from {rewards.low:.4g} to {rewards.high:.4g}"
            yield f"{counted(rewards.count, 'conversation')}: reward {spread}"
        if pairs:
            low, high = wilson(self.right, pairs)
            ties = f", {counted(self.ties, 'tie')}" if self.ties else ""
            share = f"{self.right / pairs:.1%} of {counted(pairs, 'pair')} right ({low:.1%} to {high:.1%}{ties})"
            yield f"{share}; margin {self.margins.mean:.4g} in the mean"
