"""Checkpoints of a training that survive kills, power cuts and full disks: only whole ones count, the last one stays."""

import os
import shutil
from pathlib import Path

from musicc.runtime.store.disk import disk_errors, sync_folder

PREFIX, _WHOLE = "checkpoint-", "whole"


def settle(folder: str | Path, step: int) -> None:
    """The checkpoint of `step` has been written: from now on it counts, and those before it are removed.

    Raises DiagnosticError when the disk refuses; the ones before it then stay.
    """
    checkpoint = Path(folder) / f"{PREFIX}{step}"
    with disk_errors("write a checkpoint", checkpoint):
        for path in sorted(checkpoint.rglob("*")):
            sync_folder(path) if path.is_dir() else _sync(path)
        (checkpoint / _WHOLE).touch()
        sync_folder(checkpoint)
        sync_folder(checkpoint.parent)
        for other in Path(folder).glob(f"{PREFIX}*"):
            if other != checkpoint:
                shutil.rmtree(other)


def last(folder: Path) -> Path | None:
    """The newest whole checkpoint, None before the first."""
    whole = [path.parent for path in folder.glob(f"{PREFIX}*/{_WHOLE}")]
    return max(whole, key=step_of, default=None)


def step_of(checkpoint: Path) -> int:
    """How many steps had been made."""
    return int(checkpoint.name.removeprefix(PREFIX))


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
