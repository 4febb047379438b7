"""The tables of fields, and what templates are offered."""

from pathlib import Path

import pytest

from musicc.semantics.kinds import SCHEMAS
from musicc.semantics.schema import FieldSpec, Schema
from musicc.semantics.standard import HOMES
from musicc.semantics.templates import OFFERED
from tests.semantics.common import check, codes

SPEC_OF = {
    "user": 'persona p {{ role = user  prompt = "x"  {name} = "{text}" }}',
    "assistant": 'persona p {{ role = assistant  {name} = "{text}" }}',
    "contrast": 'contrast c {{ {name} = "{text}" }}',
    "pair_judge": 'judge j {{ prompt = "x"  {name} = "{text}" }}',
    "turn_judge": 'judge j {{ of = turn  prompt = "x"  {name} = "{text}" }}',
}


def every_field() -> list[tuple[Schema, FieldSpec]]:
    inner = [block for schema in SCHEMAS.values() if schema.kind != "profile" for block in schema.blocks.values()]
    return [(schema, spec) for schema in (*SCHEMAS.values(), *inner) for spec in schema.fields.values()]


@pytest.mark.parametrize(("schema", "spec"), every_field(), ids=lambda x: getattr(x, "kind", None) or x.name)
def test_a_field_is_documented_in_one_line(schema: Schema, spec: FieldSpec) -> None:
    assert schema.doc.endswith(".")
    assert spec.doc and "\n" not in spec.doc and not spec.doc.endswith(".")
    assert spec.shape.noun
    assert not (spec.required and spec.default is not None)


@pytest.mark.parametrize("place", OFFERED)
def test_a_place_offers_its_variables_and_no_others(tmp_path: Path, place: str) -> None:
    owner, name = place.split(".")

    def faults(variable: str) -> list[str]:
        spec = SPEC_OF[owner].format(name=name, text="{{ " + variable + " }}")
        if name == "prompt" and owner in ("user", "pair_judge", "turn_judge"):
            spec = spec.replace('prompt = "x"  ', "")
        return codes(check(tmp_path, "music 1\n" + spec))

    everything = {variable for variables in OFFERED.values() for variable in variables}
    for variable in everything:
        assert faults(variable) == ([] if variable in OFFERED[place] else ["M214"]), variable


@pytest.mark.parametrize("kind", HOMES)
def test_the_standard_library_checks(kind: str) -> None:
    from musicc.semantics import load
    from musicc.semantics.files import STD

    assert [d.code.id for d in load(STD / f"{HOMES[kind].removeprefix('std/')}.music").diagnostics if d.is_error] == []
