"""What the compiler says of a mutant."""

import dataclasses
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import Any, Literal, NamedTuple, TypeAlias

from musicc.diagnostics import Diagnostic, Source, Span
from musicc.semantics import Checked, load
from musicc.semantics.files import STD
from musicc.syntax import Parsed, decode, parse
from musicc.syntax.tree import Block
from tests.mutation.mutants import Mutant, mutants

ROOT = Path(__file__).parents[2]
FILES = [*sorted((ROOT / "specs").glob("*.music")), *sorted(STD.glob("*.music"))]
SECONDS = 20  # a check takes hundredths of a second

Outcome: TypeAlias = Literal["reported", "elsewhere", "silent", "equivalent"]


class Verdict(NamedTuple):
    mutant: Mutant
    outcome: Outcome
    diagnostics: tuple[Diagnostic, ...]

    def __str__(self) -> str:
        lines = self.mutant.lines
        found = "; ".join(f"{d.code.id} {_line(d)} {d.message}" for d in self.diagnostics[:3])
        return f"{self.outcome}: {self.mutant.way} {self.mutant.what[:80]} on {lines.start}..{lines.stop - 1}: {found}"


def _line(diagnostic: Diagnostic) -> str:
    at = diagnostic.at
    return f"{at.source.position(at.start)[0]}" if isinstance(at, Span) else f"{at}"


class Bench:
    """A folder with the file to break, and what lies beside it; beside a library, a file that imports all of it."""

    def __init__(self, path: Path, folder: Path) -> None:
        shutil.copytree(path.parent, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
        self.path, self._user = folder / path.name, folder / "mutant_user.music"
        self.text = path.read_text(encoding="utf-8")
        blocks = [item for item in _items(self.text) if isinstance(item, Block) and item.name]
        names = [block.name.text for block in blocks if block.kind.text != "profile"]
        self._is_library = not {"dialogue", "eval"} & {block.kind.text for block in blocks}
        self._user.write_text(f'music 1\nimport "{path.stem}" ({", ".join(names)})\n', encoding="utf-8")
        self._warnings = len(self._told(self.text))
        self._same = self._meaning(self.text)

    def verdicts(self, number: int, seed: int) -> Iterator[Verdict]:
        for mutant in mutants(self.text, number, seed):
            told = self._told(mutant.text)
            yield Verdict(mutant, self._outcome(mutant, told), told)

    def _told(self, text: str) -> tuple[Diagnostic, ...]:
        return tuple(diagnostic for checked in self._check(text) for diagnostic in checked.diagnostics)

    def _check(self, text: str) -> list[Checked]:
        self.path.write_text(text, encoding="utf-8")
        with in_time():
            files = [self.path, self._user] if self._is_library else [self.path]
            return [load(file, read=_read) for file in files]

    def _outcome(self, mutant: Mutant, told: tuple[Diagnostic, ...]) -> Outcome:
        if any(line in mutant.lines for d in told for line in self.lines(d)):
            return "reported"
        if any(d.is_error for d in told) or len(told) > self._warnings:
            return "elsewhere"
        return "equivalent" if self._meaning(mutant.text) == self._same else "silent"

    def _meaning(self, text: str) -> Any:
        """The module without its places; of a library, which puts nothing into its module, the tree."""
        if self._is_library:
            return bare(_items(text))
        return bare(self._check(text)[0].module)

    def lines(self, diagnostic: Diagnostic) -> set[int]:
        """The lines of its places in the broken file."""
        spans = [s for s in (diagnostic.at, *(n.span for n in diagnostic.notes)) if isinstance(s, Span)]
        own = [span for span in spans if span.source.name.endswith(self.path.name)]
        return {span.source.position(at)[0] for span in own for at in (span.start, span.end)}


def _read(path: Path, name: str) -> Parsed:
    return _parsed(name, path.read_bytes())


@lru_cache(16)  # what a mutant imports was parsed for the one before it
def _parsed(name: str, data: bytes) -> Parsed:
    return parse(decode(name, data))


def _items(text: str) -> tuple[Any, ...]:
    return parse(Source("", text)).file.items


def bare(value: Any) -> Any:
    """The value without places in the text."""
    if isinstance(value, Span):
        return None
    if dataclasses.is_dataclass(value):
        names = (f.name for f in dataclasses.fields(value) if f.name not in ("span", "offsets"))
        return {name: bare(getattr(value, name)) for name in names}
    if isinstance(value, dict):
        return {key: bare(one) for key, one in value.items()}
    return [bare(one) for one in value] if isinstance(value, list | tuple) else value


@contextmanager
def in_time() -> Iterator[None]:
    def stop(_: int, __: FrameType | None) -> None:
        raise AssertionError(f"not done in {SECONDS} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
