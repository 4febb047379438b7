"""The parts of the reference that are made from the code: fields, template variables, the library, codes, commands."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from musicc.cli.main import app
from musicc.diagnostics.codes import all_codes
from musicc.semantics.kinds import SCHEMAS
from musicc.semantics.kinds.contrast import ReplyFields
from musicc.semantics.kinds.dialogue import REPLY_POLICIES
from musicc.semantics.kinds.model import LIMIT, PRICE
from musicc.semantics.kinds.reward import LORA
from musicc.semantics.module import Fail, Policy, Prefix, Sampling
from musicc.semantics.quantities import SHARES, TIMES, UNBOUNDED, Quantity
from musicc.semantics.schema import FieldSpec
from musicc.semantics.shapes import Prompt, Shape
from musicc.semantics.templates import OFFERED
from musicc.semantics.voices import DEFAULT, SAMPLING

STD = Path(__file__).parents[2] / "musicc" / "std"
PHASES = {
    "M0": "Syntax",
    "M1": "Names",
    "M2": "Types and units",
    "M3": "Turn rules and flow",
    "M4": "Data",
    "M5": "Running",
    "M6": "Training and evaluation",
}
_DECLARATION = re.compile(r"((?:^#[^\n]*\n)+)^(?:persona|contrast|judge|benchmark) (\w+)", re.MULTILINE)
_ROLE = re.compile(r"role\s*=\s*(\w+)")


def parts() -> dict[str, str]:
    """Every part, by its name on the page, as Markdown."""
    made: dict[str, str] = {}
    for kind, schema in SCHEMAS.items():
        if schema.fields:
            made[f"fields of {kind}"] = _fields(schema.fields)
        for inner, block in schema.blocks.items() if kind != "profile" else ():
            if block.fields:
                made[f"fields of {inner}"] = _fields(block.fields)
    maps = {"limit": LIMIT, "price": PRICE, "sampling": SAMPLING, "replies": REPLY_POLICIES, "lora": LORA}
    for name, record in maps.items():
        made[f"keys of {name}"] = _fields(record.fields, DEFAULT if record is SAMPLING else None)
    for file in sorted(STD.glob("*.music")):
        made[f"std/{file.stem}"] = _library(file.read_text(encoding="utf-8"))
    return made | {"template variables": _templates(), "codes": _codes(), "commands": _commands()}


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(head), *(list(row) for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _fields(fields: Mapping[str, FieldSpec], defaults: Sampling | None = None) -> str:
    """`defaults`: what holds where no place says anything."""
    known = {name: replace(spec, default=getattr(defaults, name, spec.default)) for name, spec in fields.items()}
    rows = ((f"`{spec.name}`", _takes(spec.shape), _default(spec), spec.doc) for spec in known.values())
    return _table(("field", "takes", "default", "meaning"), rows)


def _takes(shape: Shape) -> str:
    if isinstance(shape, Prompt):
        return "a template"
    return f"{shape.noun}{_bounds(shape)}" if isinstance(shape, Quantity) else shape.noun


def _bounds(shape: Quantity) -> str:
    def shown(bound: float) -> str:
        return f"{bound * 100:g}%" if shape.units is SHARES else f"{bound:,}{'s' * (shape.units is TIMES)}"

    if shape.high < UNBOUNDED:
        return f", {shown(shape.low)} to {shown(shape.high)}"
    return f", {shown(shape.low)} or more"


def _default(spec: FieldSpec) -> str:
    if spec.required:
        return "required"
    if spec.default in (None, (), Sampling()) or isinstance(spec.default, dict):
        return "–"
    return f"`{_written(spec.default, spec.shape)}`"


def _written(value: Any, shape: Shape) -> str:
    """The value as a spec would have it."""
    if isinstance(value, Policy | Fail):
        then = " then mark" if value.then == "mark" else ""
        return f"retry({value.retries}){then}" if value.retries else value.then
    if isinstance(value, Prefix):
        return value.kind
    if isinstance(value, tuple):
        quote = "" if isinstance(shape, ReplyFields) else '"'
        return f"[{', '.join(quote + item + quote for item in value)}]"
    if isinstance(value, bool | str):
        return str(value).lower() if isinstance(value, bool) else value
    if isinstance(shape, Quantity) and shape.units in (SHARES, TIMES):
        return f"{value * 100:g}%" if shape.units is SHARES else f"{value:g}s"
    return f"{value:g}".replace("e-0", "e-")


def _library(text: str) -> str:
    def rows() -> Iterator[tuple[str, ...]]:
        for found in _DECLARATION.finditer(text):
            said = " ".join(line.lstrip("# ").strip() for line in found[1].splitlines())
            role = _ROLE.search(text, found.end()) if "role" in text else None
            yield (f"`{found[2]}`", *((role[1],) if role else ()), said)

    lines = list(rows())
    return _table(("name", "role", "what it does") if len(lines[0]) == 3 else ("name", "what it does"), lines)


def _templates() -> str:
    rows = ((f"`{place}`", ", ".join(f"`{name}`" for name in names)) for place, names in OFFERED.items())
    return _table(("place", "variables"), rows)


def _codes() -> str:
    text = ""
    for prefix, phase in PHASES.items():
        if codes := [code for id_, code in all_codes().items() if id_.startswith(prefix)]:
            rows = ((f"`{code.id}`", code.severity, code.title) for code in codes)
            text += f"**{phase}**\n\n{_table(('code', 'severity', 'title'), rows)}\n"
    return text


def _commands() -> str:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    shown = ((name, one) for name, one in group.commands.items() if not one.hidden)
    rows = ((f"`musicc {name}`", (one.help or "").split("\n\n")[0].replace("\n", " ")) for name, one in shown)
    return _table(("command", "what it does"), rows)
