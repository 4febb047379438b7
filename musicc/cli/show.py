"""`musicc show`: the pairs of a build, found and laid out for people."""

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Literal

from musicc.cli.edge import write_anything
from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes import data as codes
from musicc.runtime.data.pairs import Pair, read_pairs, to_line

PAIRS = "pairs.jsonl"
_SUGGESTED = 3  # other folders


def show_pairs(folder: Path, id_prefix: str | None, form: Literal["text", "json"], *, first_only: bool) -> None:
    """Prints pairs side by side, or as they are in their file. Raises what `find_pairs` raises."""
    pairs = islice(find_pairs(folder, id_prefix), 1 if first_only else None)
    if form == "json":
        for pair in pairs:
            sys.stdout.buffer.write(to_line(pair))
        return
    from rich.console import Console

    from musicc.cli.pair_view import view

    write_anything("replace")  # a terminal need not know every character of a reply
    console = Console(highlight=False)
    for pair in pairs:
        console.print(view(pair, console.width))
    if first_only:
        console.print(f"The other pairs: musicc show {folder}")


def find_pairs(folder: Path, id_prefix: str | None = None) -> Iterator[Pair]:
    """The pairs of a build folder, or of a file of pairs, in their order: all, or those whose id starts so.

    Raises DiagnosticError where there are no pairs (M480), no pair has this id (M481), or a line is damaged (M482).
    """
    if folder.suffix == ".music":
        raise DiagnosticError(_spec(folder), exit_code=2)
    path = folder if folder.is_file() else folder / PAIRS
    if not path.is_file():
        raise DiagnosticError(_no_build(folder), exit_code=2)
    found = False
    for pair in read_pairs(path):
        if _named(pair, id_prefix or ""):
            found = True
            yield pair
    if not found:
        raise DiagnosticError(_no_pair(path, id_prefix), exit_code=2)


def _named(pair: Pair, id_prefix: str) -> bool:
    """A dialogue's pairs are `NAME-SEED`; the seed's part is enough."""
    return pair.id.startswith(id_prefix) or pair.id.removeprefix(f"{pair.dialogue}-").startswith(id_prefix)


def _spec(path: Path) -> Diagnostic:
    help_ = f"`musicc show --origin {path}` prints the values of a spec"
    return Diagnostic(codes.NO_BUILD, f"`{path}` is a spec and holds no pairs", help=help_)


def _no_build(folder: Path) -> Diagnostic:
    if not folder.is_dir():
        reason, help_ = f"there is no folder `{folder}`", "run `musicc build` first; it says where its pairs lie"
    else:
        reason, help_ = f"the folder `{folder}` holds no `{PAIRS}`", "it is there once `musicc build` is through"
    builds = sorted(file.parent for file in folder.glob(f"**/{PAIRS}"))[:_SUGGESTED]
    if builds:
        help_ = "there are pairs in " + ", ".join(f"`{build}`" for build in builds)
    return Diagnostic(codes.NO_BUILD, reason, help=help_)


def _no_pair(path: Path, id_prefix: str | None) -> Diagnostic:
    if id_prefix:
        help_ = f"`musicc show {path.parent}` prints every pair with its id"
        return Diagnostic(codes.NO_SUCH_PAIR, f"no pair's id starts with `{id_prefix}`", at=str(path), help=help_)
    return Diagnostic(codes.NO_BUILD, "the file is empty", at=str(path), help="see `quarantine.jsonl` beside it")
