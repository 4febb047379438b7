"""What reward models need and musicc installs without: torch, transformers and what these stand on."""

from collections.abc import Iterator
from contextlib import contextmanager

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes.rewards import NO_TRAINING_EXTRA


@contextmanager
def packages(doing: str) -> Iterator[None]:
    """Raises DiagnosticError (M630) where the block imports a package that is not there; `doing` says what needs it."""
    try:
        yield
    except ImportError as error:
        message = f"{doing} needs the package `{error.name or error}`, which is not installed"
        help_ = 'run `pip install "musicc[train]"`'
        raise DiagnosticError(Diagnostic(NO_TRAINING_EXTRA, message, help=help_), exit_code=2) from error
