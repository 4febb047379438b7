"""Checks one reading of a spec: the file itself, or the file under one of its profiles."""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from musicc.diagnostics import Diagnostic, Note, Source, Span
from musicc.diagnostics.codes import names as codes
from musicc.semantics.files import STD, Files, Unit
from musicc.semantics.lock import Lock
from musicc.semantics.module import Hub
from musicc.semantics.names import UNKNOWN, Declaration, Scope, a, unknown, wrong_kind
from musicc.semantics.overlay import derived, merge
from musicc.semantics.reader import Reader
from musicc.semantics.reads import hub_thing
from musicc.semantics.schema import Schema, read_fields
from musicc.semantics.standard import HOMES, not_imported
from musicc.semantics.templates import Templates
from musicc.syntax.tree import Block, Field, Name, Text, Value


@dataclass(frozen=True, slots=True)
class Project:
    """What all readings of a spec share. `used`: the names of the spec that anything refers to."""

    files: Files
    main: Unit
    schemas: Mapping[str, Schema]
    templates: Templates
    report: Callable[[Diagnostic], None]
    used: set[str]
    lock: Lock = field(default_factory=dict)


class Checker:
    """The context of every declaration that is read. Each is built once, when it is first referred to."""

    def __init__(
        self, project: Project, scope: Scope, profile: Block | None, *, chosen: bool, varied: tuple[Span, ...] = ()
    ) -> None:
        """`varied`: the values of a sweep that the reading is under."""
        self.chosen = chosen
        self.schemas = project.schemas
        self._project = project
        self._scope = scope
        self._profile = profile
        self._built: dict[int, Any] = {}
        self._varied = varied
        self._circles: set[frozenset[int]] = set()

    def build_all(self) -> dict[str, Any]:
        """All declarations of the spec and what they refer to, by name; what is faulty is left out."""
        declared = self._scope.declarations.items()
        for _, declaration in declared:
            if not declaration.imported:
                self.build(declaration)
        built = ((name, self._built.get(id(declaration.block))) for name, declaration in declared)
        return {name: value for name, value in built if value is not None}

    def build(self, declaration: Declaration) -> Any:
        key = id(declaration.block)
        if key not in self._built:
            self._built[key] = None
            self._built[key] = self._read(declaration)
        return self._built[key]

    def vary(self, declaration: Declaration, field: Name, value: Value) -> None:
        """Reports what would be wrong with the declaration if `field` were `value`."""
        if self.build(declaration) is None:
            return
        block = declaration.block
        over = replace(block, like=None, items=(Field(value.span, field, value),))
        before, self._varied = self._varied, (value.span,)
        self._read(replace(declaration, block=merge(block, over)))
        self._varied = before

    def _read(self, declaration: Declaration) -> Any:
        schema, name = self.schemas.get(declaration.kind), declaration.block.name
        if schema is None or name is None:
            return None
        reader = Reader(self)
        block, whole = self._derived(declaration.block, reader)
        given = [(item.name.text, item.value) for item in reversed(block.items) if isinstance(item, Field)]
        fields = read_fields(name, given, schema.fields, reader, whole=whole)
        others = tuple(item for item in block.items if not isinstance(item, Field))
        built = schema.build(replace(fields, items=others), reader)
        return built if reader.sound else None

    def _derived(self, block: Block, reader: Reader) -> tuple[Block, bool]:
        """The block on top of what it is `like`; and whether what it is like is without fault."""
        chain = [block]
        while (like := chain[-1].like) is not None:
            base = self._base(chain[-1], like, reader)
            if base is None:
                return block, False
            if any(base.block is earlier for earlier in chain):
                self._report_circle(chain, base.block, reader)
                return block, False
            chain.append(base.block)
        whole = True
        if len(chain) > 1 and block.like:
            whole = self.build(self.scope(block.like.span.source).declarations[block.like.text]) is not None
        return replace(derived(chain), span=block.span, name=block.name), whole

    def _base(self, block: Block, like: Name, reader: Reader) -> Declaration | None:
        scope, kind = self.scope(like.span.source), block.kind.text
        self.use(like.span.source, like.text)
        base = scope.declarations.get(like.text)
        if base is None:
            if like.text in scope.unread:
                reader.fail()
            else:
                reader.add(self.offer(like, (kind,)) or unknown(like, (kind,), scope, user=block.name))
        elif base.kind != kind:
            reader.fail() if base.kind == UNKNOWN else reader.add(wrong_kind(like, base, a(kind), scope, (kind,)))
            return None
        return base

    def _report_circle(self, chain: list[Block], first: Block, reader: Reader) -> None:
        start = next(i for i, block in enumerate(chain) if block is first)
        circle = chain[start:]
        key = frozenset(id(block) for block in circle)
        reader.fail()
        if key in self._circles:
            return
        self._circles.add(key)
        spans = [block.like.span for block in circle if block.like]
        reader.report(
            codes.LIKE_CYCLE,
            f"`{first.name.text if first.name else ''}` derives from itself",
            spans[0],
            label="derives from this",
            notes=tuple(Note(span, "which derives from this") for span in spans[1:]),
            help="write one of them out in full",
        )

    # what readers ask for

    def scope(self, source: Source) -> Scope:
        main = source is self._project.main.source or source not in self._project.files.units
        return self._scope if main else self._project.files.scope_of(source)

    def folder(self, source: Source) -> Path:
        return self._project.files.units.get(source, self._project.main).path.parent

    def from_home(self, path: Path) -> str:
        """The path as counted from the spec's folder."""
        return Path(os.path.relpath(path, self._project.main.path.parent)).as_posix()

    def use(self, source: Source, name: str) -> None:
        if source is self._project.main.source:
            self._project.used.add(name)

    def template_faults(self, text: Text, place: str) -> Iterable[Diagnostic]:
        """Nothing for templates of the standard library: the tests read those, and a check is spared loading Jinja."""
        source = text.span.source
        ours = source is not self._project.main.source and self.folder(source) == STD
        return () if ours else self._project.templates.faults(text, place)

    def offer(self, name: Name, kinds: Iterable[str]) -> Diagnostic | None:
        """That the spec forgot to import `name` from the standard library, if it is there."""
        if name.span.source is not self._project.main.source:
            return None
        homes = (kind for kind in kinds if kind in HOMES)
        found = (kind for kind in homes if name.text in self._project.files.library(HOMES[kind]))
        return next((not_imported(name, kind, self._project.main.file) for kind in found), None)

    def locked(self, hub: Hub) -> str | None:
        """The commit at which the spec's lock pins a data set."""
        fact = self._project.lock.get(hub_thing(hub))
        return fact.value if fact and fact.how == "revision" else None

    def report(self, diagnostic: Diagnostic) -> None:
        """Passes on what the spec's own author can change, and says under which profile it holds."""
        at, main = diagnostic.at, self._project.main.source
        if not diagnostic.is_error and isinstance(at, Span) and at.source is not main:
            return
        varied = tuple(Note(span, "with this value of a sweep") for span in self._varied if span != at)
        diagnostic = replace(diagnostic, notes=(*diagnostic.notes, *varied))
        profile = self._profile
        if profile and profile.name and not (isinstance(at, Span) and _inside(at, profile.span)):
            note = Note(profile.name.span, "under this profile")
            diagnostic = replace(diagnostic, notes=(*diagnostic.notes, note))
        self._project.report(diagnostic)


def _inside(span: Span, whole: Span) -> bool:
    return span.source is whole.source and whole.start <= span.start and span.end <= whole.end
