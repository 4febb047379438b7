"""Which options a branch draws at a turn, and how likely each is."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

from musicc.plan.document import Dialogue, Option, Rule
from musicc.plan.shapes import Shape
from musicc.plan.turns import drawn, ranged, satisfiable

Counts: TypeAlias = tuple[int, ...]
"""How many turns each rule with drawn turns has had."""


class Drawn(NamedTuple):
    """An option, the probability that it is played, and the branch's counts after it."""

    probability: float
    option: Option
    counts: Counts


class Cast:
    """One branch of the rows of one shape. `holds` is the probability that a condition holds that can hold at all."""

    def __init__(self, rules: Sequence[Rule], dialogue: Dialogue, shape: Shape, holds: float) -> None:
        self._faithful, self._shape, self._holds = dialogue.faithful, shape, holds
        self._ranged = ranged(rules, shape.turns)
        self._free = [turn for turn in range(1, shape.turns + 1) if turn not in self._ranged]
        self._drawing: list[tuple[Rule, int]] = []  # with the turns that each gets: the first come first
        for rule, count in drawn(rules):
            left = len(self._free) - sum(got for _, got in self._drawing)
            self._drawing.append((rule, min(count, left)))

    def start(self) -> Counts:
        return (0,) * len(self._drawing)

    def at(self, turn: int, counts: Counts) -> list[Drawn]:
        """All that can be played at the turn; the probabilities sum to 1."""
        drawn = (
            self._options(self._ranged[turn], turn, 1.0, counts) if turn in self._ranged else self._any(turn, counts)
        )
        return [each for each in drawn if each.probability > 0]

    def _any(self, turn: int, counts: Counts) -> Iterator[Drawn]:
        """Turn by turn, a rule gets a free turn with the probability (turns it still gets) / (free turns left)."""
        left = sum(free >= turn for free in self._free)
        for number, (rule, gets) in enumerate(self._drawing):
            after = (*counts[:number], counts[number] + 1, *counts[number + 1 :])
            yield from self._options(rule, turn, (gets - counts[number]) / left, after)
        given = sum(gets for _, gets in self._drawing) - sum(counts)
        yield Drawn((left - given) / left, self._faithful, counts)

    def _options(self, rule: Rule, turn: int, probability: float, counts: Counts) -> Iterator[Drawn]:
        holds = 1.0 if rule.when is None else self._holds if satisfiable(rule.when) else 0.0
        yield Drawn(probability * (1 - holds), self._faithful, counts)
        whole = sum(option.weight for option in rule.options)
        for option in rule.options:
            bare = option.needs_history and turn == 1 and not self._shape.earlier
            weight = option.weight / whole
            yield Drawn(probability * holds * weight, self._faithful if bare else option, counts)
