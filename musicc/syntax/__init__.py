"""Text → tree."""

from dataclasses import dataclass

from musicc.diagnostics import Diagnostic, Source, Span
from musicc.syntax import tree
from musicc.syntax.build import Builder
from musicc.syntax.machine import Machine
from musicc.syntax.scan import scan
from musicc.syntax.table import load


@dataclass(frozen=True, slots=True)
class Parsed:
    file: tree.File
    diagnostics: tuple[Diagnostic, ...]


def parse(source: Source) -> Parsed:
    table = load()
    scanned = scan(source, table)
    builder = Builder(source)
    edition, items = Machine(table, builder).run(scanned.tokens, "file")
    faults = scanned.faults | builder.faults
    file = tree.File(Span(source, 0, len(source.text)), edition, tuple(items), scanned.comments)
    return Parsed(file, tuple(faults[key] for key in sorted(faults)))
