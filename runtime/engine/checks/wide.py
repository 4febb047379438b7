"""Gates that read all pairs of a dialogue, in their order, once every row has ended: from scratch file to scratch file."""

from array import array
from collections.abc import Callable, Set
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from musicc.plan.checks import Check, Duplicates, Longer
from musicc.plan.document import Plan
from musicc.runtime.data.near import NearIndex, text_of
from musicc.runtime.data.pairs import Pair, from_line, to_line
from musicc.runtime.engine.checks.finding import Finding
from musicc.runtime.engine.checks.measure import longer, words
from musicc.runtime.store.spool import OrderedSpool

Find: TypeAlias = Callable[[int, Pair], Finding]
Lost: TypeAlias = Callable[[Check, int, Pair], None]
Told: TypeAlias = Callable[[Check, bool], None]

_SLACK = 1e-9  # pairs; bounds are fractions that floats only come near to


def settle(plan: Plan, pairs: OrderedSpool, scratch: Path, held: ExitStack, told: Told, lost: Lost) -> OrderedSpool:
    """The pairs that stay, with what the plan's build-wide checks found; `pairs` itself where there are none.

    `told` hears whether a pair has passed a check, `lost` gets the pairs that go. What is returned is open as long as
    `held` is. Raises DiagnosticError.
    """
    for dialogue in plan.dialogues:
        for check in dialogue.checks:
            if isinstance(check.gate, Duplicates | Longer):
                left = held.enter_context(OrderedSpool(scratch / ".settled.spool"))
                with ExitStack() as own:
                    find = _finder(dialogue.name, check.gate, pairs, scratch, own)
                    _settle(dialogue.name, check, find, pairs, left, told, lost)
                pairs = left
    return pairs


def _settle(
    dialogue: str, check: Check, find: Find, pairs: OrderedSpool, left: OrderedSpool, told: Told, lost: Lost
) -> None:
    """Puts what stays of `pairs` into `left`."""
    for index, line in pairs.items():
        pair = from_line(line)
        if pair.dialogue != dialogue:
            left.add(index, line)
            continue
        finding = find(index, pair)
        told(check, finding.passed)
        found = replace(pair, checks={**pair.checks, check.name: finding.record()})
        if finding.passed or check.then == "mark":
            left.add(index, to_line(found))
        else:
            lost(check, index, found)


def _finder(dialogue: str, gate: Duplicates | Longer, pairs: OrderedSpool, scratch: Path, held: ExitStack) -> Find:
    if isinstance(gate, Longer):
        return _longer(surplus(gate, _lengths(dialogue, pairs)))
    return _duplicates(held.enter_context(NearIndex(gate.least, scratch)))


def _duplicates(known: NearIndex) -> Find:
    """`new` or `duplicate`; a pair is compared with those before it that are new."""

    def find(index: int, pair: Pair) -> Finding:
        seen = known.seen(text_of(pair))
        return Finding(not seen, "duplicate" if seen else "new", float(seen))

    return find


def _longer(failing: Set[int]) -> Find:
    """Which branch has more words; the ratio of both; the words."""

    def find(index: int, pair: Pair) -> Finding:
        chosen, rejected = words(pair, "chosen"), words(pair, "rejected")
        ratio = max(chosen, 1) / max(rejected, 1)
        return Finding(index not in failing, longer(pair), ratio, f"{chosen} against {rejected} words")

    return find


@dataclass(frozen=True, slots=True)
class Lengths:
    """Words of both branches of pairs, by their place in the build: 24 bytes a pair."""

    index: "array[int]" = field(default_factory=lambda: array("q"))
    chosen: "array[int]" = field(default_factory=lambda: array("q"))
    rejected: "array[int]" = field(default_factory=lambda: array("q"))

    def add(self, index: int, chosen: int, rejected: int) -> None:
        self.index.append(index)
        self.chosen.append(chosen)
        self.rejected.append(rejected)


def _lengths(dialogue: str, pairs: OrderedSpool) -> Lengths:
    found = Lengths()
    for index, line in pairs.items():
        pair = from_line(line)
        if pair.dialogue == dialogue:
            found.add(index, words(pair, "chosen"), words(pair, "rejected"))
    return found


def surplus(gate: Longer, lengths: Lengths) -> set[int]:
    """The pairs that must go so that of those which differ in length the share with a longer chosen branch is within bounds:
    the most lopsided, and of equals the last. Where one pair is too much of a step for narrow bounds, it stays; where no
    share but 0 or 1 can be had, all go.
    """
    places = sorted(range(len(lengths.index)), key=lambda at: (_lopsided(lengths, at), lengths.index[at]))
    over = [at for at in places if lengths.chosen[at] > lengths.rejected[at]]
    under = [at for at in places if lengths.chosen[at] < lengths.rejected[at]]
    gone = set()
    while over and _above(len(over), len(under), gate.high) and not _below(len(over) - 1, len(under), gate.low):
        gone.add(lengths.index[over.pop()])
    while under and _below(len(over), len(under), gate.low) and not _above(len(over), len(under) - 1, gate.high):
        gone.add(lengths.index[under.pop()])
    return gone


def _above(over: int, under: int, bound: float) -> bool:
    return over > bound * (over + under) + _SLACK


def _below(over: int, under: int, bound: float) -> bool:
    return over < bound * (over + under) - _SLACK


def _lopsided(lengths: Lengths, at: int) -> float:
    """The words of the longer branch over those of the shorter one."""
    chosen, rejected = max(lengths.chosen[at], 1), max(lengths.rejected[at], 1)
    return max(chosen / rejected, rejected / chosen)
