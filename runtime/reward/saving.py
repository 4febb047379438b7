"""Disks that refuse weights: what safetensors and torch raise then, as the diagnostic that every refused write is."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EIO
from pathlib import Path

from safetensors import SafetensorError

from musicc.runtime.store.disk import disk_error

_NUMBERED = re.compile(r"\(os error (\d+)\)")
_UNWRITTEN = ("PytorchStreamWriter", "inline_container", "file write failed", "unexpected pos")


@contextmanager
def saving(path: Path) -> Iterator[None]:
    """Raises DiagnosticError where the block cannot write weights to `path`."""
    try:
        yield
    except OSError as error:
        raise disk_error(error, "write weights", path) from error
    except (SafetensorError, RuntimeError) as error:
        if refused := _refusal(str(error)):
            raise disk_error(refused, "write weights", path) from error
        raise


def _refusal(said: str) -> OSError | None:
    """What the operating system has said, where this is of it: safetensors gives its number, torch not even that."""
    if found := _NUMBERED.search(said):
        number = int(found[1])
        return OSError(number, os.strerror(number))
    if any(sign in said for sign in _UNWRITTEN):
        return OSError(EIO, "the disk took only a part of it")
    return None
