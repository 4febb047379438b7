"""`# musicc: allow(M191)`: warnings that the file itself silences, on the line or in the comment above it."""

import re
from collections.abc import Mapping

from musicc.diagnostics import Diagnostic, Span
from musicc.syntax.tree import File

_ALLOW = re.compile(r"musicc:\s*allow\(\s*([\w\s,]+?)\s*\)")


def silenced(diagnostic: Diagnostic, file: File, allowed: Mapping[int, frozenset[str]]) -> bool:
    """Whether the file allows a warning; errors cannot be allowed."""
    at = diagnostic.at
    if diagnostic.is_error or not isinstance(at, Span) or at.source is not file.span.source:
        return False
    line, _ = at.source.position(at.start)
    return diagnostic.code.id in allowed.get(line, frozenset())


def allowances(file: File) -> dict[int, frozenset[str]]:
    """The codes allowed on each line. A comment on a line of its own holds for the first line after its comment block."""
    allowed: dict[int, frozenset[str]] = {}
    own = {_line(comment.span) for comment in file.comments if comment.own_line}
    for comment in file.comments:
        codes = frozenset(code.strip() for found in _ALLOW.findall(comment.text) for code in found.split(","))
        line = _line(comment.span)
        while line in own:
            line += 1
        if codes:
            allowed[line] = allowed.get(line, frozenset()) | codes
    return allowed


def _line(span: Span) -> int:
    return span.source.position(span.start)[0]
