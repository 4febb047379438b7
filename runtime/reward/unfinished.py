"""A file of rewards that survives being stopped: it grows in a folder beside its place, and takes it when it is whole.

`OUT.unfinished` holds the lines so far, and the stamp: all that decides what the lines are. A window of lines counts once
all of it is there; what a kill left of another is cut off.
"""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes.scoring import CHANGED, UNFINISHED
from musicc.diagnostics.words import counted
from musicc.runtime.reward.scores import Line
from musicc.runtime.reward.stamp import changed
from musicc.runtime.store.disk import disk_errors, sync_folder
from musicc.runtime.store.publish import lock_folder, write_atomically

_LINES, _STAMP = "rewards.jsonl", "stamp.json"


class Unfinished:
    """A `scores.Sink`."""

    def __init__(self, out: Path, file: BinaryIO) -> None:
        self._out, self._file = out, file
        self.lines = 0

    def kept(self, count: int) -> list[Line] | None:
        """The next `count` lines, if all are there; if not, the file ends here from now on."""
        with disk_errors(f"read `{_LINES}`", folder_of(self._out)):
            start = self._file.tell()
            lines = _parsed(list(islice(self._file, count)))
            if len(lines) == count:
                self.lines += count
                return lines
            self._file.seek(start)
            self._file.truncate()
        return None

    def add(self, lines: Sequence[Line]) -> None:
        """Writes lines and waits until they are on the disk. Raises DiagnosticError where it refuses."""
        with disk_errors(f"write `{self._out.name}`", self._out):
            self._file.write(b"".join(map(to_line, lines)))
            self._file.flush()
            os.fsync(self._file.fileno())
        self.lines += len(lines)

    def finish(self) -> None:
        """Puts the file in its place, where it replaces an older one at once."""
        folder = folder_of(self._out)
        with disk_errors(f"write `{self._out.name}`", self._out):
            (folder / _LINES).replace(self._out)
            sync_folder(self._out.parent)


def to_line(line: Line) -> bytes:
    """A line as it stands in a file."""
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def folder_of(out: Path) -> Path:
    """Where rewards are kept until all are there."""
    return out.with_name(f"{out.name}.unfinished")


@contextmanager
def unfinished(out: Path, stamp: Mapping[str, Any], *, resume: bool) -> Iterator[Unfinished]:
    """The rewards that are to become `out`, with those that an earlier run has kept. The folder stays if there are any and
    they are not finished.

    Raises DiagnosticError: there are some, and they are not to be gone on with (M653) or are of another scoring (M654);
    another process is at it (M542), or the disk refuses.
    """
    folder = folder_of(out)
    with lock_folder(folder, "folder of unfinished rewards"):
        _begin(folder, stamp, resume=resume)
        try:
            with _opened(folder) as file:
                yield Unfinished(out, file)
        finally:
            if not _size(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _opened(folder: Path) -> BinaryIO:
    with disk_errors(f"open `{_LINES}`", folder):
        return (folder / _LINES).open("r+b")


def _begin(folder: Path, stamp: Mapping[str, Any], *, resume: bool) -> None:
    """Makes sure that what lies there is this scoring and meant to be gone on with, or nothing yet."""
    if not _size(folder):
        with disk_errors("keep rewards", folder):
            (folder / _LINES).touch()
        write_atomically(folder / _STAMP, [orjson.dumps(stamp, option=orjson.OPT_INDENT_2)])
    elif not resume:
        raise DiagnosticError(_in_the_way(folder))
    elif names := _changed(folder, stamp):
        help_ = f"bring back what it was, or remove `{folder}` and begin anew"
        message = f"the rewards cannot be gone on with: changed since are {', '.join(names)}"
        raise DiagnosticError(Diagnostic(CHANGED, message, str(folder), help=help_))


def _in_the_way(folder: Path) -> Diagnostic:
    with disk_errors("read unfinished rewards", folder), (folder / _LINES).open("rb") as file:
        kept = sum(1 for _ in file)
    help_ = f"add `--resume` to go on from there, or remove `{folder}` to begin anew"
    return Diagnostic(UNFINISHED, f"a scoring was stopped after {counted(kept, 'record')}", str(folder), help=help_)


def _changed(folder: Path, stamp: Mapping[str, Any]) -> list[str]:
    """What is not as it was when the scoring began."""
    before: dict[str, Any] = {}
    with suppress(OSError, orjson.JSONDecodeError):
        before = orjson.loads((folder / _STAMP).read_bytes())
    return changed(before, stamp)


def _size(folder: Path) -> int:
    with suppress(OSError):
        return (folder / _LINES).stat().st_size
    return 0


def _parsed(lines: Sequence[bytes]) -> list[Line]:
    """Those before the first that breaks off."""
    found: list[Line] = []
    with suppress(orjson.JSONDecodeError):
        for line in lines:
            if not line.endswith(b"\n"):
                break
            found.append(orjson.loads(line))
    return found
