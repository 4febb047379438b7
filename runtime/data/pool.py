"""The seeds of a build: their texts in a scratch file, a few numbers for each in memory."""

import os
from array import array
from bisect import bisect_left
from contextlib import ExitStack, closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import orjson

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes import data as codes
from musicc.plan.document import Seeds
from musicc.runtime.data.seed import Seed
from musicc.runtime.data.source import Report, SeedReader, name_of
from musicc.runtime.store.disk import write_all

_READ = 1 << 13  # most seeds come with one read


@dataclass(frozen=True, slots=True)
class Counts:
    """The records that were `read` of a source, and those of them that became no seed."""

    read: int = 0
    malformed: int = 0
    duplicates: int = 0
    filtered: int = 0


@dataclass(frozen=True, slots=True)
class Shared:
    """Where another process finds a pool: an open `file` that it inherits, and in it, from `at` on, what is in memory."""

    file: int
    at: int
    seeds: int
    name: str


class SeedPool:
    """Random access to a source's seeds: by row, and to some other seed by a drawn point.

    Seeds lie as JSON lines in an anonymous temporary file, gone with the process however that ends. In memory a seed
    costs 28 bytes: its offset, its id, the hash of its opening, and its place in the ring.
    """

    def __init__(self, file: IO[bytes], name: str) -> None:
        self.name = name
        self.counts = Counts()
        self._file = file
        self._offsets = array("Q")
        self._ids = array("Q")
        self._openings = array("Q")
        self._ring = array("I")  # rows in the order of their ids

    @classmethod
    def load(cls, seeds: Seeds, base: Path, scratch: Path, *, spec_seed: int, report: Report) -> "SeedPool":
        """One pass over the source. Paths count from `base`; `scratch` is the folder for the temporary file.

        Equal conversations are one seed. Without `shuffle` no more is read than `take` needs. Problems with single records
        go to `report`. Raises DiagnosticError where the source cannot be read or no seed is left (M453), and OSError where
        the temporary file cannot be written.
        """
        scratch.mkdir(parents=True, exist_ok=True)
        with ExitStack() as failing:
            file = failing.enter_context(TemporaryFile(dir=scratch, prefix="seeds-"))
            pool = cls(file, name_of(seeds.origin))
            pool._fill(seeds, SeedReader(seeds, base, report))
            failing.pop_all()
        pool._arrange(seeds, spec_seed)
        if seeds.take is not None and len(pool) < seeds.take:
            few = f"`take` asks for {seeds.take:,} seeds, there are {len(pool):,}"
            report(Diagnostic(codes.FEW_SEEDS, few, at=pool.name, help="take fewer, or give more seeds"))
        return pool

    def share(self) -> Shared:
        """Lays out what is in memory behind the seeds. Raises OSError."""
        file = self._file.fileno()
        at = os.fstat(file).st_size
        write_all(file, b"".join(column.tobytes() for column in self._columns()), at)
        return Shared(file, at, len(self), self.name)

    @classmethod
    def of(cls, shared: Shared) -> "SeedPool":
        """The pool of another process, to read it; its counts are not known. Raises OSError."""
        pool, at = cls(os.fdopen(shared.file, "rb", closefd=False), shared.name), shared.at
        for column in pool._columns():
            size = shared.seeds * column.itemsize
            column.frombytes(os.pread(shared.file, size, at))
            at += size
        return pool

    def _columns(self) -> "tuple[array[int], ...]":
        return self._offsets, self._ids, self._openings, self._ring

    def close(self) -> None:
        """Deletes the scratch file."""
        self._file.close()

    def __len__(self) -> int:
        return len(self._offsets)

    def __getitem__(self, row: int) -> Seed:
        """The seed of a row. Raises IndexError."""
        value: dict[str, Any] = orjson.loads(self._line(self._offsets[row]))
        return Seed(value["id"], tuple(value["messages"]), tuple(value["chosen"]), tuple(value["rejected"]))

    def other(self, seed_id: str, point: int) -> Seed:
        """Another seed, drawn by a uniform 64-bit `point`: the next id in the ring that opens with another user message.

        A seed more or less changes only the draws that fall between it and its predecessor. Where all other seeds open
        alike, one of them. Raises DiagnosticError where there is no other seed (M462).
        """
        own = int(seed_id, 16)
        opening = self._opening(own)
        start = bisect_left(self._ring, point, key=self._ids.__getitem__)
        around = (self._ring[(start + step) % len(self)] for step in range(len(self)))
        alike: int | None = None
        for row in around:
            if self._ids[row] != own and self._openings[row] != opening:
                return self[row]
            if self._ids[row] != own and alike is None:
                alike = row
        if alike is None:
            help_ = "give more seeds, or use a contrast that takes nothing from another"
            raise DiagnosticError(Diagnostic(codes.NO_OTHER_SEED, "there is only one seed", at=self.name, help=help_))
        return self[alike]

    def _line(self, offset: int) -> bytes:
        """Processes that share the file share its position, so that is left alone."""
        line = chunk = os.pread(self._file.fileno(), _READ, offset)
        while chunk and b"\n" not in chunk:
            chunk = os.pread(self._file.fileno(), len(line), offset + len(line))
            line += chunk
        return line[: line.index(b"\n")]

    def _opening(self, number: int) -> int | None:
        at = bisect_left(self._ring, number, key=self._ids.__getitem__)
        row = self._ring[at % len(self)]
        return self._openings[row] if self._ids[row] == number else None

    # Building it

    def _fill(self, seeds: Seeds, reader: SeedReader) -> None:
        known: set[int] = set()
        duplicates = filtered = 0
        wanted = None if seeds.shuffle else seeds.take
        with closing(iter(reader)) as usable:
            for seed in usable:
                number = int(seed.id, 16)
                if number in known:
                    duplicates += 1
                elif _fits(seed, seeds):
                    self._append(number, seed)
                else:
                    filtered += 1
                known.add(number)
                if len(self) == wanted:
                    break
        self._file.flush()
        self.counts = Counts(reader.read, reader.malformed, duplicates, filtered)
        if not len(self):
            reason = f"none of its {len(known):,} seeds passes `min_turns` and `max_chars`"
            help_ = "lower `min_turns`, raise `max_chars`, or leave them out"
            raise DiagnosticError(Diagnostic(codes.NO_SEEDS, reason, at=self.name, help=help_))

    def _append(self, number: int, seed: Seed) -> None:
        self._offsets.append(self._file.tell())
        self._ids.append(number)
        self._openings.append(_hash(seed.user_turns[0]))
        self._file.write(orjson.dumps(seed, option=orjson.OPT_APPEND_NEWLINE))

    def _arrange(self, seeds: Seeds, spec_seed: int) -> None:
        """The final order of the rows, and the ring."""
        if seeds.shuffle:
            order = sorted(range(len(self)), key=lambda row: _hash(f"{spec_seed}:{self._ids[row]:016x}"))[: seeds.take]
            for column in (self._offsets, self._ids, self._openings):
                column[:] = array("Q", [column[row] for row in order])
        self._ring = array("I", sorted(range(len(self)), key=self._ids.__getitem__))


def _fits(seed: Seed, seeds: Seeds) -> bool:
    """`max_chars` counts the characters of all messages."""
    if len(seed.user_turns) < seeds.min_turns:
        return False
    return seeds.max_chars is None or sum(len(message["content"]) for message in seed.messages) <= seeds.max_chars


def _hash(text: str) -> int:
    """64 bits."""
    return int.from_bytes(sha256(text.encode()).digest()[:8], "big")
