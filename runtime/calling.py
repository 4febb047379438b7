"""What a build asks: its models one by one, or in batches."""

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from musicc.diagnostics import Diagnostic
from musicc.diagnostics.codes.batches import OPEN_BATCHES
from musicc.diagnostics.words import counted
from musicc.plan.document import Model
from musicc.runtime.batch.backend import batching
from musicc.runtime.batch.desk import House, Pace
from musicc.runtime.batch.ledger import Ledger
from musicc.runtime.engine.caller import encode
from musicc.runtime.llm.backend import Asked, ModelBackend
from musicc.runtime.llm.retry import PATIENCE
from musicc.runtime.llm.server import Server
from musicc.runtime.llm.types import Reply
from musicc.runtime.progress import Away
from musicc.runtime.store import Store

BYTES_A_ROW = 100_000  # that waits: measured 54 kB with short replies, five turns, and batches being written and read
SHARE = 4  # of the machine's memory
FEWEST_ROWS, USUAL_MEMORY = 2_048, 8 << 30
WAIT = "wait for them: add `--batch`"


@asynccontextmanager
async def calling(
    pace: Pace | None,
    models: Mapping[str, Model],
    usual: ModelBackend,
    store: Store,
    folder: Path,
    pulse: Callable[[], object],
    report: Callable[[Diagnostic], None],
    announce: Callable[[str], None],
) -> AsyncIterator[tuple[Asked, Callable[[], Away] | None]]:
    """A backend, and how many of its calls are away in batches; `folder` is the store's, `pulse` changes as rows move.

    Raises Unusable, DiagnosticError, and PausedError where batches are handed in and not waited for.
    """
    ledger = Ledger(folder)
    if pace is None:
        if away := _away(ledger, models):
            report(
                Diagnostic(
                    OPEN_BATCHES, f"open batches hold {counted(away, 'call')} to the models of this build", help=WAIT
                )
            )
        yield usual, None
        return

    def keep(key: bytes, reply: Reply) -> None:
        store.put(key, encode(reply))

    house = House(ledger, keep, store.flush, report, announce, PATIENCE, pace)
    async with batching(models, usual, house, pulse) as backend:
        yield backend, backend.away
    ledger.forget()


def waiting_rows(rows: int) -> int:
    """How many rows wait for batches at once: all of them, so that a round takes few batches, if memory allows."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows does not tell
        memory = USUAL_MEMORY
    return min(max(rows, 1), max(FEWEST_ROWS, memory // SHARE // BYTES_A_ROW))


def _away(ledger: Ledger, models: Mapping[str, Model]) -> int:
    known = {(Server.at(name, url).shown, model.served) for name, model in models.items() for url in model.access.urls}
    return sum(len(batch.keys) for batch in ledger.batches.values() if (batch.url, batch.model) in known)
