"""The builds that trainings and evals start from: found by their spec, or the latest one."""

import json
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from glob import escape
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from musicc.cli.check import require_module
from musicc.cli.edge import note
from musicc.cli.places import places, project_root, short
from musicc.diagnostics import Code, Diagnostic, DiagnosticError
from musicc.diagnostics.codes.rewards import NO_BUILD
from musicc.diagnostics.suggest import closest
from musicc.plan.compile import compile_module
from musicc.plan.datasets import Dataset, DatasetPairs, DialoguePairs, sources
from musicc.plan.document import Plan
from musicc.plan.evals import Eval, Labelled
from musicc.plan.rewards import Reward
from musicc.plan.serialise import digest, load
from musicc.runtime.store.disk import disk_errors
from musicc.semantics.module import Module

N = TypeVar("N", Reward, Eval)
_PLAN, _MANIFEST = "plan.json", "manifest.json"
_HIDDEN = {"build", ".venv", ".git", "node_modules"}  # no spec of a project lies there


@dataclass(frozen=True, slots=True)
class Built:
    """What a spec says, and the folder of its build. `arguments`: of commands that mean this build, after their name."""

    spec: Path
    plan: Plan
    folder: Path
    store: Path
    arguments: str

    def wanted(self, of: Sequence[N], name: str | None, code: Code, noun: str, to: str) -> Sequence[N]:
        """The one of this name, or all of them. Raises DiagnosticError (`code`) where there is none; `noun`: what one is
        called, `to`: what was to be done with it.
        """
        if chosen := [one for one in of if name in (None, one.name)]:
            return chosen
        names = [one.name for one in of]
        there = f"there are {', '.join(f'`{one}`' for one in names)}" if names else "the spec declares none"
        close = closest(name or "", names)
        missing = f"no {noun} is named `{name}`" if names else f"there is no {noun} to {to}"
        raise DiagnosticError(Diagnostic(code, missing, at=str(self.spec), help=f"write `{close}`" if close else there))

    def check(self, read: Iterable[tuple[str, Labelled]]) -> None:
        """Raises DiagnosticError where what somebody reads, by name, is not built, or of another state of the spec (M633)."""
        for name, pairs in read:
            if isinstance(pairs, DatasetPairs | DialoguePairs):
                self._check(name, pairs)

    def _check(self, name: str, pairs: DatasetPairs | DialoguePairs) -> None:
        if not _declared(self.plan, pairs):
            reason = f"{self.spec} declares no {pairs.kind} `{pairs.name}`: it is another file's"
            mend = f"declare one (`{pairs.kind} mine like {pairs.name}` of an imported one), and name that"
        elif reason := self._unbuilt(pairs):
            mend = f"run `musicc build {self.arguments}`"
        else:
            return
        message = f"the data of `{name}` is not built: {reason}"
        raise DiagnosticError(Diagnostic(NO_BUILD, message, str(self.folder), help=mend))

    def _unbuilt(self, pairs: DatasetPairs | DialoguePairs) -> str:
        """Why the build has no such pairs; nothing where it has."""
        made = manifest(self.folder)
        if made is None:
            return "there is no finished build"
        if made["plan"] != digest(self.plan):
            return "the build is of another state of the spec"
        if not isinstance(pairs, DatasetPairs):
            return ""
        if not made["datasets"].get(pairs.name, {}).get("files"):
            return f"the build has no dataset `{pairs.name}` with a pair in it"
        same = _mixed(_plan(self.folder), pairs.name) == _mixed(self.plan, pairs.name)
        return "" if same else f"dataset `{pairs.name}` was declared otherwise"


def _declared(plan: Plan, pairs: DatasetPairs | DialoguePairs) -> bool:
    return any(one.name == pairs.name for one in (plan.datasets if pairs.kind == "dataset" else plan.dialogues))


def _mixed(plan: Plan, name: str) -> tuple[Dataset | None, list[object]]:
    """What decides the pairs of a dataset, besides the build."""
    found = next((dataset for dataset in plan.datasets if dataset.name == name), None)
    return found, [plan.seeds.get(one) for one in sources(found)] if found else []


def manifest(folder: Path) -> dict[str, Any] | None:
    """That of a finished build or a finished reward model."""
    try:
        made: dict[str, Any] = json.loads((folder / _MANIFEST).read_bytes())
    except (OSError, ValueError):
        return None
    return made


def _plan(folder: Path) -> Plan:
    with disk_errors("read the plan of the build", folder / _PLAN):
        return load((folder / _PLAN).read_bytes(), str(folder / _PLAN))


# Finding one


Reader: TypeAlias = Callable[[Path, str | None, Sequence[str]], Module]
"""Gives the module of a spec that has no error, under a profile and with params."""


def found(
    spec: Path | None,
    profile: str | None,
    params: Sequence[str],
    store: Path | None,
    out: Path | None,
    read: Reader = require_module,
) -> Built:
    """The build of a spec, or the latest one. Raises DiagnosticError."""
    return of_spec(spec, profile, params, store, out, read) if spec else latest(profile, params, store, out, read)


def spec_or_name(spec: Path | None, name: str | None) -> tuple[Path | None, str | None]:
    """What stands first in a command is a spec, or, by itself and without the ending of one, a name: `musicc train rm`."""
    return (None, str(spec)) if spec is not None and name is None and spec.suffix != ".music" else (spec, name)


def of_spec(
    spec: Path, profile: str | None, params: Sequence[str], store: Path | None, out: Path | None, read: Reader
) -> Built:
    """The build of a spec, whether it is there or not. Raises DiagnosticError where the spec has errors."""
    plan = compile_module(read(spec, profile, params))
    where = places(spec, profile, store, out)
    return Built(spec, plan, where.build, where.store, _arguments(spec, profile, params))


def latest(profile: str | None, params: Sequence[str], store: Path | None, out: Path | None, read: Reader) -> Built:
    """The build of this project (under this profile) that was finished last, or the one in the folder `out`.

    What counts is what its spec says by now, if the pairs are still those; else what it said when it was built.
    Raises DiagnosticError (M633).
    """
    root = project_root(Path.cwd())
    folder = short(finished_last(root, profile, out))
    before = _plan(folder)
    spec = _spec_of(before, root)
    note(f"the latest build: {folder}, of {spec}")
    built = of_spec(spec, before.profile, params, store, folder, read)
    if params or digest(built.plan) == digest(before):
        return built
    note(
        f"{spec} would give other pairs by now (or was built with `-p`): what counts is what it said when it was built"
    )
    return replace(built, plan=before)


def finished_last(root: Path, profile: str | None, out: Path | None) -> Path:
    """The folder of such a build. Raises DiagnosticError (M633)."""
    found = [out / _MANIFEST] if out else (root / "build").glob(f"*/{escape(profile) if profile else '*'}/{_MANIFEST}")
    manifests = [path for path in found if path.is_file()]
    if not manifests:
        message = f"there is no finished build{f' under the profile `{profile}`' if profile else ''}"
        raise DiagnosticError(Diagnostic(NO_BUILD, message, str(out or root / "build"), help="run `musicc build SPEC`"))
    return max(manifests, key=lambda path: path.stat().st_mtime).parent


def _spec_of(plan: Plan, root: Path) -> Path:
    """The spec that a build is of, by its name. Raises DiagnosticError (M633)."""
    named = root.rglob(f"{escape(plan.spec)}.music")
    found = [path for path in named if not _HIDDEN & set(path.relative_to(root).parts)]
    if len(found) != 1:
        message = f"{len(found) or 'no'} files under {root} are named `{plan.spec}.music`"
        raise DiagnosticError(Diagnostic(NO_BUILD, message, help="name the spec in the command"))
    return short(found[0])


def _arguments(spec: Path, profile: str | None, params: Sequence[str]) -> str:
    told = ["--profile", profile] if profile else []
    return shlex.join([str(spec), *told, *(word for param in params for word in ("-p", param))])
