"""Builds the tree: one method for each rule (or alias) of `music.lark`, given what the rule's parts built.

A run (items of a block, values of a list, …) is a Python list that grows in place and becomes a tuple in its node.
"""

from typing import Any, Literal, TypeVar, cast

from musicc.diagnostics import Diagnostic, Source, Span
from musicc.syntax import literals
from musicc.syntax.scan import Token
from musicc.syntax.tree import (
    Alternative,
    Argument,
    Between,
    Block,
    Boolean,
    Call,
    Condition,
    Entry,
    Field,
    Import,
    ListOf,
    MapOf,
    Name,
    Node,
    Number,
    On,
    Ref,
    SweepPoint,
    Text,
    Then,
    TurnRule,
    Value,
    Without,
)

T = TypeVar("T")


class Builder:
    """For one source. `faults` are those found inside tokens, keyed by their place: pieces are read twice."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._text = source.text
        self.faults: dict[Span | str | None, Diagnostic] = {}

    def _at(self, token: Token) -> Span:
        return Span(self._source, token[1], token[2])

    def _from(self, first: Token, last: Token | Node) -> Span:
        return Span(self._source, first[1], last.span.end if isinstance(last, Node) else last[2])

    def _upto(self, first: Node, last: Token) -> Span:
        return Span(self._source, first.span.start, last[2])

    def _keep(self, fault: Diagnostic) -> None:
        self.faults[fault.at] = fault

    # runs

    def run(self, *first: T) -> list[T]:
        return list(first)

    def more(self, run: list[T], *rest: Any) -> list[T]:
        run.append(rest[-1])
        return run

    # the file

    def file(self, *parts: Any) -> tuple[Number | None, list[Import | Block]]:
        return parts[0] if len(parts) == 2 else None, parts[-1]

    def edition(self, music: Token, number: Token) -> Number:
        return self.number(number)

    def import_(self, word: Token, path: Text, opening: Token, names: list[Name], *closing: Token) -> Import:
        return Import(self._from(word, closing[-1]), path, tuple(names))

    # blocks and what stands in them

    def nameless_block(self, kind: Name, *rest: Any) -> Block:
        return self._block(kind, None, rest)

    def named_block(self, kind: Name, name: Name, *rest: Any) -> Block:
        return self._block(kind, name, rest)

    def _block(self, kind: Name, name: Name | None, rest: tuple[Any, ...]) -> Block:
        like: Name | None = rest[0] if len(rest) == 4 else None
        _, items, closing = rest[-3:]
        return Block(self._upto(kind, closing), kind, name, like, tuple(items))

    def like(self, word: Token, name: Name) -> Name:
        return name

    def field(self, name: Name, equal: Token, value: Value) -> Field:
        return Field(name.span.to(value.span), name, value)

    def without(self, word: Token, name: Name) -> Without:
        return Without(self._from(word, name), name)

    def sweep_point(self, field: Ref, word: Token, values: ListOf) -> SweepPoint:
        return SweepPoint(field.span.to(values.span), field, values)

    # turn rules

    def turn_rule(
        self, word: Token, turns: Number | Ref | Between, rules: list[Alternative], when: Condition | None = None
    ) -> TurnRule:
        return TurnRule(self._from(word, when or rules[-1]), False, turns, tuple(rules), when)

    def any_turn_rule(
        self, word: Token, any_: Token, count: Number, rules: list[Alternative], when: Condition | None = None
    ) -> TurnRule:
        return TurnRule(self._from(word, when or rules[-1]), True, count, tuple(rules), when)

    def last(self, word: Token) -> Ref:
        return self.ref([self.name(word)])

    def unweighted(self, rule: Ref | On) -> Alternative:
        return Alternative(rule.span, None, rule)

    def weighted(self, weight: Number, rule: Ref | On) -> Alternative:
        return Alternative(weight.span.to(rule.span), weight, rule)

    def when(self, word: Token, measure: Call, comparison: Token, bound: Number) -> Condition:
        sign = cast(Literal["<", "<=", ">", ">=", "==", "!="], self._at(comparison).text)
        return Condition(self._from(word, bound), measure, sign, bound)

    # values

    def then(self, first: Value, word: Token, second: Value) -> Then:
        return Then(first.span.to(second.span), first, second)

    def between(self, low: Value, dots: Token, high: Value) -> Between:
        return Between(low.span.to(high.span), low, high)

    def on(self, what: Ref, word: Token, model: Ref, settings: MapOf | None = None) -> On:
        return On(what.span.to((settings or model).span), what, model, settings)

    def empty_call(self, name: Name, opening: Token, closing: Token) -> Call:
        return Call(self._upto(name, closing), name, ())

    def call(self, name: Name, opening: Token, arguments: list[Argument], *closing: Token) -> Call:
        return Call(self._upto(name, closing[-1]), name, tuple(arguments))

    def named_argument(self, name: Name, equal: Token, value: Value) -> Argument:
        return Argument(name.span.to(value.span), name, value)

    def plain_argument(self, value: Value) -> Argument:
        return Argument(value.span, None, value)

    def empty_list(self, opening: Token, closing: Token) -> ListOf:
        return ListOf(self._from(opening, closing), ())

    def list_(self, opening: Token, values: list[Value], *closing: Token) -> ListOf:
        return ListOf(self._from(opening, closing[-1]), tuple(values))

    def map_(self, opening: Token, entries: list[Entry], closing: Token) -> MapOf:
        return MapOf(self._from(opening, closing), tuple(entries))

    def entry(self, key: Ref, colon: Token, value: Value, comma: Token | None = None) -> Entry:
        return Entry(key.span.to(value.span), key, value)

    def ref(self, parts: list[Name]) -> Ref:
        return Ref(parts[0].span.to(parts[-1].span), tuple(parts))

    # tokens

    def boolean(self, token: Token) -> Boolean:
        return Boolean(self._at(token), self._at(token).text == "true")

    def name(self, token: Token) -> Name:
        _, start, end = token
        return Name(Span(self._source, start, end), self._text[start:end])

    def number(self, token: Token) -> Number:
        number, fault = literals.number(self._at(token))
        if fault:
            self._keep(fault)
        return number

    def text(self, token: Token) -> Text:
        text, faults = literals.text(self._at(token))
        for fault in faults:
            self._keep(fault)
        return text

    def long_text(self, token: Token) -> Text:
        return literals.long_text(self._at(token))
