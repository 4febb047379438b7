"""`musicc build --max-calls` and `--max-cost`: what a run may spend."""

from math import isfinite

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes.running import BAD_OPTION
from musicc.runtime.budget import Allowance


def allowance(max_calls: int | None, max_cost: float | None) -> Allowance:
    """What the options allow. Raises DiagnosticError for a sum that is none."""
    if max_cost is not None and not isfinite(max_cost):
        fault = f"`--max-cost {max_cost}` is no sum of money"
        raise DiagnosticError(Diagnostic(BAD_OPTION, fault, help="write `--max-cost 5`, in USD"), exit_code=2)
    return Allowance(max_calls, max_cost)
