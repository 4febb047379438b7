"""`musicc build --batch`: calls that are made in batches, and perhaps not waited for."""

from pathlib import Path

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes.running import BAD_OPTION
from musicc.diagnostics.words import counted
from musicc.runtime.batch.desk import Pace
from musicc.runtime.batch.ledger import Ledger

AWAY = 3  # the exit code while batches are open: not built, and nothing is wrong


def pace_of(*, batch: bool, no_wait: bool) -> Pace | None:
    """How calls go in batches; None where they do not. Raises DiagnosticError for an option without its other half."""
    if no_wait and not batch:
        raise DiagnosticError(Diagnostic(BAD_OPTION, "`--no-wait` needs `--batch`", help="write both"), exit_code=2)
    return Pace(wait=not no_wait) if batch else None


def open_batches(store: Path) -> str:
    """`2 batches with 1,240 calls are open`, or nothing where none is."""
    batches = Ledger(store).batches.values()
    if not batches:
        return ""
    calls = sum(len(batch.keys) for batch in batches)
    return f"{len(batches):,} {'batch is' if len(batches) == 1 else 'batches are'} open, with {counted(calls, 'call')}"
