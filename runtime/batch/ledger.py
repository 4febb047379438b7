"""Which batches are open at providers, noted beside the store before and after each step, so that a kill loses none.

A file for each open batch, `batch-….json`, and one for the calls that came back without a reply, until a build has come
to its end. No API key stands in them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, TypeAlias

import orjson

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes.batches import BROKEN_LEDGER
from musicc.runtime.store.disk import disk_errors, sync_folder
from musicc.runtime.store.publish import write_atomically

TROUBLES = "batch-troubles.json"

Why: TypeAlias = Literal["refused", "failed", "unanswered"]


@dataclass(frozen=True, slots=True)
class Batch:
    """`file` is the server's id for the requests, `id` that for the batch; None while nobody knows whether it was started.

    `url` is shown without user, password and query; `since` is the Unix time of the note.
    """

    url: str
    model: str
    file: str
    keys: tuple[bytes, ...]
    since: float
    id: str | None = None

    @property
    def note(self) -> str:
        """The name of the file that it is noted in."""
        name = sha256(f"{self.url} {self.file}".encode()).hexdigest()
        return f"batch-{name[:16]}.json"


@dataclass(frozen=True, slots=True)
class Trouble:
    """How often a call has come back without a reply, and why the last time.

    `refused`: the server will never take it; `failed`: it went wrong by itself; `unanswered`: its batch ended before it.
    """

    why: Why
    times: int
    message: str
    status: int | None = None


class Ledger:
    """The open batches of a store, by their notes, and the troubles of calls. Whoever writes holds the store."""

    def __init__(self, folder: Path) -> None:
        """Raises DiagnosticError where a note is damaged."""
        self._folder = folder
        self.batches = {batch.note: batch for batch in _batches(folder)}
        self.troubles = _troubles(folder / TROUBLES)

    def note(self, batch: Batch) -> None:
        """The batch is open. Raises DiagnosticError."""
        fields = {**asdict(batch), "keys": [key.hex() for key in batch.keys]}
        write_atomically(self._folder / batch.note, [orjson.dumps(fields)])
        self.batches[batch.note] = batch

    def drop(self, batch: Batch) -> None:
        """The batch is settled. Raises DiagnosticError."""
        path = self._folder / batch.note
        with disk_errors("close the note of a batch", path):
            path.unlink(missing_ok=True)
            sync_folder(self._folder)
        self.batches.pop(batch.note, None)

    def settle(self, answered: Iterable[bytes], troubles: Mapping[bytes, Trouble]) -> None:
        """Some calls have their replies, others still have not. Raises DiagnosticError."""
        kept = {**self.troubles, **troubles}
        for key in answered:
            kept.pop(key, None)
        self._keep(kept)

    def forget(self) -> None:
        """A build has come to its end: what failed may be tried anew by the next one. Raises DiagnosticError."""
        self._keep({})

    def _keep(self, troubles: dict[bytes, Trouble]) -> None:
        if troubles != self.troubles:
            lines = {key.hex(): asdict(trouble) for key, trouble in troubles.items()}
            write_atomically(self._folder / TROUBLES, [orjson.dumps(lines)])
            self.troubles = troubles


def _batches(folder: Path) -> Iterator[Batch]:
    for path in sorted(folder.glob("batch-*.json")):
        if path.name != TROUBLES:
            fields = _read(path)
            try:
                yield Batch(**fields | {"keys": tuple(map(bytes.fromhex, fields["keys"]))})
            except (TypeError, ValueError, LookupError):
                raise _broken(path) from None


def _troubles(path: Path) -> dict[bytes, Trouble]:
    if not path.exists():
        return {}
    try:
        return {bytes.fromhex(key): Trouble(**fields) for key, fields in _read(path).items()}
    except (TypeError, ValueError):
        raise _broken(path) from None


def _read(path: Path) -> dict[str, Any]:
    with disk_errors("read the note of a batch", path):
        text = path.read_bytes()
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise _broken(path)
    return found


def _broken(path: Path) -> DiagnosticError:
    fault = "what is known of a batch cannot be read"
    mend = "bring the file back, or delete it: the calls of its batch are then made again"
    return DiagnosticError(Diagnostic(BROKEN_LEDGER, fault, str(path), help=mend), exit_code=2)
