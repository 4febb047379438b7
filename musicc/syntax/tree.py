"""The tree of a `.music` file: immutable nodes, each with its span; what was written, before any meaning.

    File    edition, items: Import | Block
    Block   kind name [like other] { items: Field | Block | TurnRule | Without | SweepPoint }
    Value   Number | Text | Boolean | Ref | Call | ListOf | MapOf | Between | On | Then

Comments are kept in `File.comments` with their spans; the formatter puts them back.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from musicc.diagnostics import Span

Unit: TypeAlias = Literal["", "k", "M", "B", "%", "x", "ms", "s", "min", "h"]


@dataclass(frozen=True, slots=True)
class Node:
    span: Span


@dataclass(frozen=True, slots=True)
class Name(Node):
    """An identifier where something is declared, or one part of a reference."""

    text: str


@dataclass(frozen=True, slots=True)
class Number(Node):
    """`31k`, `1%`, `2e-6`, `30s`: the digits' value, unscaled, and the unit that is written on it."""

    value: int | float
    unit: Unit


@dataclass(frozen=True, slots=True)
class Text(Node):
    '''"…" with escapes, or """…""" with the common indent taken away.

    `offsets[i]` is the offset in the source of character `i` of `value` (length `len(value) + 1`), so that a fault
    inside a template can be shown at its place.
    '''

    value: str
    offsets: tuple[int, ...]

    def part(self, start: int, end: int) -> Span:
        """The span of `value[start:end]`."""
        return Span(self.span.source, self.offsets[start], self.offsets[max(end - 1, start)] + 1)


@dataclass(frozen=True, slots=True)
class Boolean(Node):
    value: bool


@dataclass(frozen=True, slots=True)
class Ref(Node):
    """`gemini` or `skywork.pairs`."""

    parts: tuple[Name, ...]

    @property
    def text(self) -> str:
        return ".".join(part.text for part in self.parts)


@dataclass(frozen=True, slots=True)
class Argument(Node):
    """`split = "train"` (named) or `"Skywork/…"` (not named) in a call."""

    name: Name | None
    value: "Value"


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`hub("…", split = "train")`, `env("KEY")`, `retry(2)`, `prefix(1..4)`."""

    name: Name
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    """`[2, 4, 8]`."""

    items: tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class Entry(Node):
    """`concurrency: 64` in a map; the key may be dotted (`skywork.pairs: 73k`)."""

    key: Ref
    value: "Value"


@dataclass(frozen=True, slots=True)
class MapOf(Node):
    """`{ hh: 500, ultrainteract: 500 }`."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Between(Node):
    """`3..7`, `2..last`: both ends belong to it."""

    low: "Value"
    high: "Value"


@dataclass(frozen=True, slots=True)
class On(Node):
    """`curious_user on gemini { temperature: 1.0 }`: a voice, a judge or a rule on a model, with sampling."""

    what: Ref
    model: Ref
    settings: MapOf | None


@dataclass(frozen=True, slots=True)
class Then(Node):
    """`replay then curious_user on gemini`, `retry(2) then mark`: the second where the first runs out."""

    first: "Value"
    second: "Value"


Value: TypeAlias = Number | Text | Boolean | Ref | Call | ListOf | MapOf | Between | On | Then


@dataclass(frozen=True, slots=True)
class Field(Node):
    """`take = pairs`."""

    name: Name
    value: Value


@dataclass(frozen=True, slots=True)
class Alternative(Node):
    """`60% sidestep`; a rule that stands alone has no weight. `rule` may be `faithful`, `sidestep` or `sidestep on gemma`."""

    weight: Number | None
    rule: Ref | On


@dataclass(frozen=True, slots=True)
class Condition(Node):
    """`when words(instruction) > 5`."""

    measure: Call
    comparison: Literal["<", "<=", ">", ">=", "==", "!="]
    bound: Number


@dataclass(frozen=True, slots=True)
class TurnRule(Node):
    """`turn 2..last  60% a | 40% b  when …`; `turn any 2  a`.

    `turns` is a Number, the Ref `last`, or a Between of these; with `any` it is the Number of turns to draw.
    """

    any: bool
    turns: Number | Ref | Between
    alternatives: tuple[Alternative, ...]
    when: Condition | None


@dataclass(frozen=True, slots=True)
class Without(Node):
    """`without preferred` in a profile: the declaration is left out."""

    name: Name


@dataclass(frozen=True, slots=True)
class SweepPoint(Node):
    """`contrastive.turns in [2, 3, 5, 7]`."""

    field: Ref
    values: ListOf


@dataclass(frozen=True, slots=True)
class Block(Node):
    """`kind name like other { … }`; `params { … }` and `rejected { … }` have no name."""

    kind: Name
    name: Name | None
    like: Name | None
    items: tuple["Item", ...]


Item: TypeAlias = Field | Block | TurnRule | Without | SweepPoint


@dataclass(frozen=True, slots=True)
class Import(Node):
    """`import "std/personas" (curious_user, helpful_assistant)`."""

    path: Text
    names: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Comment(Node):
    """`# …` to the end of the line. `own_line` is false behind code."""

    text: str
    own_line: bool


@dataclass(frozen=True, slots=True)
class File(Node):
    """`music 1`, then imports and blocks in the order written."""

    edition: Number | None
    items: tuple[Import | Block, ...]
    comments: tuple[Comment, ...]
