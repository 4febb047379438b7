"""Seeds from the Hugging Face hub, or from a folder in the hub's layout: streamed, never downloaded as a whole."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes import data as codes
from musicc.plan.document import HubSource
from musicc.runtime.data.records import Record, damaged


def read_hub(origin: HubSource, base: Path) -> Iterator[Record]:
    """The rows of a split. A repository that is a folder (counted from `base`) is read from there, without a network.

    Raises DiagnosticError: the `hub` extra is missing (M457), the hub cannot be reached (M458) or refuses (M459), there
    is no such split or configuration (M460), no data (M453), or they are damaged (M456).
    """
    rows = iter(_opened(origin, base))
    place, row = f"{origin.repository}/{origin.split}", 0
    while True:
        row += 1
        try:
            value = next(rows)
        except StopIteration:
            return
        except ConnectionError as error:
            raise DiagnosticError(_unreachable(origin, error)) from error
        except Exception as error:  # whatever the readers of `datasets` raise for broken files
            raise damaged(f"{place}:{row}", str(error)) from error
        yield Record(f"{place}:{row}", value)


def _opened(origin: HubSource, base: Path) -> Iterable[dict[str, Any]]:
    import pyarrow as pa

    try:
        import datasets
    except ImportError as error:
        missing = f'`hub("{origin.repository}", …)` needs the package `datasets`, which is not installed'
        help_ = 'run `pip install "musicc[hub]"`'
        raise DiagnosticError(Diagnostic(codes.NO_HUB, missing, help=help_), exit_code=2) from error
    _hush()
    folder = base / origin.repository
    path = str(folder) if folder.is_dir() else origin.repository
    try:
        rows: Iterable[dict[str, Any]] = datasets.load_dataset(
            path, origin.config, split=origin.split, revision=origin.revision, streaming=True
        )
    except pa.ArrowException as error:
        raise damaged(origin.repository, str(error)) from error
    except Exception as error:  # three libraries raise here; `_refusal` tells what a user can do about it
        raise DiagnosticError(_refusal(origin, error)) from error
    return rows


def _hush() -> None:
    """What goes wrong is told by a diagnostic, once."""
    import datasets
    from huggingface_hub.utils import logging

    datasets.logging.set_verbosity(datasets.logging.CRITICAL)
    logging.set_verbosity(logging.CRITICAL)


def _refusal(origin: HubSource, error: Exception) -> Diagnostic:
    from datasets.exceptions import DatasetNotFoundError

    if isinstance(error, DatasetNotFoundError):
        help_ = "check the name and the revision; for a private or gated data set, set HF_TOKEN"
        return Diagnostic(codes.HUB_REFUSED, _first_line(error), at=origin.repository, help=help_)
    if isinstance(error, FileNotFoundError):
        return Diagnostic(codes.NO_SEEDS, "the repository holds no data files", at=origin.repository)
    if isinstance(error, ValueError):
        message = " ".join(str(error).split("Example of usage")[0].split())
        return Diagnostic(codes.HUB_CHOICE, message, at=origin.repository, help="name one of those")
    return _unreachable(origin, error)


def _unreachable(origin: HubSource, error: Exception) -> Diagnostic:
    help_ = "connect, or download the repository and name its folder in `hub(...)`"
    return Diagnostic(codes.HUB_UNREACHABLE, _first_line(error), at=origin.repository, help=help_)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
