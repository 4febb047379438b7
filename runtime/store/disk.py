"""What the operating system can refuse, said to a user."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EACCES, EDQUOT, EEXIST, EFBIG, EISDIR, ENOSPC, ENOTDIR, EPERM, EROFS
from pathlib import Path

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes.running import DISK_FAULT, DISK_FULL

_FULL = {ENOSPC, EDQUOT, EFBIG}
_FORBIDDEN = {EACCES, EPERM, EROFS}
_IN_THE_WAY = {EEXIST, ENOTDIR, EISDIR}


def disk_error(error: OSError, doing: str, path: Path) -> DiagnosticError:
    """`doing` completes "cannot …"; `path` is what the user knows of, not a temporary file beside it."""
    reason = (error.strerror or str(error)).lower()
    if error.errno in _FULL:
        return DiagnosticError(
            Diagnostic(
                DISK_FULL,
                f"cannot {doing}: {reason}",
                str(path),
                help="make room and run the same command again; everything written before is kept",
            ),
            exit_code=2,
        )
    return DiagnosticError(
        Diagnostic(DISK_FAULT, f"cannot {doing}: {reason}", str(path), help=_help(error)), exit_code=2
    )


def _help(error: OSError) -> str:
    if error.errno in _FORBIDDEN:
        return "choose a folder that this user may write to, or change its permissions"
    if error.errno in _IN_THE_WAY:
        return "a folder and a file have the same name: move one of them, or choose another folder"
    return "see that the disk is there and sound; everything written before is kept"


@contextmanager
def disk_errors(doing: str, path: Path) -> Iterator[None]:
    """Turns an OSError of the block into a DiagnosticError."""
    try:
        yield
    except OSError as error:
        raise disk_error(error, doing, path) from error


def write_all(fd: int, data: bytes, offset: int) -> None:
    """Writes at `offset` until everything is written; one system call unless the disk fills up or a signal comes."""
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, offset)
        view, offset = view[written:], offset + written


def sync_folder(folder: Path) -> None:
    """Makes names that were created or replaced in `folder` survive a power cut, where the file system can do that."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(fd)
    finally:
        os.close(fd)
