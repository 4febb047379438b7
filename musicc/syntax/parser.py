"""Text → tree, whatever the text."""

from collections.abc import Sequence
from dataclasses import dataclass

from musicc.diagnostics import Diagnostic, DiagnosticError, Fix, Source, Span
from musicc.diagnostics.codes import syntax as codes
from musicc.syntax.build import Builder
from musicc.syntax.machine import Machine, Refused
from musicc.syntax.recover import edition_line, recover
from musicc.syntax.scan import BYTE_ORDER_MARK, Token, scan
from musicc.syntax.table import load
from musicc.syntax.tree import File, Number

EDITION = 1


@dataclass(frozen=True, slots=True)
class Parsed:
    """All that could be read, and what was wrong, in the order of the text. With no diagnostics, `file` is complete."""

    file: File
    diagnostics: tuple[Diagnostic, ...]


def parse(source: Source) -> Parsed:
    """Reads a `.music` file. Never raises for what is in it."""
    table = load()
    scanned = scan(source, table)
    builder = Builder(source)
    machine = Machine(table, builder)
    faults: list[Diagnostic] = []
    try:
        edition, items = machine.run(scanned.tokens, "file")
    except Refused:
        edition, items, faults = recover(source, machine, scanned)
    faults += [*scanned.faults.values(), *builder.faults.values()]
    if edition is None:
        faults.append(_no_edition(source, scanned.tokens))
    elif edition.value != EDITION or edition.unit:
        faults = [_unknown_edition(edition)]  # the rest may be right in that edition
    file = File(Span(source, 0, len(source.text)), edition, tuple(items), scanned.comments)
    return Parsed(file, tuple(sorted(faults, key=_place)))


def decode(name: str, data: bytes) -> Source:
    """The text of a `.music` file. Raises DiagnosticError if it is not UTF-8."""
    try:
        return Source(name, data.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"the file is not UTF-8: byte 0x{data[error.start]:02X} begins no character"
        raise DiagnosticError(Diagnostic(codes.NOT_UTF8, message, f"{name}:{line}", help="save it as UTF-8")) from None


def _place(fault: Diagnostic) -> tuple[int, int, str]:
    start, end = fault.at[1:] if isinstance(fault.at, Span) else (0, 0)
    return start, end, fault.code.id


def _no_edition(source: Source, tokens: Sequence[Token]) -> Diagnostic:
    line = f"music {EDITION}"
    if length := edition_line(source, tokens):
        span = Span(source, tokens[0][1], tokens[length - 1][2])
        fix = Fix(span, line)
    else:
        start = len(BYTE_ORDER_MARK) if source.text.startswith(BYTE_ORDER_MARK) else 0
        span = Span(source, start, start)
        fix = Fix(span, f"{line}\n\n")
    message = f"the file does not begin with `{line}`"
    return Diagnostic(codes.NO_EDITION, message, span, "expected the edition here", (), f"write `{line}`", fix)


def _unknown_edition(edition: Number) -> Diagnostic:
    message = f"this compiler does not know edition {edition.span.text}"
    return Diagnostic(codes.UNKNOWN_EDITION, message, edition.span, f"it knows edition {EDITION}")
