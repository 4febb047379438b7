"""Files that appear whole or not at all, and folders with one writer at a time."""

import json
import os
import secrets
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from hashlib import sha256
from itertools import takewhile
from pathlib import Path

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes.running import FOLDER_IN_USE
from musicc.runtime.store.disk import disk_errors, sync_folder

_BUFFER = 1 << 18
_LOCK, _HOLDER, _PARTIAL = ".lock", ".holder.json", ".partial"


def write_atomically(path: Path, chunks: Iterable[bytes]) -> str:
    """Publishes `chunks` as the file `path` and returns its SHA-256 in hex.

    A reader sees the old file or the whole new one, after a kill or a power cut as well. Raises DiagnosticError when the
    disk is full or refuses; the old file then stays and nothing is left beside it.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}{_PARTIAL}")
    digest = sha256()
    with disk_errors(f"write `{path.name}`", path):
        try:
            with partial.open("xb", buffering=_BUFFER) as file:
                for chunk in chunks:
                    digest.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    return digest.hexdigest()


@contextmanager
def lock_folder(folder: Path, noun: str = "build folder") -> Iterator[None]:
    """Makes `folder` where it is missing and holds it against other writers; `noun` is what messages call it.

    Raises DiagnosticError at once when another process (or this one) holds it, naming the holder.
    """
    from filelock import FileLock, Timeout  # 40 ms that reading a store need not pay

    with disk_errors(f"lock the {noun}", folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / _LOCK, timeout=0, thread_local=False)
        try:
            lock.acquire()
        except Timeout:
            raise DiagnosticError(_in_use(folder, noun), exit_code=2) from None
    owner = os.getpid()
    try:
        _tidy(folder)
        yield
    finally:
        if os.getpid() == owner:  # a forked child leaves through here as well
            (folder / _HOLDER).unlink(missing_ok=True)
            lock.release()


def _tidy(folder: Path) -> None:
    """Names this process as the holder and removes what a killed one left. Nothing depends on either."""
    with suppress(OSError):
        for partial in folder.glob(f".*{_PARTIAL}"):
            partial.unlink()
        holder = {"pid": os.getpid(), "command": _command(), "since": _now()}
        (folder / _HOLDER).write_text(json.dumps(holder))


def _command() -> str:
    """The program and its first arguments, up to the first option: what follows could hold what others must not read."""
    program, *arguments = sys.argv
    return " ".join([Path(program).name, *takewhile(lambda argument: not argument.startswith("-"), arguments)])


def _now() -> str:
    return datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")


def _in_use(folder: Path, noun: str) -> Diagnostic:
    try:
        holder = json.loads((folder / _HOLDER).read_bytes())
        who = f"process {holder['pid']} (`{holder['command']}`, since {holder['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        who = "another process"
    return Diagnostic(
        FOLDER_IN_USE,
        f"the {noun} is in use by {who}",
        str(folder),
        help="wait until it has ended, or stop it; nothing it stored is lost",
    )
