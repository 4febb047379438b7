"""What a checked spec reads besides its own file: seeds, weights and imports, as its lock names them."""

import dataclasses
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from musicc.semantics import module as sem
from musicc.semantics.files import STD, SUFFIX, Unit
from musicc.semantics.lock import Thing

Readable: TypeAlias = sem.Hub | sem.File | str
"""A data set, files, or weights by a known name or a path."""

_COMMIT = re.compile(r"[0-9a-f]{40}")


def reads(part: object, folder: Path) -> dict[Thing, Readable]:
    """What is read for a part of a module: for its dialogues what a build reads, for all of it what the spec names.

    `folder` is the spec's, from which paths count.
    """
    return dict(_reads(part, folder, set()))


def part_of(declared: sem.Eval) -> object:
    """The part of a module that an eval reads by itself; what is built and trained is the build's to read."""
    match declared:
        case sem.Scored(on=on, judge=judge, labels=labels):
            return on if isinstance(on, sem.Benchmark | sem.Seeds) else None, judge, labels
        case sem.BestOfN(prompts=prompts, user=user, assistant=assistant, judge=judge):
            return prompts, user, assistant, judge
    return None


def _reads(part: object, folder: Path, seen: set[int]) -> Iterator[tuple[Thing, Readable]]:
    if isinstance(part, sem.Hub):
        if not is_commit(part.revision):
            yield hub_thing(part), part
    elif isinstance(part, sem.File):
        yield Thing("file", portable(part, folder)), part
    elif isinstance(part, tuple | Mapping):
        for value in part.values() if isinstance(part, Mapping) else part:
            yield from _reads(value, folder, seen)
    elif type(part).__module__ == sem.__name__ and dataclasses.is_dataclass(part) and id(part) not in seen:
        seen.add(id(part))
        yield from _weights(part)
        for field in dataclasses.fields(part):
            yield from _reads(getattr(part, field.name), folder, seen)


def _weights(part: object) -> Iterator[tuple[Thing, str]]:
    """Of a model, or of a sweep over a model's weights."""
    if isinstance(part, sem.Model) and part.weights is not None:
        yield Thing("weights", part.weights), part.weights
    if isinstance(part, sem.Sweep):
        swept = (value for field, values in part.points if field.endswith(".weights") for value in values)
        yield from ((Thing("weights", value), value) for value in swept if isinstance(value, str))


def hub_thing(hub: sem.Hub) -> Thing:
    return Thing("hub", hub.repository if hub.revision is None else f"{hub.repository}@{hub.revision}")


def is_commit(revision: str | None) -> bool:
    """Whether it names one state of a repository for good."""
    return revision is not None and _COMMIT.fullmatch(revision) is not None


def portable(file: sem.File, folder: Path) -> str:
    """A path that means the same wherever the repository lies."""
    if file.written.startswith("std/") or Path(file.written).is_absolute():
        return file.written
    return Path(os.path.relpath(file.path, folder)).as_posix()


def imports(unit: Unit) -> dict[Thing, Path]:
    """Every file that a spec imports, directly or through others."""
    found: dict[Path, Unit] = {}
    waiting = [unit]
    while waiting:
        for target in waiting.pop().imports.values():
            if target is not None and target.path not in found:
                found[target.path] = target
                waiting.append(target)
    return {Thing("import", _import_name(path, unit.path.parent)): path for path in found}


def _import_name(path: Path, folder: Path) -> str:
    inside = path.is_relative_to(STD)
    name = f"std/{path.relative_to(STD).as_posix()}" if inside else Path(os.path.relpath(path, folder)).as_posix()
    return name.removesuffix(SUFFIX)
