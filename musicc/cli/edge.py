"""The edge: where diagnostics become text on a terminal and an exit code. Nothing else of the project prints."""

import os
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer

from musicc.diagnostics import Diagnostic, DiagnosticError

INTERRUPTED = 130  # what a shell reports for Ctrl-C


@contextmanager
def edge() -> Iterator[None]:
    """Whatever goes wrong inside is told without a traceback; the exit code is 1 or 2, and 130 after Ctrl-C."""
    try:
        yield
    except DiagnosticError as error:
        complain(error.diagnostics)
        raise typer.Exit(error.exit_code) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:
        # The reader went away (`musicc show … | head`); Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from None
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        _apologise(error)
        raise typer.Exit(1) from None


def say(text: str = "") -> None:
    """A line of what was asked for."""
    print(text, flush=True)


def note(text: str) -> None:
    """A line about how it goes; not what was asked for."""
    print(text, file=sys.stderr, flush=True)


def complain(diagnostics: Sequence[Diagnostic]) -> None:
    """Diagnostics, rendered for people."""
    from musicc.diagnostics.render import render_text

    if diagnostics:
        note(render_text(diagnostics, colour=sys.stderr.isatty() and "NO_COLOR" not in os.environ).rstrip())


def _apologise(error: Exception) -> None:
    from musicc.diagnostics.codes.running import INTERNAL

    with tempfile.NamedTemporaryFile("w", prefix="musicc-", suffix=".txt", delete=False, encoding="utf-8") as report:
        traceback.print_exception(error, file=report)
    message = f"musicc failed in a way it did not foresee: {type(error).__name__}: {error}"
    mend = f"please report it together with {Path(report.name)}; what was received is in the store"
    complain([Diagnostic(INTERNAL, message, help=mend)])
