"""`musicc plan`."""

from collections.abc import Sequence
from pathlib import Path

from musicc.cli.check import require_module
from musicc.cli.edge import complain, say
from musicc.cli.places import places
from musicc.plan.compile import compile_module
from musicc.plan.fits import fits
from musicc.plan.present import present
from musicc.runtime.preview import preview


def show_plan(spec: Path, profile: str | None, params: Sequence[str], store: Path | None, out: Path | None) -> None:
    """Prints what a build would call and cost. Raises DiagnosticError."""
    plan = compile_module(require_module(spec, profile, params))
    complain(fits(plan))
    where = places(spec, profile, store, out)
    seen = preview(plan, where.spec_folder, where.store, lambda fault: complain([fault]))
    say(present(plan, seen.estimate, left=seen.left, held=seen.held, sampled=seen.sampled).rstrip())
