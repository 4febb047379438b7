"""A row, and which option each branch plays at each of its turns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from musicc.plan.document import AnyOf, Assistant, Branch, Dialogue, Edge, Option, Range, Rule, VoiceVariant, When
from musicc.runtime.data.seed import Seed
from musicc.runtime.engine.draws import Draws
from musicc.runtime.llm.types import Message


@dataclass(frozen=True, slots=True)
class Row:
    """One seed instantiated. `sample` counts the rows of one seed; `id` is unique in its dialogue.

    `context`: the messages that both branches start from, without the user message that opens turn 1.
    `opening`: that message, None where the user voice opens. `later`: the seed's own user turns after it, for replay.
    """

    index: int
    id: str
    seed: Seed
    sample: int
    context: tuple[Message, ...]
    opening: str | None
    later: tuple[str, ...]
    turns: int
    draws: Draws

    def scripted(self, turn: int, *, replay: bool) -> str | None:
        """What the user says at this turn without a call: the opening, or with `replay` a later user turn of the seed."""
        if turn == 1 and self.opening is not None:
            return self.opening
        position = turn - 1 - (self.opening is not None)
        return self.later[position] if replay and position < len(self.later) else None


@dataclass
class Agenda:
    """Which call goes first when slots are scarce; one for all rows of a run.

    While rows wait to be played, the oldest row's: conversations are finished, and their prefixes still cached. Once the
    last row is in play, the call of the earliest turn: then no slot idles while a few long rows are left.
    """

    rows: int | None = None  # how many there are, known when the last one is in play

    def priority(self, row: Row, turn: int) -> int:
        """Lower goes first. Calls that waited when the last row came in stay ahead."""
        return row.index if self.rows is None else self.rows + turn


def turn_count(dialogue: Dialogue, draws: Draws, scripted: int) -> int:
    """The row's number of turns: drawn, and with a user voice of replay alone no more than the seed has."""
    wanted = draws.integer("turns", *dialogue.turns)
    return min(wanted, scripted) if dialogue.user.replay and not dialogue.user.variants else wanted


def variant(voice: Literal["user", "assistant"], variants: Sequence[VoiceVariant | Assistant], draws: Draws) -> int:
    """Which variant of a voice the row plays with."""
    return draws.weighted(voice, [one.weight for one in variants])


@dataclass(frozen=True, slots=True)
class Cue:
    """What is played at a turn: the drawn option, if `when` holds."""

    option: Option
    when: When | None


def cues(rules: Sequence[Rule], branch: Branch, turns: int, draws: Draws) -> dict[int, Cue]:
    """The cue of each turn that has a rule; the other turns are faithful."""
    ruled = {turn: rule for rule in rules if isinstance(rule.turns, Range) for turn in _covered(rule.turns, turns)}
    free = [turn for turn in range(1, turns + 1) if turn not in ruled]
    for number, rule in enumerate(rules):
        if isinstance(rule.turns, AnyOf):
            drawn = draws.subset(f"{branch}.any.{number}", free, rule.turns.count)
            ruled |= dict.fromkeys(drawn, rule)
            free = [turn for turn in free if turn not in drawn]
    return {turn: _cue(rule, draws, f"{branch}.{turn}") for turn, rule in sorted(ruled.items())}


def _covered(turns: Range, last: int) -> Iterable[int]:
    def resolve(edge: Edge) -> int:
        return last if edge == "last" else edge

    return range(resolve(turns.first), min(resolve(turns.last), last) + 1)


def _cue(rule: Rule, draws: Draws, site: str) -> Cue:
    drawn = draws.weighted(site, [option.weight for option in rule.options])
    return Cue(rule.options[drawn], rule.when)


_MEASURES = {"words": lambda text: len(text.split()), "chars": len}
_COMPARISONS = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def holds(when: When | None, instruction: str) -> bool:
    """Whether the condition holds for what the user said."""
    return when is None or _COMPARISONS[when.comparison](_MEASURES[when.measure](instruction), when.bound)
