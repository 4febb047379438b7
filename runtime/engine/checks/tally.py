"""What the checks of a build came to, counted as rows end."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any, TypeAlias

from musicc.plan.checks import Check
from musicc.runtime.data.pairs import Personas
from musicc.runtime.engine.checks.examine import Examined, First
from musicc.runtime.engine.checks.finding import Agreement, Opinion

Interval: TypeAlias = tuple[float, float]
Facts: TypeAlias = dict[str, Any]

_Z = 1.959963984540054  # 95 %
_DIGITS = 4
_NUMBERS = ("passed", "failed", "dropped", "marked", "retaken")


@dataclass
class CheckTally:
    """How many pairs a check let pass, failed, dropped and kept with a mark; and how often it had one drawn again.

    `agreement`: what a judge said when it first saw a pair or a turn, by facet (turn, rule, …) and value. `preferred`: in
    its first decisions between branches of unequal length, which was the `longer` one.
    """

    passed: int = 0
    failed: int = 0
    dropped: int = 0
    marked: int = 0
    retaken: int = 0
    agreement: defaultdict[tuple[str, str], Counter[Agreement]] = field(default_factory=lambda: defaultdict(Counter))
    preferred: Counter[str] = field(default_factory=Counter)

    def count(self, check: Check, *, passed: bool) -> None:
        """A pair has its last finding."""
        self.passed += passed
        self.failed += not passed
        self.dropped += not passed and check.then == "drop"
        self.marked += not passed and check.then == "mark"

    def hear(self, first: First, personas: Personas) -> None:
        """A judge has said something of a row for the first time."""
        for opinion in first.finding.opinions:
            for facet in _facets(opinion, personas):
                self.agreement[facet][opinion.agreement] += 1
        verdict = first.finding.verdict
        if verdict in {"chosen", "rejected"} and first.longer != "equal":
            self.preferred["longer" if verdict == first.longer else "shorter"] += 1

    def counts(self) -> Facts:
        """Everything that was counted, as JSON values."""
        agreement = [[*facet, counter] for facet, counter in self.agreement.items()]
        numbers = {name: getattr(self, name) for name in _NUMBERS}
        return {**numbers, "agreement": agreement, "preferred": self.preferred}

    def add(self, counts: Facts) -> None:
        """What was counted of other rows."""
        for name in _NUMBERS:
            setattr(self, name, getattr(self, name) + counts[name])
        for facet, value, counter in counts["agreement"]:
            self.agreement[facet, value].update(counter)
        self.preferred.update(counts["preferred"])

    def facts(self) -> Facts:
        """As JSON values, with 95 % intervals."""
        counts = {name: getattr(self, name) for name in _NUMBERS}
        if not self.agreement:
            return counts
        told: Facts = {}
        for (facet, value), counter in sorted(self.agreement.items(), key=_order):
            told.setdefault(facet, {})[value] = _agreed(counter)
        every = told.pop("all")[""]
        longer, decided = self.preferred["longer"], self.preferred.total()
        return {**counts, "agreement": {**every, **{f"by_{facet}": of for facet, of in told.items()}}} | (
            {"prefers_longer": rate(longer, decided)} if decided else {}
        )


def count_row(checks: tuple[Check, ...], examined: Examined, tallies: Mapping[str, CheckTally]) -> None:
    """Counts what was found in a row that has ended."""
    for check in checks:
        tally = tallies[check.name]
        tally.retaken += examined.retakes[check.name]
        if check.name in examined.findings:
            tally.count(check, passed=examined.findings[check.name].passed)
        if check.name in examined.first:
            tally.hear(examined.first[check.name], examined.pair.personas)


def _facets(opinion: Opinion, personas: Personas) -> list[tuple[str, str]]:
    """Where a verdict is counted; voices by the number of the variant that was drawn."""
    voices = {"user": personas.user, "assistant": personas.assistant}
    drawn = [(voice, str(number)) for voice, number in voices.items() if number]
    branch = [("branch", opinion.branch)] if opinion.branch else []
    return [("all", ""), ("turn", str(opinion.turn)), ("rule", opinion.rule), *drawn, *branch]


def _order(item: tuple[tuple[str, str], object]) -> tuple[str, int, str]:
    """Numbers by their size."""
    facet, value = item[0]
    return facet, int(value) if value.isdigit() else 0, value


def _agreed(counter: Counter[Agreement]) -> Facts:
    """The counts, and the share that agrees among the verdicts that could be read."""
    counts = {word: counter[word] for word in ("agree", "tie", "disagree", "unread")}
    return {**counts, **rate(counter["agree"], counter.total() - counter["unread"])}


def rate(hits: int, trials: int) -> Facts:
    """A share with its 95 % interval; without trials, all that is known is that it lies in between."""
    low, high = wilson(hits, trials)
    share = hits / trials if trials else 0.0
    return {"of": trials, "rate": round(share, _DIGITS), "low": round(low, _DIGITS), "high": round(high, _DIGITS)}


def wilson(hits: int, trials: int) -> Interval:
    """The 95 % score interval (Wilson) of a share."""
    if not trials:
        return 0.0, 1.0
    share, square = hits / trials, _Z * _Z
    middle = share + square / (2 * trials)
    spread = _Z * sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    width = 1 + square / trials
    return max(0.0, (middle - spread) / width), min(1.0, (middle + spread) / width)
