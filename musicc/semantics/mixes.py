"""What pairs are taken from where: `skywork.pairs`, and `{ skywork.pairs: 73k, contrastive: 2x }`."""

from dataclasses import dataclass
from typing import Any, ClassVar

from musicc.diagnostics import Note
from musicc.diagnostics.codes import types as codes
from musicc.semantics.module import Part
from musicc.semantics.names import a, any_of
from musicc.semantics.offer import Offer
from musicc.semantics.quantities import Quantity, count, share, weight
from musicc.semantics.reader import Reader
from musicc.semantics.schema import keyed
from musicc.semantics.shapes import Either, Shape, empty
from musicc.semantics.turns import sums_to_one
from musicc.syntax import tree
from musicc.syntax.tree import Entry, MapOf, Ref

MOST_PAIRS = 10**10


@dataclass(frozen=True)
class Pairs(Shape):
    """Something with pairs: a declaration of one of `kinds`, or `NAME.pairs` for a seed source's own."""

    kinds: tuple[str, ...]
    nodes: ClassVar[tuple[type, ...]] = (tree.Ref,)

    @property
    def noun(self) -> str:
        return any_of((*(a(kind) for kind in self.kinds), "the `.pairs` of seeds"))

    def offer(self) -> Offer:
        return Offer(names=self.kinds, pairs=("seeds",))

    def convert(self, value: Ref, reader: Reader) -> Any:
        if len(value.parts) == 1:
            return self._whole(value, reader)
        if len(value.parts) == 2 and value.parts[1].text == "pairs":
            return reader.find(value.parts[0], "seeds", "seeds")
        last = value.parts[-1]
        return reader.unknown_word(last.text, last.span, ("pairs",), "part")

    def _whole(self, value: Ref, reader: Reader) -> Any:
        declared = reader.context.scope(value.span.source).declarations.get(value.text)
        if declared and declared.kind == "seeds":
            reader.find(value.parts[0], "seeds", "seeds")
            return reader.wrong_type(value, self.noun, help=f"write `{value.text}.pairs`")
        return reader.find(value.parts[0], self.noun, *self.kinds)


_MEASURES: dict[str, tuple[str, Quantity]] = {"%": ("share", share(0.0001)), "x": ("weight", weight(0.001, 1000))}
_COUNT = ("count", count(1, MOST_PAIRS))


class Mix(Shape):
    """How much of what, by counts and weights, or by shares of the whole."""

    nodes: ClassVar[tuple[type, ...]] = (tree.MapOf,)
    source: ClassVar[Pairs] = Pairs(("dialogue",))

    @property
    def noun(self) -> str:
        return "a map of dialogues and `.pairs` to counts, weights or shares"

    def offer(self) -> Offer:
        return Offer(keys=self.source, values=Either((_COUNT[1], *(shape for _, shape in _MEASURES.values()))))

    def convert(self, value: MapOf, reader: Reader) -> tuple[Part, ...] | None:
        if not value.entries:
            empty(value, reader)
            return None
        keyed(value, reader)
        parts = [self._part(entry, reader) for entry in value.entries]
        if any(part is None for part in parts):
            return None
        return _one_measure(value, [part for part in parts if part], reader)

    def _part(self, entry: Entry, reader: Reader) -> Part | None:
        source = self.source.convert(entry.key, reader)
        amount = reader.constant(entry.value)
        unit = amount.unit if isinstance(amount, tree.Number) else ""
        measure, shape = _MEASURES.get(unit, _COUNT)
        size = shape.read(amount, reader.within(entry.key.text))
        return None if source is None or size is None else Part(source, **{measure: size})


def _one_measure(value: MapOf, parts: list[Part], reader: Reader) -> tuple[Part, ...] | None:
    """All parts are shares of 100 %, or none is."""
    spans = [entry.value.span for entry in value.entries]
    shares = [part.share for part in parts if part.share is not None]
    if shares and len(shares) < len(parts):
        odd = next(i for i, part in enumerate(parts) if (part.share is None) != (parts[0].share is None))
        reader.report(
            codes.CONFLICTING_FIELDS,
            "a mix is made by shares, or by counts and weights",
            spans[odd],
            label="here the other way",
            notes=(Note(spans[0], "no share" if parts[0].share is None else "a share"),),
            help="write shares of 100 % for all, or for none",
        )
        return None
    if shares:
        sums_to_one(shares, spans, "the shares", reader)
    return tuple(parts)
