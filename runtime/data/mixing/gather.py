"""The pairs that a dataset may be mixed of: one pass over all its parts, and a few numbers kept of each pair."""

from array import array
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from musicc.plan.datasets import Dataset, Part, SeedPairs
from musicc.plan.document import Plan
from musicc.runtime.data.mixing.draw import number, point
from musicc.runtime.data.mixing.groups import Groups
from musicc.runtime.data.mixing.sources import Sources
from musicc.runtime.data.near import NearIndex, text_of
from musicc.runtime.data.pairs import UNMADE, Pair, from_line, pair_id, to_line
from musicc.runtime.data.words import normalised
from musicc.runtime.store.disk import disk_errors


class Lines(Protocol):
    """Pairs as lines, by number."""

    def __getitem__(self, number: int, /) -> bytes: ...
    def __len__(self) -> int: ...


class FileLines:
    """The lines of a published file; 8 bytes of memory each."""

    def __init__(self, path: Path, held: ExitStack) -> None:
        """The file is open until `held` closes. Raises DiagnosticError where it cannot be read."""
        self._path, self._starts, at = path, array("Q"), 0
        with disk_errors(f"read `{path.name}`", path):
            self._file = held.enter_context(path.open("rb"))
            for line in self._file:
                self._starts.append(at)
                at += len(line)

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, number: int, /) -> bytes:
        with disk_errors(f"read `{self._path.name}`", self._path):
            self._file.seek(self._starts[number])
            return self._file.readline()


@dataclass(slots=True)
class Stock:
    """What there is of a part: of each pair its line, the rank by which it is chosen, and its prompt, as numbers.

    `finish` makes the dataset's line of it. `apart` and `duplicates` count the pairs that are left out.
    """

    lines: Lines
    finish: Callable[[bytes], bytes] = bytes
    numbers: "array[int]" = field(default_factory=lambda: array("Q"))
    ranks: "array[int]" = field(default_factory=lambda: array("Q"))
    prompts: "array[int]" = field(default_factory=lambda: array("Q"))
    apart: int = 0
    duplicates: int = 0

    def __len__(self) -> int:
        return len(self.numbers)

    def line(self, at: int) -> bytes:
        """Raises DiagnosticError."""
        return self.finish(self.lines[self.numbers[at]])


@dataclass(slots=True)
class Gathered:
    """By part of the mix; and what has to stay together in a split."""

    stocks: list[Stock]
    groups: Groups


def gather(dataset: Dataset, plan: Plan, digest: str, sources: Sources, built: Lines) -> Gathered:
    """Sifts the pairs of all parts: dialogues' before sources', so that of two alike it is the dialogue's that stays.

    `digest` is the plan's, `built` are the pairs of its build. Raises DiagnosticError.
    """
    stocks = [_stock(part, plan, digest, sources, built) for part in dataset.mix]
    groups = Groups()
    with _seen(dataset, sources.scratch) as seen:
        prompts = [sources.prompts(plan, name) for name in dataset.apart]
        for stock, line, pair in _in_order(dataset, stocks, built):
            if any(kept_out.stand_in(pair) for kept_out in prompts):
                stock.apart += 1
            elif seen(pair):
                stock.duplicates += 1
            else:
                prompt = number(normalised(_opening(pair)))
                groups.enter(int(pair.seed, 16), prompt)
                stock.numbers.append(line)
                stock.ranks.append(point(plan.seed, "dataset.choice", pair.id))
                stock.prompts.append(prompt)
    return Gathered(stocks, groups)


def _stock(part: Part, plan: Plan, digest: str, sources: Sources, built: Lines) -> Stock:
    if not isinstance(part.of, SeedPairs):
        return Stock(built)
    unmade = {check.name: UNMADE for dialogue in plan.dialogues for check in dialogue.checks}

    def finish(line: bytes) -> bytes:
        """A file of pairs has the same columns on every line."""
        return to_line(replace(from_line(line), plan=digest, checks=unmade))

    return Stock(sources.pairs(plan, part.of.name), finish)


def _in_order(dataset: Dataset, stocks: list[Stock], built: Lines) -> Iterator[tuple[Stock, int, Pair]]:
    """Every pair of every part with its line's number: those of dialogues in the order of the build, then the sources'."""
    parts = list(zip(dataset.mix, stocks, strict=True))
    dialogues = {part.of.name: stock for part, stock in parts if not isinstance(part.of, SeedPairs)}
    for line in range(len(built)) if dialogues else ():
        pair = from_line(built[line])
        if pair.dialogue in dialogues:
            yield dialogues[pair.dialogue], line, pair
    for part, stock in parts:
        if isinstance(part.of, SeedPairs):
            yield from ((stock, line, from_line(stock.lines[line])) for line in range(len(stock.lines)))


@contextmanager
def _seen(dataset: Dataset, scratch: Path) -> Iterator[Callable[[Pair], bool]]:
    """Tells whether a pair was there before, as far as the dataset asks."""
    if dataset.near is not None:
        with NearIndex(dataset.near, scratch) as index:
            yield lambda pair: index.seen(text_of(pair))
    elif dataset.deduplicate:
        known: set[int] = set()
        yield lambda pair: _enter(int(pair_id(pair.chosen, pair.rejected), 16), known)
    else:
        yield lambda pair: False


def _enter(content: int, known: set[int]) -> bool:
    """Whether it was known."""
    before = len(known)
    known.add(content)
    return len(known) == before


def _opening(pair: Pair) -> str:
    return next(message["content"] for message in pair.chosen if message["role"] == "user")
