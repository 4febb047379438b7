"""Puts brackets right before anything else is recovered: a missing one is put in, one too many is left out.

Where brackets do not balance, indentation tells which one is at fault: a block or a call ends at the latest where a line
begins that is indented no further than the line it was opened on. That is believed only of kinds of bracket of which the
file has too many or too few.
"""

from collections import Counter
from collections.abc import Collection, Sequence

from musicc.diagnostics import Diagnostic, Fix, Note, Source, Span
from musicc.diagnostics.codes import syntax as codes
from musicc.syntax.layout import CLOSING, OPENING, SIGN, Placed, placed
from musicc.syntax.scan import Token

HEADER = {"NAME", "LIKE"}


def mend(source: Source, tokens: Sequence[Token], unclosed_strings: Collection[int]) -> tuple[list[Token], list[Diagnostic]]:
    """The tokens with balanced brackets, and what was wrong. A bracket that is put in has no width.

    A closing bracket that may have been swallowed by one of `unclosed_strings` (offsets) is not reported.
    """
    if _balanced(tokens):
        return list(tokens), []
    mender = _Mender(source, tokens, unclosed_strings)
    return mender.run(), mender.faults


def _balanced(tokens: Sequence[Token]) -> bool:
    stack: list[str] = []
    for kind, _, _ in tokens:
        if kind in CLOSING:
            stack.append(CLOSING[kind])
        elif kind in OPENING and (not stack or stack.pop() != kind):
            return False
    return not stack


class _Mender:
    def __init__(self, source: Source, tokens: Sequence[Token], unclosed_strings: Collection[int]) -> None:
        self._source = source
        self._tokens = placed(source, tokens)
        self._unclosed_strings = unclosed_strings
        kinds = Counter(kind for kind, _, _ in tokens)
        self._missing = {opening: kinds[opening] - kinds[closing] for opening, closing in CLOSING.items()}
        self._open: list[int] = []  # where in `_done` brackets stand open
        self._done: list[Placed] = []
        self.faults: list[Diagnostic] = []

    def run(self) -> list[Token]:
        for item in self._tokens:
            if item.token[0] in OPENING:
                self._close(item)
            else:
                self._end_by_indent(item, at_equal=True)
                if item.token[0] in CLOSING:
                    self._open.append(len(self._done))
                self._done.append(item)
        self._end_all()
        return [item.token for item in self._done]

    @property
    def _top(self) -> Placed | None:
        return self._done[self._open[-1]] if self._open else None

    def _end_by_indent(self, item: Placed, at_equal: bool) -> None:
        """Ends brackets whose lines are indented further than `item` (or as far), if too many are open."""
        first = True
        while item.leads and (top := self._top) and top.indent >= item.indent + (not at_equal):
            if self._missing[top.token[0]] <= 0:
                return
            self._end(report=first)
            first = False

    def _end_all(self) -> None:
        first = True
        while self._open:
            self._end(report=first)
            first = False

    def _end(self, report: bool) -> None:
        """Closes the innermost bracket behind the last token."""
        top = self._done[self._open.pop()]
        kind, start, end = top.token
        self._missing[kind] -= 1
        here = self._done[-1].token[2]
        if report and not any(start < offset < here for offset in self._unclosed_strings):
            self.faults.append(_not_closed(Span(self._source, start, end), Span(self._source, here, here), kind))
        self._done.append(Placed((CLOSING[kind], here, here), False, top.indent))

    def _close(self, item: Placed) -> None:
        kind = item.token[0]
        opening = OPENING[kind]
        self._end_by_indent(item, at_equal=False)
        if self._missing[opening] < 0 and (self._is_deeper(item) or not self._open):
            self._drop(item)
            return
        if (top := self._top) and top.token[0] != opening:
            if not any(self._done[index].token[0] == opening for index in self._open):
                self._replace(item, top)
                return
            first = True
            while self._done[self._open[-1]].token[0] != opening:
                self._end(report=first)
                first = False
        if self._open:
            self._open.pop()
            self._done.append(item)
        else:
            self._drop(item)

    def _is_deeper(self, item: Placed) -> bool:
        """It stands at the start of a line that is indented further than the line of the bracket it would close."""
        return item.leads and (top := self._top) is not None and top.indent < item.indent

    def _drop(self, item: Placed) -> None:
        kind, start, end = item.token
        self._missing[OPENING[kind]] += 1
        if kind == "RBRACE" and (header := self._header_before(item)) is not None:
            self._open_after(header)
            self._done.append(item)
            return
        span = Span(self._source, start, end)
        self.faults.append(
            Diagnostic(codes.NOTHING_TO_CLOSE, f"this `{SIGN[kind]}` closes nothing", span, "one too many")
        )

    def _header_before(self, item: Placed) -> int | None:
        """Where in `_done` a line of names ends, indented as far as `item`, behind which a `{` is missing."""
        floor = self._open[-1] + 1 if self._open else 0
        for index in range(len(self._done) - 1, floor - 1, -1):
            if self._done[index].leads and self._done[index].indent <= item.indent:
                end = index
                while end < len(self._done) and self._done[end].token[0] in HEADER and (
                    end == index or not self._done[end].leads
                ):
                    end += 1
                is_header = end > index and end < len(self._done) and self._done[end].leads
                return end - 1 if is_header and self._done[end].indent > item.indent else None
        return None

    def _open_after(self, header: int) -> None:
        last = self._done[header]
        _, start, end = last.token
        here = Span(self._source, end, end)
        name = self._source.text[start:end]
        self.faults.append(
            Diagnostic(
                codes.UNEXPECTED, f"expected `{{` after `{name}`", here, "expected `{`", help="add `{`", fix=Fix(here, " {")
            )
        )
        self._done.insert(header + 1, Placed(("LBRACE", end, end), False, last.indent))

    def _replace(self, item: Placed, top: Placed) -> None:
        """A `(` that is closed by a `]`, while no `[` is open."""
        kind, start, end = item.token
        opening = top.token[0]
        right = SIGN[CLOSING[opening]]
        self._missing[opening] -= 1
        self._missing[OPENING[kind]] += 1
        self._open.pop()
        self._done.append(Placed((CLOSING[opening], start, end), item.leads, item.indent))
        span = Span(self._source, start, end)
        note = Note(Span(self._source, top.token[1], top.token[2]), "opened here")
        self.faults.append(
            Diagnostic(
                codes.NOTHING_TO_CLOSE,
                f"a `{SIGN[opening]}` is closed by `{right}`, not by `{SIGN[kind]}`",
                span,
                f"expected `{right}`",
                (note,),
                f"write `{right}`",
                Fix(span, right),
            )
        )


def _not_closed(opening: Span, here: Span, kind: str) -> Diagnostic:
    closing = SIGN[CLOSING[kind]]
    return Diagnostic(
        codes.UNCLOSED,
        f"this `{SIGN[kind]}` is never closed",
        here,
        f"expected `{closing}`",
        (Note(opening, "opened here"),),
        help=f"add `{closing}`",
        fix=None if kind == "LBRACE" else Fix(here, closing),
    )
