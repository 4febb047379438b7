"""A row that was played, held against the checks of its dialogue, and drawn again where they ask for it.

On each take the checks are made in the plan's order. The first one that fails and has retries left has the branches
drawn again from where they failed; then all checks are made anew. One that fails without ends it, or marks the pair.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from musicc.plan.checks import (
    Check,
    Duplicates,
    Gate,
    Language,
    Leak,
    LengthRatio,
    Longer,
    PairJudge,
    Pattern,
    Refusal,
    Similarity,
    TurnJudge,
)
from musicc.runtime.data.pairs import Pair
from musicc.runtime.engine.branches import retake
from musicc.runtime.engine.caller import RowFailedError
from musicc.runtime.engine.checks import measure, texts
from musicc.runtime.engine.checks.finding import Finding
from musicc.runtime.engine.checks.judges import Bench, judge_pair, judge_turns
from musicc.runtime.engine.conversation import BranchPlayer, Stage
from musicc.runtime.engine.pairing import make_pair
from musicc.runtime.engine.schedule import Row
from musicc.runtime.llm.types import LLMError, Unusable

Players: TypeAlias = tuple[BranchPlayer, BranchPlayer]


@dataclass(frozen=True, slots=True)
class First:
    """What a check found when it was first made on a row, and which branch had more words then."""

    finding: Finding
    longer: measure.Longer


@dataclass
class Examined:
    """The last take of a row, and what the checks say of it.

    `findings`: by check; those that were not made are left out. `retakes`: how often each check had it drawn again.
    `dropped`: the check that the pair did not pass, where it goes.
    """

    players: Players
    pair: Pair
    findings: dict[str, Finding] = field(default_factory=dict)
    first: dict[str, First] = field(default_factory=dict)
    retakes: Counter[str] = field(default_factory=Counter)
    dropped: str | None = None

    def found(self, check: Check, finding: Finding) -> None:
        self.findings[check.name] = finding
        if check.name not in self.first:
            self.first[check.name] = First(finding, measure.longer(self.pair))

    def took(self, players: Players, pair: Pair) -> None:
        """Another take has come off: what was found in the last one counts no longer."""
        self.players, self.pair, self.findings = players, pair, {}


async def examine(stage: Stage, row: Row, players: Players) -> Examined:
    """The checks that read one pair, made in their order, with the retakes that they ask for. Raises Unusable."""
    examined = Examined(players, make_pair(stage.dialogue, row, *players))
    checks = [check for check in stage.dialogue.checks if not isinstance(check.gate, Duplicates | Longer)]
    at = 0
    while at < len(checks):
        check = checks[at]
        finding = await _found(check.gate, examined, Bench(stage, row, check.name))
        examined.found(check, finding)
        if not finding.passed and await _again(stage, row, examined, check, finding):
            at = 0
        elif not finding.passed and check.then == "drop":
            examined.dropped = check.name
            break
        else:
            at += 1
    return examined


async def _again(stage: Stage, row: Row, examined: Examined, check: Check, finding: Finding) -> bool:
    """Draws the row again, while the check has retries left and no take comes off; whether one has."""
    while finding.again and examined.retakes[check.name] < check.retries:
        examined.retakes[check.name] += 1
        try:
            players = await retake(examined.players, finding.again, examined.retakes.total())
        except Unusable:
            raise
        except (RowFailedError, LLMError):
            continue
        examined.took(players, make_pair(stage.dialogue, row, *players))
        return True
    return False


async def _found(gate: Gate, examined: Examined, bench: Bench) -> Finding:
    if isinstance(gate, PairJudge):
        return await judge_pair(gate, examined.pair, bench)
    if isinstance(gate, TurnJudge):
        return await judge_turns(gate, examined.pair, bench)
    if any(player.made_up for player in examined.players):
        return _REHEARSED
    return _TEXT[type(gate)](gate, examined.pair)


_REHEARSED = Finding(passed=True, verdict="rehearsed", score=0.0)
_TEXT: dict[type, Callable[[Any, Pair], Finding]] = {
    LengthRatio: texts.length_ratio,
    Similarity: texts.similarity,
    Pattern: texts.pattern,
    Refusal: texts.refusal,
    Leak: texts.leak,
    Language: texts.language,
}
