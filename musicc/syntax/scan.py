"""Text → tokens, in one pass that never fails: what belongs to no token becomes a fault and is left out."""

import re
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from musicc.diagnostics import Diagnostic, Fix, Source, Span
from musicc.diagnostics.codes import syntax as codes
from musicc.syntax.table import Table
from musicc.syntax.tree import Comment

Token: TypeAlias = tuple[str, int, int]
"""The terminal's name in `music.lark`, and the offsets where it starts and ends."""

BYTE_ORDER_MARK = "\ufeff"
# A string that is not closed ends before the closing brackets that end its line, so that the line may still be read.
_FAULTY = r'|(?P<OPEN_LONG>"""[\s\S]*)|(?P<OPEN_STRING>"(?:[^\n]*[^\s)\]},])?)|(?P<STRAY>[\s\S])'


@dataclass(frozen=True, slots=True)
class Scanned:
    """`faults` are keyed by the offset where they start."""

    tokens: list[Token]
    comments: tuple[Comment, ...]
    faults: dict[int, Diagnostic]


@cache
def _pattern(table: Table) -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<{name}>{regexp})" for name, regexp in table.terminals.items()) + _FAULTY)


def scan(source: Source, table: Table) -> Scanned:
    tokens: list[Token] = []
    faults: dict[int, Diagnostic] = {}
    comments: list[Comment] = []
    for match in _pattern(table).finditer(source.text, source.text.startswith(BYTE_ORDER_MARK)):
        kind = match.lastgroup or ""
        if kind == "SPACE":
            continue
        start, end = match.span()
        if kind == "COMMENT":
            comments.append(_comment(source, start, end))
        elif kind == "STRAY":
            _keep_stray(faults, Span(source, start, end))
        elif kind == "OPEN_STRING":
            _keep_open_string(faults, Span(source, start, end))
            tokens.append(("STRING", start, end))
        elif kind == "OPEN_LONG":
            return _end_at_open_long(source, tokens, comments, faults, start)
        else:
            tokens.append((kind, start, end))
    return Scanned(tokens, tuple(comments), faults)


def _comment(source: Source, start: int, end: int) -> Comment:
    text = source.text[start:end].rstrip()
    before = source.text[source.text.rfind("\n", 0, start) + 1 : start]
    return Comment(Span(source, start, start + len(text)), text, not before.strip(BYTE_ORDER_MARK + " \t"))


def _end_at_open_long(
    source: Source, tokens: list[Token], comments: list[Comment], faults: dict[int, Diagnostic], start: int
) -> Scanned:
    '''What stands before the """ that is not closed: the last one, or one whose text runs into the next block.'''
    runs_on = (s for kind, s, end in tokens if kind == "LONG_STRING" and _OUTSIDE.search(source.text, s, end))
    start = next(runs_on, start)
    opening = Span(source, start, start + 3)
    message, label = 'this `"""` is never closed', "the string starts here"
    kept = {offset: fault for offset, fault in faults.items() if offset < start}
    kept[start] = Diagnostic(codes.UNCLOSED_STRING, message, opening, label, help='end the string with `"""`')
    before = [token for token in tokens if token[1] < start]
    return Scanned(
        [*before, ("STRING", start, len(source.text))], tuple(c for c in comments if c.span.start < start), kept
    )


def _keep_open_string(faults: dict[int, Diagnostic], span: Span) -> None:
    """Strays before it on its line go: they may be the string that it was meant to close."""
    if (last := _last_on_line(faults, span)) and last.code is codes.STRAY:
        faults.popitem()
    end = Span(span.source, span.end, span.end)
    faults[span.start] = Diagnostic(
        codes.UNCLOSED_STRING,
        "this string is not closed on its line",
        span,
        "it starts here",
        help='end it with `"`, or use """…""" for a text of several lines',
        fix=None if span.text == '"' or _CODE.search(span.text) else Fix(end, '"'),
    )


def _last_on_line(faults: dict[int, Diagnostic], span: Span) -> Diagnostic | None:
    start = next(reversed(faults), None)
    return faults[start] if start is not None and "\n" not in span.source.text[start : span.start] else None


_OUTSIDE = re.compile(r"^(?:\}|[a-z]+ \w+ (?:like \w+ )?\{)", re.MULTILINE)  # a line that stands in no string
_CODE = re.compile(r"[(){}\[\]=#,]")  # a string with these may have been meant to end before them
_REPLACEMENTS = {";": "", "\u00a0": " ", "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2026": "..", "\u2013": "-"}
_MEANT = {
    "'": 'strings are written with `"`',
    ";": "items need no separator",
    "\u00a0": "this is a no-break space",
    "-": "names are written with letters, digits and `_`",
    "$": 'environment variables are read with `env("NAME")`',
    "/": "comments are written with `#`",
}


def _keep_stray(faults: dict[int, Diagnostic], span: Span) -> None:
    """Reports a character that begins no token: a run of them once, and one run a line."""
    if (last := _last_on_line(faults, span)) and isinstance(last.at, Span):
        if last.at.end != span.start or last.code is not codes.STRAY:
            return
        faults.popitem()
        span = last.at.to(span)
    shown = span.text if len(span.text) == 1 and span.text.isprintable() else ""
    character = span.text[0]
    replacement = _REPLACEMENTS.get(span.text)
    faults[span.start] = Diagnostic(
        codes.STRAY,
        f"`{shown}` has no meaning here" if shown else f"{_named(span.text)} no meaning here",
        span,
        _MEANT.get(character, ""),
        help="" if replacement is None else f"write `{replacement}`" if replacement.strip() else "remove it",
        fix=None if replacement is None else Fix(span, replacement),
    )


def _named(text: str) -> str:
    if len(text) > 1:
        return "these characters have"
    return f"the character U+{ord(text):04X} has"
