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
    comments: list[Comment] = []
    faults = _Faults(source)
    for match in _pattern(table).finditer(source.text, source.text.startswith(BYTE_ORDER_MARK)):
        kind = match.lastgroup or ""
        if kind == "SPACE":
            continue
        start, end = match.span()
        if kind == "COMMENT":
            comments.append(_comment(source, start, end))
        elif kind == "STRAY":
            faults.stray(start, end)
        elif kind == "OPEN_STRING":
            faults.open_string(start, end)
            tokens.append(("STRING", start, end))
        elif kind == "OPEN_LONG":
            return _end_at_open_long(source, Scanned(tokens, tuple(comments), faults.found), start)
        else:
            tokens.append((kind, start, end))
    return Scanned(tokens, tuple(comments), faults.found)


def _comment(source: Source, start: int, end: int) -> Comment:
    text = source.text[start:end].rstrip()
    before = source.text[source.text.rfind("\n", 0, start) + 1 : start]
    return Comment(Span(source, start, start + len(text)), text, not before.strip(BYTE_ORDER_MARK + " \t"))


_OUTSIDE = re.compile(r"^(?:\}|[a-z]+ \w+ (?:like \w+ )?\{)", re.MULTILINE)  # a line that stands in no string


def _end_at_open_long(source: Source, read: Scanned, start: int) -> Scanned:
    '''What stands before the """ that is not closed: the last one, or one whose text runs into the next block.'''
    runs_on = (s for kind, s, end in read.tokens if kind == "LONG_STRING" and _OUTSIDE.search(source.text, s, end))
    start = next(runs_on, start)
    opening = Span(source, start, start + 3)
    message, label = 'this `"""` is never closed', "the string starts here"
    fault = Diagnostic(codes.UNCLOSED_STRING, message, opening, label, help='end the string with `"""`')
    return Scanned(
        [*(token for token in read.tokens if token[1] < start), ("STRING", start, len(source.text))],
        tuple(comment for comment in read.comments if comment.span.start < start),
        {**{offset: fault for offset, fault in read.faults.items() if offset < start}, start: fault},
    )


_CODE = re.compile(r"[(){}\[\]=#,]")  # a string with these may have been meant to end before them
_REPLACEMENTS = {";": "", "\u00a0": " ", "\u2026": "..", "\u2013": "-"}
_HINTS = {
    **dict.fromkeys("'`\u201c\u201d\u201e\u00ab", 'strings are written with `"`'),
    ";": "items need no separator",
    "\u00a0": "this is a no-break space",
    "-": "names are written with letters, digits and `_`",
    "$": 'environment variables are read with `env("NAME")`',
    "/": "comments are written with `#`",
}


class _Faults:
    """What is found while scanning; of strays one run a line."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._line_end = -1  # of the line of the last fault
        self.found: dict[int, Diagnostic] = {}

    def open_string(self, start: int, end: int) -> None:
        """Strays before it on its line go: they may belong to the string that it was meant to end."""
        if start < self._line_end and self._last_is_stray():
            self.found.popitem()
        span, behind = Span(self._source, start, end), Span(self._source, end, end)
        self._keep(
            Diagnostic(
                codes.UNCLOSED_STRING,
                "this string is not closed on its line",
                span,
                "it starts here",
                help='end it with `"`, or use """…""" for a text of several lines',
                fix=None if span.text == '"' or _CODE.search(span.text) else Fix(behind, '"'),
            ),
            start,
        )

    def stray(self, start: int, end: int) -> None:
        """A character that begins no token."""
        if start < self._line_end:
            last = next(reversed(self.found.values()))
            if not (self._last_is_stray() and isinstance(last.at, Span) and last.at.end == start):
                return
            self.found.popitem()
            start = last.at.start
        self._keep(_stray(Span(self._source, start, end)), start)

    def _last_is_stray(self) -> bool:
        return next(reversed(self.found.values())).code is codes.STRAY

    def _keep(self, fault: Diagnostic, start: int) -> None:
        self.found[start] = fault
        if start >= self._line_end:
            end = self._source.text.find("\n", start)
            self._line_end = end if end >= 0 else len(self._source.text)


def _stray(span: Span) -> Diagnostic:
    text = span.text
    if len(text) > 1:
        message = "these characters have no meaning here"
    else:
        message = f"{f'`{text}`' if text.isprintable() else f'the character U+{ord(text):04X}'} has no meaning here"
    replacement = _REPLACEMENTS.get(text)
    if replacement is None:
        return Diagnostic(codes.STRAY, message, span, _HINTS.get(text[0], ""))
    mend = {"": "remove it", " ": "write a plain space"}.get(replacement, f"write `{replacement}`")
    return Diagnostic(codes.STRAY, message, span, _HINTS.get(text, ""), (), mend, Fix(span, replacement))
