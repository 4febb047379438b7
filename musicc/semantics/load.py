"""Text of a spec → checked module, with every diagnostic that `musicc check` gives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from musicc.diagnostics import Code, Diagnostic, Source, Span
from musicc.diagnostics.codes import data as data_codes
from musicc.diagnostics.codes import names as codes
from musicc.diagnostics.codes import rules as rule_codes
from musicc.diagnostics.codes import types as type_codes
from musicc.diagnostics.suggest import closest
from musicc.semantics import module as sem
from musicc.semantics.checker import Checker, Project
from musicc.semantics.files import Files, Unit
from musicc.semantics.kinds import SCHEMAS
from musicc.semantics.names import UNKNOWN, Scope, any_of
from musicc.semantics.overlay import overlay
from musicc.semantics.parameters import override, plain, spec_seed
from musicc.semantics.silence import allowances, silenced
from musicc.semantics.templates import Templates
from musicc.syntax.tree import Block

T = TypeVar("T")

_FOLLOW_UPS: frozenset[Code] = frozenset(
    (
        codes.UNKNOWN_NAME,
        type_codes.MISSING_FIELD,
        type_codes.CONTRAST_FORM,
        rule_codes.NEVER_DEPARTS,
        rule_codes.WEIGHTS,
        data_codes.NO_VALIDATION,
    )
)
"""What may only be there because a part of the text could not be read."""


@dataclass(frozen=True, slots=True)
class Checked:
    """`module` is None if there are errors. Diagnostics are in the order of the text, the spec's own first."""

    module: sem.Module | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def exit_code(self) -> Literal[0, 1, 2]:
        """0 without errors; 2 if how the command was called is at fault, 1 if only what was read is."""
        errors = [diagnostic.code.id for diagnostic in self.diagnostics if diagnostic.is_error]
        if not errors:
            return 0
        return 1 if codes.COMMAND_LINE.isdisjoint(errors) else 2


class _Report:
    """Collects diagnostics; one that several readings of the spec give is kept once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, object, str], Diagnostic] = {}

    def __call__(self, diagnostic: Diagnostic) -> None:
        at = diagnostic.at
        place = (at.source.name, at.start, at.end) if isinstance(at, Span) else at
        self._found.setdefault((diagnostic.code.id, place, diagnostic.message), diagnostic)

    def all(self) -> list[Diagnostic]:
        return list(self._found.values())


def load(
    path: Path,
    *,
    profile: str | None = None,
    params: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Checked:
    """Reads and checks the spec at `path`, as it stands and under each of its profiles; `profile` makes the module.

    `params` are values from the command line, `environment` is where `MUSICC_PARAM_NAME` is looked up.
    """
    report = _Report()
    files = Files(SCHEMAS, report)
    unit = files.main(path)
    if unit is None:
        return Checked(None, tuple(report.all()))
    project = Project(files, unit, SCHEMAS, Templates(), report, set())
    module = _check(project, profile, params or {}, environment or {})
    if not any(diagnostic.is_error for diagnostic in report.all()):  # a misspelt name leaves another one unused
        _report_unused(project)
    diagnostics = _ordered(report.all(), unit)
    return Checked(None if any(d.is_error for d in diagnostics) else module, diagnostics)


def _check(
    project: Project, profile: str | None, params: Mapping[str, str], environment: Mapping[str, str]
) -> sem.Module | None:
    """Checks every reading; the module of the chosen one."""
    profiles = {block.name.text: block for block in _profiles(project.main) if block.name}
    if profile is not None and profile not in profiles:
        project.report(_unknown_profile(profile, list(profiles)))
        profile = None
    module = None
    base = project.files.scope(project.main, project.main.file)
    for name in (None, *profiles):
        scope = base if name is None else _under(project, profiles[name], base)
        scope = replace(scope, parameters=override(scope.parameters, params, environment, project.report))
        checker = Checker(project, scope, profiles[name] if name else None, chosen=name == profile)
        built = checker.build_all()
        seed = spec_seed(scope.parameters, project.report)
        if name == profile:
            module = _module(project.main.path, profile, seed, scope, built)
    return module


def _profiles(unit: Unit) -> Iterator[Block]:
    return (item for item in unit.file.items if isinstance(item, Block) and item.kind.text == "profile")


def _under(project: Project, profile: Block, base: Scope) -> Scope:
    """The names of the spec under a profile."""
    overlaid = overlay(project.main.file, profile, base)
    for diagnostic in overlaid.diagnostics:
        project.report(diagnostic)
    return project.files.scope(project.main, overlaid.file, overlaid.left_out)


def _unknown_profile(name: str, known: list[str]) -> Diagnostic:
    close = closest(name, known)
    listed = f"its profiles are {any_of((f'`{k}`' for k in sorted(known)), ' and ')}" if known else "it declares none"
    return Diagnostic(
        codes.UNKNOWN_PROFILE,
        f"the spec has no profile `{name}`",
        f"--profile {name}",
        help=f"write `--profile {close}`" if close else listed,
    )


def _module(path: Path, profile: str | None, seed: int, scope: Scope, built: Mapping[str, Any]) -> sem.Module:
    def of(kind: type[T]) -> dict[str, T]:
        return {name: value for name, value in built.items() if isinstance(value, kind)}

    return sem.Module(
        name=path.stem,
        path=path,
        profile=profile,
        seed=seed,
        params={name: plain(parameter.value) for name, parameter in scope.parameters.items()},
        models=of(sem.Model),
        seeds=of(sem.Seeds),
        dialogues=of(sem.Dialogue),
        checks=of(sem.Check),
        datasets=of(sem.Dataset),
        rewards=of(sem.Reward),
        evals=of(sem.Eval),
        sweeps=of(sem.Sweep),
    )


def _report_unused(project: Project) -> None:
    """Names that nothing refers to, in a spec that makes something; a library need not use what it declares."""
    scope = project.files.scope(project.main, project.main.file)
    idle = {name: d for name, d in scope.declarations.items() if d.kind != UNKNOWN and not SCHEMAS[d.kind].product}
    if len(idle) == len(scope.declarations):
        return
    for name, declaration in idle.items():
        if name not in project.used:
            project.report(_unused(codes.UNUSED_IMPORT if declaration.imported else codes.UNUSED, name, declaration.at))
    for name, parameter in scope.parameters.items():
        if name not in project.used and name != "seed":
            project.report(_unused(codes.UNUSED, name, parameter.at))


def _unused(code: Code, name: str, at: Span) -> Diagnostic:
    return Diagnostic(code, f"nothing uses `{name}`", at, "not used", help="use it, or take it out")


def _ordered(diagnostics: list[Diagnostic], unit: Unit) -> tuple[Diagnostic, ...]:
    allowed = allowances(unit.file)
    kept = [
        diagnostic
        for diagnostic in diagnostics
        if not silenced(diagnostic, unit.file, allowed) and not (unit.broken and diagnostic.code in _FOLLOW_UPS)
    ]
    return tuple(sorted(kept, key=lambda diagnostic: _place(diagnostic, unit.source)))


def _place(diagnostic: Diagnostic, main: Source) -> tuple[int, str, int, str]:
    at = diagnostic.at
    if not isinstance(at, Span):
        return 0, str(at), 0, diagnostic.code.id
    return (1 if at.source is main else 2), at.source.name, at.start, diagnostic.code.id
