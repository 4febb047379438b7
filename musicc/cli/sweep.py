"""`musicc build --sweep` and `musicc plan --sweep`: all points of a sweep in one go."""

from collections.abc import Callable, Sequence
from pathlib import Path

from musicc.cli.build import played, refuse_nothing
from musicc.cli.check import load_spec, ready, sound
from musicc.cli.datasets import refuse_empty
from musicc.cli.edge import complain, note, say, warn
from musicc.cli.lock import settled
from musicc.cli.places import places, sweep_folder
from musicc.cli.plan import out_of_reach
from musicc.cli.progress import told
from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.plan.compile import compile_module
from musicc.plan.document import Plan
from musicc.plan.fits import fits
from musicc.plan.present import aligned
from musicc.plan.serialise import digest
from musicc.plan.sweep import Rehearsed, alone, no_call_changes, present_sweep, priced
from musicc.runtime.batch.desk import Pace
from musicc.runtime.budget import FREE, Allowance
from musicc.runtime.build import build_together
from musicc.runtime.job import Job
from musicc.runtime.preview import Planned, from_afar, previews
from musicc.runtime.summary import Built, publish_summary, rows


def build_sweep(
    spec: Path,
    sweep: str,
    profile: str | None,
    params: Sequence[str],
    store: Path | None,
    out: Path | None,
    *,
    locked: bool,
    pace: Pace | None = None,
    allowed: Allowance = FREE,
) -> None:
    """Builds every point of a sweep and says what came of each. Raises DiagnosticError, KeyboardInterrupt."""
    checked = settled(spec, profile, params, sweep=sweep, locked=locked)
    ready(checked)
    where, folder, report = places(spec, profile, store, None), sweep_folder(spec, profile, sweep, out), _Once()
    jobs = [
        Job(
            compile_module(point.module),
            where.spec_folder,
            folder / point.name,
            where.store,
            report,
            note,
            pace,
            allowed,
        )
        for point in checked.points
    ]
    _say_unchanged(sweep, [job.plan for job in jobs])
    done = played(build_together(jobs, told), where.store)
    points = [
        Built(point.name, dict(point.settings), job.plan, job.folder, progress)
        for point, job, progress in zip(checked.points, jobs, done, strict=True)
    ]
    publish_summary(folder, sweep, points)
    say("\n".join(aligned(rows(points), words=1)))
    say(f"{len(points):,} points in {folder}; this table: {folder / 'summary.md'}")
    refuse_nothing((point.progress, point.folder) for point in points)
    refuse_empty(point.folder for point in points)


def plan_sweep(spec: Path, sweep: str, profile: str | None, params: Sequence[str], store: Path | None) -> None:
    """Prints what a build of every point would call and cost. Raises DiagnosticError."""
    checked = load_spec(spec, profile, params, sweep)
    sound(checked)
    report, where = _Once(), places(spec, profile, store, None)
    complain(checked.diagnostics)
    plans = [compile_module(point.module) for point in checked.points]
    for point, plan in zip(checked.points, plans, strict=True):
        for fault in fits(plan, point.module):
            report(fault)
    _say_unchanged(sweep, plans)
    named = [(point.name, Planned(plan, where.spec_folder)) for point, plan in zip(checked.points, plans, strict=True)]
    say(_prices(named, where.store, report).rstrip())


def _prices(points: Sequence[tuple[str, Planned]], store: Path, report: Callable[[Diagnostic], None]) -> str:
    """What the points would take; without access to the hub, each for itself."""
    evals = any(build.plan.evaluation.models for _, build in points)
    try:
        seen = previews([build for _, build in points], store, report)
    except DiagnosticError as error:
        if not out_of_reach(error):
            raise
        prices = [alone(name, from_afar(build.plan, error).estimate) for name, build in points]
        complain(error.diagnostics)
        note("the plan below counts on as many seeds as the spec takes, and calls that points share for each of them")
        return present_sweep(prices, sampled=True, evals=evals)
    rehearsed = [
        Rehearsed(name, sum(one.estimate.rows.values()), one.asked, one.stored)
        for (name, _), one in zip(points, seen, strict=True)
    ]
    return present_sweep(priced(rehearsed), sampled=any(one.sampled for one in seen), evals=evals)


def _say_unchanged(sweep: str, plans: Sequence[Plan]) -> None:
    """That nothing of the sweep reaches a model, if so."""
    if len(plans) > 1 and len({digest(plan) for plan in plans}) == 1:
        note(no_call_changes(sweep, len(plans)))


class _Once:
    """Tells a problem with seeds once, though several points read them."""

    def __init__(self) -> None:
        self._told: set[tuple[object, ...]] = set()

    def __call__(self, fault: Diagnostic) -> None:
        key = (fault.code.id, fault.at, fault.message)
        if key not in self._told:
            self._told.add(key)
            warn(fault)
