"""Why a token does not fit, in the user's words."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from musicc.diagnostics import Diagnostic, Fix, Source, Span
from musicc.diagnostics.codes import syntax as codes
from musicc.syntax.machine import Machine
from musicc.syntax.scan import Token

Place: TypeAlias = Literal["tops", "items"]
"""The start symbol of what was read: the top of the file, or the inside of a block."""

VALUES = frozenset({"STRING", "LONG_STRING", "NUMBER", "BOOLEAN", "LBRACKET", "NAME"})
SHOWN = 40  # characters: a longer token is not repeated in a message
CONTINUES = frozenset({"ON", "THEN", "WHEN", "IN", "LIKE"})

# What is missing, by the kinds of token that would fit; the first row whose kinds all fit counts.
_EXPECTED: tuple[tuple[frozenset[str], str], ...] = tuple(
    (frozenset(kinds.split()), words)
    for kinds, words in (
        ("STRING NUMBER LBRACKET", "a value"),
        ("COMMA RBRACKET", "`,` or `]`"),
        ("COMMA RPAR", "`,` or `)`"),
        ("NAME TURN WITHOUT", "a field, a rule or a block"),
        ("NAME IMPORT", "an import or a block"),
        ("EQUAL LBRACE", "`=` or `{`"),
        ("IN DOT", "`in`"),
        ("NAME LBRACE", "a name or `{`"),
        ("LBRACE", "`{`"),
        ("NUMBER LAST", "a turn"),
        ("NUMBER NAME", "a contrast or `faithful`"),
        ("COLON", "`:`"),
        ("COMPARISON", "a comparison"),
        ("RPAR", "`)`"),
        ("LPAR", "`(`"),
        ("LBRACKET", "a list"),
        ("STRING", "a path in quotes"),
        ("NUMBER", "a number"),
        ("NAME", "a name"),
        ("EQUAL", "`=`"),
    )
)


def explain(source: Source, machine: Machine, tokens: Sequence[Token], index: int, place: Place) -> Diagnostic:
    """The fault in `tokens`, which cannot be read on from `index`."""
    return _Refusal(source, machine, tokens, index, place).diagnostic()


class _Refusal:
    def __init__(self, source: Source, machine: Machine, tokens: Sequence[Token], index: int, place: Place) -> None:
        self._source = source
        self._machine = machine
        self._tokens = tokens
        self._index = index
        self._place: Place = place
        self._fitting = machine.fitting(tokens[:index], place)
        self._before = self._span(index - 1) if index else Span(source, tokens[0][1], tokens[0][1])
        self._found = self._span(index) if index < len(tokens) else self._behind
        self._expected = self._words()
        if not self._expected.endswith("a block") and "\n" in source.text[self._before.end : self._found.start]:
            self._found = self._behind

    def _span(self, index: int) -> Span:
        return Span(self._source, self._tokens[index][1], self._tokens[index][2])

    def _kind(self, index: int) -> str:
        return self._tokens[index][0] if 0 <= index < len(self._tokens) else ""

    @property
    def _behind(self) -> Span:
        """The place behind the last token that fits."""
        return Span(self._source, self._before.end, self._before.end)

    def diagnostic(self) -> Diagnostic:
        return (
            self._misplaced()
            or self._wrong_sign()
            or self._no_equal()
            or self._no_comma()
            or self._needless_comma()
            or self._misfit_keyword()
            or self._unexpected()
        )

    def _misplaced(self) -> Diagnostic | None:
        first = self._kind(0)
        if first == "MUSIC":
            return self._elsewhere("the edition belongs on the first line, once", "not the first line")
        if self._place == "items" and first == "IMPORT":
            return self._elsewhere("an import belongs outside of blocks", "inside a block")
        if self._place == "items":
            return None
        if first in ("TURN", "WITHOUT"):
            return self._elsewhere(f"`{self._span(0).text}` belongs inside a block", "outside of any block")
        if self._index == 1 and self._kind(1) in ("EQUAL", "COLON"):
            return self._elsewhere("a field belongs inside a block", "outside of any block")
        return None

    def _elsewhere(self, message: str, label: str) -> Diagnostic:
        return Diagnostic(codes.MISPLACED, message, self._span(0), label)

    def _wrong_sign(self) -> Diagnostic | None:
        found = self._kind(self._index)
        if "EQUAL" in self._fitting and found in ("COLON", "COMPARISON"):
            sign, what = "=", "a field is written with `=`"
        elif "COLON" in self._fitting and found == "EQUAL":
            sign, what = ":", "an entry of a map is written with `:`"
        elif found == "EQUAL" and "LBRACE" in self._fitting and self._kind(self._index + 1) == "LBRACE":
            span = self._span(self._index)
            message = "a block is written without `=`"
            return Diagnostic(codes.WRONG_SIGN, message, span, "not expected", (), "remove it", Fix(span, ""))
        else:
            return None
        span = self._span(self._index)
        message = f"{what}, not with `{span.text}`"
        return Diagnostic(codes.WRONG_SIGN, message, span, f"expected `{sign}`", (), f"write `{sign}`", Fix(span, sign))

    def _no_equal(self) -> Diagnostic | None:
        """`take 5`, `context first_user_turn` or `from hub("…")`."""
        found = self._kind(self._index)
        if "EQUAL" in self._fitting and found in VALUES:
            name = self._before
        elif (
            self._place == "items"
            and self._fitting == {"LBRACE", "LIKE"}
            and self._index == 2
            and found in ("", "LPAR", "ON", "THEN", "DOT", "DOTS")
        ):
            name = self._span(0)
        else:
            return None
        here = Span(self._source, name.end, name.end)
        message = f"expected `=` after `{name.text}`"
        return Diagnostic(codes.NO_EQUAL, message, here, "expected `=`", (), "add `=`", Fix(here, " ="))

    def _no_comma(self) -> Diagnostic | None:
        listed = "COMMA" in self._fitting and not self._fitting.isdisjoint({"RBRACKET", "RPAR"})
        if not listed or self._kind(self._index) not in VALUES:
            return None
        here, after = self._behind, self._before.text
        shown = f" after `{after}`" if _short(self._before) else ""
        return Diagnostic(codes.NO_COMMA, f"expected `,`{shown}", here, "expected `,`", (), "add `,`", Fix(here, ","))

    def _needless_comma(self) -> Diagnostic | None:
        if self._place != "items" or self._kind(self._index) != "COMMA" or "TURN" not in self._fitting:
            return None
        span = self._span(self._index)
        message = "the items of a block are not separated by commas"
        return Diagnostic(codes.UNEXPECTED, message, span, "not expected", (), "remove it", Fix(span, ""))

    def _misfit_keyword(self) -> Diagnostic | None:
        """`replay then a then b`: the second `then` could only be read as a name."""
        for index in range(max(1, self._index - 2), min(self._index + 1, len(self._tokens))):
            kind = self._kind(index)
            if kind in CONTINUES and kind not in self._machine.fitting(self._tokens[:index], self._place):
                refusal = _Refusal(self._source, self._machine, self._tokens, index, self._place)
                if refusal._expected == "a value":
                    return refusal._unexpected()
                span = self._span(index)
                return Diagnostic(codes.UNEXPECTED, f"`{span.text}` does not fit here", span, "not expected")
        return None

    def _unexpected(self) -> Diagnostic:
        is_next = "\n" not in self._source.text[self._before.end : self._found.start]
        after = f" after `{self._before.text}`" if is_next and _short(self._before) else ""
        found = f", found `{self._found.text}`" if _short(self._found) else ""
        code = codes.NO_VALUE if self._expected == "a value" else codes.UNEXPECTED
        return Diagnostic(code, f"expected {self._expected}{after}{found}", self._found, f"expected {self._expected}")

    def _words(self) -> str:
        before = self._kind(self._index - 1)
        if before == "DOTS" and "LAST" not in self._fitting:
            return "the end of the range"
        if before == "NUMBER" and self._fitting == {"NAME"}:
            return "a contrast or `faithful`"
        return next((words for kinds, words in _EXPECTED if kinds <= self._fitting), "the end of the file")


def _short(span: Span) -> bool:
    return 0 < len(span.text) <= SHOWN and "\n" not in span.text
