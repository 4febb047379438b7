"""Rows that finish in any order and are wanted in theirs."""

import os
from array import array
from collections.abc import Iterator
from pathlib import Path
from struct import Struct
from types import TracebackType

from musicc.runtime.store.disk import disk_errors, write_all

_LENGTH = Struct("<I")
_READ = 1 << 14  # most rows come with one read; those that finished in order come from the kernel's read-ahead


class OrderedSpool:
    """A scratch file of rows at `path`: 8 bytes of memory a row, whatever the rows hold.

    The file has no name while it is in use, so that nothing of it is left after a kill.
    """

    def __init__(self, path: Path) -> None:
        """Raises DiagnosticError."""
        self._path = path
        self._starts = array("Q")  # by index: the row's offset plus 1, or 0 where no row is
        self._end = 0
        with disk_errors("collect rows", path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            path.unlink()

    def add(self, index: int, row: bytes) -> None:
        """Raises ValueError when `index` has a row, DiagnosticError when the disk is full or refuses."""
        if index >= len(self._starts):
            self._starts.extend(array("Q", [0]) * (index + 1 - len(self._starts)))
        if self._starts[index]:
            raise ValueError(f"row {index} is already in the spool")
        framed = _LENGTH.pack(len(row)) + row
        with disk_errors("collect rows", self._path):
            write_all(self._fd, framed, self._end)
        self._starts[index] = self._end + 1
        self._end += len(framed)

    def drain(self) -> Iterator[bytes]:
        """The rows in index order; an index without a row is skipped. Raises DiagnosticError."""
        return (row for _, row in self.items())

    def items(self) -> Iterator[tuple[int, bytes]]:
        """The rows with their indexes, in order. Raises DiagnosticError."""
        for index, start in enumerate(self._starts):
            if start:
                yield index, self._read(start - 1)

    def __getitem__(self, index: int) -> bytes:
        """The row of an index. Raises IndexError where there is none, and DiagnosticError."""
        if not self._starts[index]:
            raise IndexError(f"no row {index} is in the spool")
        return self._read(self._starts[index] - 1)

    def _read(self, offset: int) -> bytes:
        with disk_errors("read collected rows", self._path):
            framed = os.pread(self._fd, _READ, offset)
            (length,) = _LENGTH.unpack_from(framed)
            missing = _LENGTH.size + length - len(framed)
            if missing > 0:
                framed += os.pread(self._fd, missing, offset + len(framed))
        return framed[_LENGTH.size : _LENGTH.size + length]

    def __contains__(self, index: object) -> bool:
        return isinstance(index, int) and 0 <= index < len(self._starts) and self._starts[index] > 0

    def __len__(self) -> int:
        return len(self._starts) - self._starts.count(0)

    def close(self) -> None:
        """Gives the disk space back. Harmless when repeated."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> "OrderedSpool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
