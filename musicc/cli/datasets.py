"""What `musicc build` says of the datasets that it made."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes.data import NO_PAIR_LEFT
from musicc.diagnostics.words import counted


def made_in(folder: Path) -> dict[str, Any]:
    """The datasets of a build folder as its manifest tells them, by name."""
    made: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())["datasets"]
    return made


def lines(folder: Path) -> Iterator[str]:
    """One for each dataset."""
    for name, made in made_in(folder).items():
        kept_out = f", {made['validation']:,} for validation" if made["validation"] else ""
        taken = f"{counted(made['train'], 'pair')} for training{kept_out}"
        yield f"dataset {name}: {taken} in {folder / 'datasets' / name}{_left_out(made)}"


def _left_out(made: dict[str, Any]) -> str:
    parts = made["parts"].values()
    duplicates, apart = (sum(part[what] for part in parts) for what in ("duplicates", "apart"))
    told = [counted(duplicates, "duplicate")] if duplicates else []
    told += [f"{apart:,} with a prompt to keep out"] if apart else []
    return f"; left out: {', '.join(told)}" if told else ""


def refuse_empty(folders: Iterable[Path]) -> None:
    """Raises DiagnosticError for each dataset without a pair (M465)."""
    empty = [_empty(folder, name) for folder in folders for name, made in made_in(folder).items() if not made["files"]]
    if empty:
        raise DiagnosticError(empty)


def _empty(folder: Path, name: str) -> Diagnostic:
    help_ = f"see `datasets.{name}.parts` there: how many pairs each part had, and why others were left out"
    return Diagnostic(NO_PAIR_LEFT, f"`{name}` has no pair", at=f"{folder}/manifest.json", help=help_)
