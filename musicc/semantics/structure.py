"""What can be said of a file without knowing what its names mean: kinds, field names, what stands where, what is repeated."""

from collections.abc import Iterable, Iterator, Mapping

from musicc.diagnostics import Diagnostic, Fix
from musicc.diagnostics.codes import names as name_codes
from musicc.diagnostics.codes import types as codes
from musicc.diagnostics.edits import cut
from musicc.diagnostics.suggest import closest
from musicc.semantics.names import any_of
from musicc.semantics.schema import Schema, repeated, unknown_field
from musicc.syntax.tree import Block, Field, File, Item, Name, SweepPoint, TurnRule, Without

_BELONGS: Mapping[type[Item], tuple[str, str]] = {
    TurnRule: ("a turn rule", "turn rules stand in `rejected { … }` or `chosen { … }` of a dialogue"),
    Without: ("`without`", "`without NAME` stands in a profile"),
    SweepPoint: ("`… in […]`", "values to go over stand in a sweep"),
    Field: ("a field", ""),
}


def check_structure(file: File, schemas: Mapping[str, Schema]) -> Iterator[Diagnostic]:
    for block in file.items:
        if isinstance(block, Block):
            yield from _block(block, Schema("", "", blocks=schemas), "at the top of a file", top=True)


def _block(block: Block, around: Schema, where: str, *, top: bool) -> Iterator[Diagnostic]:
    schema = around.blocks.get(block.kind.text)
    if schema is None:
        yield _unknown_kind(block, around, where)
        return
    yield from _head(block, schema, top)
    yield from _items(block, schema)
    yield from _twice(block.items)


def _unknown_kind(block: Block, around: Schema, where: str) -> Diagnostic:
    kind = block.kind
    close = None if kind.text in around.fields else closest(kind.text, around.blocks)
    return Diagnostic(
        name_codes.UNKNOWN_KIND,
        f"there is no block `{kind.text}` {where}",
        kind.span,
        label="no such kind here",
        help=f"write `{close}`" if close else _meant(kind.text, around),
        fix=Fix(kind.span, close) if close else None,
    )


_HOMES = {"chosen": "a dialogue", "rejected": "a dialogue", "variant": "a persona"}


def _meant(kind: str, around: Schema) -> str:
    if kind in around.fields:
        return f"it is a field: write `{kind} = {{ … }}`, with `:` between each name and its value"
    if kind in _HOMES:
        return f"it belongs in {_HOMES[kind]}"
    return f"the kinds are {any_of((f'`{k}`' for k in around.blocks), ' and ')}" if around.blocks else ""


def _head(block: Block, schema: Schema, top: bool) -> Iterator[Diagnostic]:
    kind = schema.kind
    if schema.named and block.name is None:
        yield Diagnostic(
            name_codes.BLOCK_NAME,
            f"this `{kind}` has no name",
            block.kind.span,
            "unnamed",
            help=f"write `{kind} NAME {{ … }}`",
        )
    if block.name and not schema.named:
        yield Diagnostic(
            name_codes.BLOCK_NAME,
            f"`{kind}` takes no name",
            block.name.span,
            "one too many",
            help=f"write `{kind} {{ … }}`",
            fix=cut(block.name.span),
        )
    if block.like and not (top and schema.fields):
        yield Diagnostic(
            codes.MISPLACED, f"a `{kind}` derives from nothing", block.like.span, "`like` means nothing here"
        )


def _items(block: Block, schema: Schema) -> Iterator[Diagnostic]:
    kind = schema.kind
    for item in block.items:
        if isinstance(item, Block):
            yield from _block(item, schema, f"in a `{kind}`", top=kind == "profile")
        elif isinstance(item, Field) and schema.fields:
            if item.name.text not in schema.fields:
                yield unknown_field(item.name, f"a `{kind}`", schema.fields)
        elif (not isinstance(item, schema.holds) and not schema.any_field) or (
            not isinstance(item, Field) and schema.any_field
        ):
            yield _misplaced(item, kind)


def _misplaced(item: Item, kind: str) -> Diagnostic:
    what, help = _BELONGS[type(item)]
    return Diagnostic(codes.MISPLACED, f"{what} does not belong in a `{kind}`", item.span, "not here", help=help)


def _twice(items: Iterable[Item]) -> Iterator[Diagnostic]:
    """Fields with one name, and blocks with one kind and name."""
    first: dict[tuple[str, str], tuple[Name, Item]] = {}
    for item in items:
        if isinstance(item, Field):
            key, name = ("", item.name.text), item.name
        elif isinstance(item, Block):
            name = item.name or item.kind
            key = (item.kind.text, item.name.text if item.name else "")
        else:
            continue
        if key in first:
            earlier, same = first[key]
            yield repeated(name, earlier.span, cut(item.span) if item.span.text == same.span.text else None)
        first.setdefault(key, (name, item))
