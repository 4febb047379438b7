"""`dataset`: what pairs are mixed, what of them is kept out of training, and how they are written."""

from typing import get_args

from musicc.diagnostics.codes import data as codes
from musicc.semantics.forms import Argument, Form, Forms
from musicc.semantics.leaks import check_apart, check_split
from musicc.semantics.mixes import Mix
from musicc.semantics.module import Dataset, Export
from musicc.semantics.quantities import share
from musicc.semantics.reader import Reader
from musicc.semantics.schema import Fields, FieldSpec, Schema, table
from musicc.semantics.shapes import Either, Many, Named, String, Word

_NEAR = Form("near", (Argument("likeness", share(0.3, 1)),), lambda likeness: likeness)
FIELDS = table(
    FieldSpec(
        "mix",
        Mix(),
        "how many pairs of what: `{ skywork.pairs: 73k, contrastive: 31k }`, or each so often (`2x`), or shares in %",
        required=True,
    ),
    FieldSpec("validation", share(0, 0.9), "the share of seeds that is kept out of training", default=0.0),
    FieldSpec(
        "deduplicate",
        Either((Word(("exact",)), Forms((_NEAR,)))),
        "leave out pairs that equal an earlier one, or are so much like it: `near(80%)`",
    ),
    FieldSpec(
        "apart_from",
        Many(Named(("seeds", "benchmark")), single=True),
        "leave out pairs in which a prompt of these stands",
        default=(),
    ),
    FieldSpec("export", Many(Word(get_args(Export)), single=True), "further formats to write it in", default=()),
    FieldSpec("license", String(), "under which it is given on, for its card"),
)


def build(fields: Fields, reader: Reader) -> Dataset | None:
    if fields.get("validation") == 0:
        reader.report(
            codes.NO_VALIDATION,
            f"`{fields.name.text}` has no validation split",
            fields.at("validation"),
            label="everything is trained on",
            help="add `validation = 1%`",
        )
    if parts := fields.get("mix"):
        check_split(parts, fields, reader)
        check_apart(parts, fields, reader)
    return Dataset(name=fields.name.text, span=fields.name.span, **fields.values) if reader.sound else None


SCHEMA = Schema("dataset", "A mix of pairs, split by seed.", FIELDS, build, product=True)
