"""Every resolved value of a spec, and where it was set: file, `like`, profile, command line, environment, or default."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from musicc.diagnostics import Diagnostic
from musicc.semantics.checker import Checker, Project
from musicc.semantics.files import Files, Read, from_disk
from musicc.semantics.kinds import SCHEMAS
from musicc.semantics.names import UNKNOWN, Declaration, Scope
from musicc.semantics.origins.fields import Teller
from musicc.semantics.origins.origin import Origin, Reading
from musicc.semantics.overlay import derived, overlay
from musicc.semantics.parameters import override
from musicc.semantics.templates import Templates
from musicc.syntax.tree import Block, Field, Ref

Key: TypeAlias = tuple[str, str]
"""A declaration's name and a field, `limit.concurrency` for a field of a map; ("params", NAME) for a parameter."""
Origins: TypeAlias = Mapping[Key, Origin]


def origins(
    path: Path,
    *,
    profile: str | None = None,
    params: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    read: Read = from_disk,
) -> Origins:
    """All values of the spec at `path`, in its order, then those of what it imports; empty if it cannot be read.

    The arguments are those of `load`, which says what is wrong with them: here, what is faulty is left out.
    """
    files = Files(SCHEMAS, _nowhere, read)
    unit = files.main(path)
    if unit is None:
        return {}
    over = next((item for item in unit.file.items if isinstance(item, Block) and _is_profile(item, profile)), None)
    scope = files.scope(unit, unit.file)
    if over:
        overlaid = overlay(unit.file, over, scope)
        scope = files.scope(unit, overlaid.file, overlaid.left_out)
    scope = replace(scope, parameters=override(scope.parameters, params or {}, environment or {}, _nowhere))
    project = Project(files, unit, SCHEMAS, Templates(), _nowhere, set())
    return dict(_all(Reading(Checker(project, scope, over, chosen=False), over), scope))


def _nowhere(diagnostic: Diagnostic) -> None:
    """What is wrong with the spec is said by `load`."""


def _is_profile(block: Block, name: str | None) -> bool:
    return block.kind.text == "profile" and block.name is not None and block.name.text == name


def _all(reading: Reading, scope: Scope) -> Iterator[tuple[Key, Origin]]:
    for parameter in scope.parameters.values():
        yield ("params", parameter.name), reading.parameter(parameter)
    names: dict[int, str] = {}  # by block
    waiting = sorted(_known(scope.declarations.values()), key=lambda declaration: declaration.imported)
    for declaration in waiting:  # it grows: what is referred to may stand in a file that is imported from
        if id(declaration.block) in names:
            continue
        name = names[id(declaration.block)] = _name(declaration, names.values())
        chain = reading.chain(declaration.block)
        waiting += _known(found for ref in _refs(chain) if (found := reading.declaration(ref)))
        for field, origin in _fields(reading, declaration, chain):
            yield (name, field), origin


def _known(declarations: Iterable[Declaration]) -> list[Declaration]:
    """Those of a kind that there is."""
    return [declaration for declaration in declarations if declaration.kind != UNKNOWN]


def _name(declaration: Declaration, taken: Iterable[str]) -> str:
    """Its name; two files may use one."""
    source = declaration.block.span.source.name
    return f"{declaration.name} ({source})" if declaration.name in taken else declaration.name


def _fields(reading: Reading, declaration: Declaration, chain: list[Block]) -> Iterator[tuple[str, Origin]]:
    merged = derived(chain)
    given = {item.name.text: item for item in merged.items if isinstance(item, Field)}
    teller = Teller(reading, chain, reading.checker.build(declaration))
    for spec in SCHEMAS[declaration.kind].fields.values():
        yield from teller.given(spec, given[spec.name]) if spec.name in given else teller.default(spec)
    for item in merged.items:
        if not isinstance(item, Field):
            yield from teller.other(item)


def _refs(part: Any) -> Iterator[Ref]:
    """All names that stand for something, in a part of a tree."""
    if isinstance(part, Ref):
        yield part
    elif isinstance(part, tuple | list):
        for item in part:
            yield from _refs(item)
    elif is_dataclass(part):
        for each in (each for each in fields(part) if each.name not in ("span", "offsets")):
            yield from _refs(getattr(part, each.name))
