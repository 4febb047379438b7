"""What number and string tokens mean. Each function returns the node and the faults inside the token."""

import re
from math import isinf
from os.path import commonprefix
from typing import get_args

from musicc.diagnostics import Diagnostic, Fix, Span
from musicc.diagnostics.codes import syntax as codes
from musicc.diagnostics.suggest import closest
from musicc.syntax.tree import Number, Text, Unit

UNITS: tuple[Unit, ...] = get_args(Unit)
DIGITS = 300  # more are beyond a float

_NUMBER = re.compile(r"(-?[0-9_]+)((?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)(.*)")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))")
_PLAIN = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
_BLANK_LINE = re.compile(r"[ \t\r]*\n")


def number(span: Span) -> tuple[Number, Diagnostic | None]:
    """`31k`, `1%`, `2e-6`, `30s`."""
    written, rest, unit = _NUMBER.findall(span.text)[0]
    whole = written.replace("_", "")  # wherever they stand: Python's own rule is stricter
    if len(whole) > DIGITS or isinf(float(whole + rest)):
        return Number(span, 0, ""), Diagnostic(
            codes.NUMBER_TOO_LARGE, "this number is too large", span, "beyond 1.8e308"
        )
    value = float(whole + rest) if rest else int(whole)
    if unit in UNITS:
        return Number(span, value, unit), None
    meant, fault = _unknown_unit(Span(span.source, span.end - len(unit), span.end))
    return Number(span, value, meant), fault


def _unknown_unit(span: Span) -> tuple[Unit, Diagnostic]:
    unit = span.text
    same = [u for u in UNITS if u and u.casefold() == unit.casefold()]
    meant = same[0] if len(same) == 1 else _MEANT.get(unit.casefold()) or closest(unit, filter(None, UNITS))
    fault = Diagnostic(
        codes.UNKNOWN_UNIT,
        f"no unit is named `{unit}`",
        span,
        "units are k, M, B, %, x, ms, s, min and h",
        help=f"write `{meant}`" if meant else "",
        fix=Fix(span, meant) if meant else None,
    )
    return next((u for u in UNITS if u == meant), ""), fault


_MEANT = {
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "msec": "ms", "mins": "min", "minute": "min",
    "minutes": "min", "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "mio": "M", "bn": "B", "percent": "%", "times": "x",
}  # fmt: skip


def text(span: Span) -> tuple[Text, list[Diagnostic]]:
    """A `"…"` string; one that is not closed is taken to the end of the token."""
    start, end = span.start + 1, span.end - (span.end > span.start + 1 and span.text.endswith('"'))
    written = span.source.text[start:end]
    if "\\" not in written:
        return Text(span, written, tuple(range(start, end + 1))), []
    value: list[str] = []
    offsets: list[int] = []
    faults: list[Diagnostic] = []
    position = 0
    for match in _ESCAPE.finditer(written):
        offsets += range(start + position, start + match.start() + 1)
        value += written[position : match.start()]
        position = match.end()
        character = _unescape(match)
        if character is None:
            faults.append(_bad_escape(Span(span.source, start + match.start(), start + position)))
        value.append(character or "\ufffd")
    offsets += range(start + position, end + 1)
    value += written[position:]
    return Text(span, "".join(value), tuple(offsets)), faults


def _unescape(match: re.Match[str]) -> str | None:
    digits, letter = match.groups()
    if digits is None:
        return _PLAIN.get(letter)
    character = chr(int(digits, 16))
    return None if "\ud800" <= character <= "\udfff" else character


def _bad_escape(span: Span) -> Diagnostic:
    half = span.text.startswith("\\u") and len(span.text) == 6
    return Diagnostic(
        codes.BAD_ESCAPE,
        f"`{span.text}` is {'half a character' if half else 'no escape'}",
        span,
        "write the character itself" if half else 'escapes are \\n, \\t, \\", \\\\ and \\u with four hex digits',
        help="" if half else 'write a backslash as `\\\\`, or use a """…""" string, which has no escapes',
    )


def long_text(span: Span) -> Text:
    '''A """…""" string: no escapes; a blank first line and the common indent of the others are taken away.

    Lines end in "\\n" however the file ends them, and lines of nothing but space become empty (as in `textwrap.dedent`).
    '''
    source, start, end = span.source.text, span.start + 3, span.end - 3
    if blank := _BLANK_LINE.match(source, start, end):
        start = blank.end()
    lines = source[start:end].split("\n")
    indents = [line[: len(line) - len(line.lstrip(" \t"))] for line in lines if line.strip()]
    margin = len(commonprefix(indents))  # noqa: RUF071 (of characters)
    value: list[str] = []
    offsets: list[int] = []
    for line in lines:
        kept = line[margin:].removesuffix("\r") if line.strip() else ""
        first = start + (margin if kept else len(line) - line.endswith("\r"))
        value.append(kept)
        offsets += range(first, first + len(kept) + 1)  # one more for the line's end
        start += len(line) + 1
    return Text(span, "\n".join(value), tuple(offsets))
