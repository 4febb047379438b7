"""Seeds from the Hugging Face hub, or from a folder in the hub's layout: streamed, never downloaded as a whole."""

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes import data as codes
from musicc.diagnostics.words import first_line
from musicc.plan.document import HubSource
from musicc.runtime.data.records import Record, damaged

_CLIENTS = frozenset({"aiohttp", "httpx", "httpx2", "huggingface_hub", "requests", "urllib3"})
_NOT_ALLOWED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


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
        except Exception as error:  # whatever the network's libraries and the readers of `datasets` raise
            if _of_the_network(error):
                raise DiagnosticError(_refusal(origin, error)) from error
            raise damaged(f"{place}:{row}", str(error)) from error
        yield Record(f"{place}:{row}", value)


def _opened(origin: HubSource, base: Path) -> Iterable[dict[str, Any]]:
    import pyarrow as pa

    try:
        import datasets
    except ImportError as error:
        raise _without("datasets", origin.repository) from error
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


def current_revision(repository: str, asked: str | None) -> str:
    """The commit that a data set has on the hub now, at the branch or tag that is `asked` for.

    Raises DiagnosticError: the `hub` extra is missing (M457), the hub cannot be reached (M458) or refuses (M459).
    """
    try:
        from huggingface_hub import HfApi
        from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError, RevisionNotFoundError
    except ImportError as error:
        raise _without("huggingface_hub", repository) from error
    try:
        found: str = HfApi().dataset_info(repository, revision=asked, expand=["sha"]).sha
    except (RepositoryNotFoundError, RevisionNotFoundError, HFValidationError) as error:
        wanted = f"`{repository}`" if asked is None else f"`{repository}` at `{asked}`"
        raise DiagnosticError(_refused(f"the hub does not give out {wanted}", repository)) from error
    except Exception as error:  # whatever the network's libraries raise
        raise DiagnosticError(_unreachable(repository, error)) from error
    return found


def _without(package: str, repository: str) -> DiagnosticError:
    missing = f'`hub("{repository}", …)` needs the package `{package}`, which is not installed'
    return DiagnosticError(Diagnostic(codes.NO_HUB, missing, help='run `pip install "musicc[hub]"`'), exit_code=2)


def _hush() -> None:
    """What goes wrong is told by a diagnostic, once."""
    import datasets
    from huggingface_hub.utils import logging

    datasets.logging.set_verbosity(datasets.logging.CRITICAL)
    logging.set_verbosity(logging.CRITICAL)


def _of_the_network(error: Exception) -> bool:
    """By its library: which one the hub's client uses depends on its version, and broken files raise OSError as well."""
    return isinstance(error, (ConnectionError, TimeoutError)) or type(error).__module__.partition(".")[0] in _CLIENTS


def _refusal(origin: HubSource, error: Exception) -> Diagnostic:
    from datasets.exceptions import DatasetNotFoundError
    from huggingface_hub.errors import HFValidationError

    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, (DatasetNotFoundError, HFValidationError)) or status in _NOT_ALLOWED:
        return _refused(first_line(error), origin.repository)
    if isinstance(error, FileNotFoundError):
        return Diagnostic(codes.NO_SEEDS, "the repository holds no data files", at=origin.repository)
    if isinstance(error, ValueError) and not _of_the_network(error):
        message = " ".join(str(error).split("Example of usage")[0].split())
        return Diagnostic(codes.HUB_CHOICE, message, at=origin.repository, help="name one of those")
    return _unreachable(origin.repository, error)


def _refused(message: str, repository: str) -> Diagnostic:
    help_ = "check the name and the revision; for a private or gated data set, set HF_TOKEN"
    return Diagnostic(codes.HUB_REFUSED, message, at=repository, help=help_)


def _unreachable(repository: str, error: Exception) -> Diagnostic:
    help_ = "connect, or download the repository and name its folder in `hub(...)`"
    return Diagnostic(
        codes.HUB_UNREACHABLE, f"the hub cannot be reached: {first_line(error)}", at=repository, help=help_
    )
