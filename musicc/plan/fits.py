"""Whether conversations fit the models that they are put to."""

from musicc.diagnostics import Diagnostic
from musicc.diagnostics.codes.rules import CONTEXT_FULL
from musicc.plan.document import Dialogue, Plan
from musicc.plan.expect import Expectation
from musicc.plan.lengths import typical
from musicc.plan.statistics import ASSUMED, Statistics


def fits(plan: Plan, statistics: Statistics = ASSUMED) -> list[Diagnostic]:
    """A warning (M320) for each dialogue and model whose context the conversations are expected to outgrow."""
    return [fault for dialogue in plan.dialogues for fault in _overflows(plan, dialogue, statistics)]


def _overflows(plan: Plan, dialogue: Dialogue, statistics: Statistics) -> list[Diagnostic]:
    peaks: dict[str, tuple[float, int]] = {}
    for (_, model), use in Expectation(plan, dialogue, statistics, typical(statistics)).used.items():
        peaks[model] = max(use.longest, peaks.get(model, use.longest))
    return [
        Diagnostic(
            CONTEXT_FULL,
            f"turn {turn} of `{dialogue.name}` takes about {tokens:,.0f} tokens, and `{model}` holds {context:,}",
            at=f"dialogue {dialogue.name}",
            help="fewer `turns`, a smaller `max_tokens`, shorter seeds (`max_chars`), or a model with a larger context",
        )
        for model, (tokens, turn) in sorted(peaks.items())
        if (context := plan.models[model].context) is not None and tokens > context
    ]
