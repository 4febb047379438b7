"""The kinds of rows that a dialogue has, and how often each comes, as far as an estimate can tell rows apart."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from musicc.plan.document import Dialogue, Seeds
from musicc.plan.statistics import SeedFacts


@dataclass(frozen=True, slots=True)
class Shape:
    """`scripted`: so many turns, from the first on, need no call for the user. `earlier`: a user spoke before turn 1."""

    turns: int
    scripted: int
    earlier: bool


@dataclass(frozen=True, slots=True)
class Weighed:
    """`share` of all rows have the shape; `context` is the mean length of what stands before turn 1, in tokens."""

    shape: Shape
    share: float
    context: float


def shapes(dialogue: Dialogue, seeds: Seeds, facts: SeedFacts) -> list[Weighed]:
    """All shapes; the shares sum to 1."""
    found: dict[Shape, tuple[float, float]] = {}
    for shape, share, exchanges in _drawn(dialogue, seeds, facts):
        context = facts.system + (exchanges - 1) * (facts.user + facts.reply)
        shares, contexts = found.get(shape, (0.0, 0.0))
        found[shape] = shares + share, contexts + share * context
    return [Weighed(shape, share, context / share) for shape, (share, context) in found.items()]


def _drawn(dialogue: Dialogue, seeds: Seeds, facts: SeedFacts) -> Iterator[tuple[Shape, float, int]]:
    """Every shape that can be drawn, its share, and the exchanges that its context ends in."""
    low, high = dialogue.turns
    replay, only = dialogue.user.replay, not dialogue.user.variants
    for users, known in _user_turns(dialogue, seeds, facts).items():
        for exchanges, drawn in _exchanges(seeds, users):
            scripted = 1 + (users - exchanges if replay else 0)
            for wanted in range(low, high + 1):
                turns = min(wanted, scripted) if replay and only else wanted
                shape = Shape(turns, min(scripted, turns), exchanges > 1)
                yield shape, known * drawn / (high - low + 1), exchanges


def _user_turns(dialogue: Dialogue, seeds: Seeds, facts: SeedFacts) -> Mapping[int, float]:
    """Where nothing is known, replay alone is never short of turns, and a voice after it speaks as early as it can."""
    endless = dialogue.turns[1] if dialogue.user.replay and not dialogue.user.variants else 0
    return facts.user_turns or {max(seeds.min_turns, seeds.prefix[1] + endless): 1.0}


def _exchanges(seeds: Seeds, users: int) -> list[tuple[int, float]]:
    """How many exchanges, the last one open, become the context, and how often; a seed has `users` in all."""
    if seeds.context == "whole_prompt":
        return [(users, 1.0)]
    low, high = seeds.prefix
    return [(min(drawn, users), 1 / (high - low + 1)) for drawn in range(low, high + 1)]
