"""`musicc plan`."""

from collections.abc import Sequence
from pathlib import Path

from musicc.cli.check import require_module
from musicc.cli.edge import complain, note, say
from musicc.cli.places import Places, places
from musicc.diagnostics import DiagnosticError
from musicc.diagnostics.codes.data import HUB_REFUSED, HUB_UNREACHABLE, NO_HUB
from musicc.plan.compile import compile_module
from musicc.plan.document import Plan
from musicc.plan.fits import fits
from musicc.plan.present import present
from musicc.runtime.preview import Preview, from_afar, preview


def show_plan(spec: Path, profile: str | None, params: Sequence[str], store: Path | None, out: Path | None) -> None:
    """Prints what a build would call and cost. Raises DiagnosticError."""
    plan = compile_module(require_module(spec, profile, params))
    complain(fits(plan))
    where = places(spec, profile, store, out)
    seen = _preview(plan, where)
    say(present(plan, seen.estimate, left=seen.left, held=seen.held, sampled=seen.sampled).rstrip())


def _preview(plan: Plan, where: Places) -> Preview:
    """What a build would do; without access to the hub, what it would do with as many seeds as the spec takes."""
    try:
        return preview(plan, where.spec_folder, where.store, lambda fault: complain([fault]))
    except DiagnosticError as error:
        if not {fault.code for fault in error.diagnostics} & {NO_HUB, HUB_UNREACHABLE, HUB_REFUSED}:
            raise
        seen = from_afar(plan, error)
        complain(error.diagnostics)
        note("the plan below counts on as many seeds as the spec takes, and on none of their replies in the store")
        return seen
