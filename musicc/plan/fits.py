"""Whether conversations fit the models that they are put to."""

from collections.abc import Iterator

from musicc.diagnostics import Diagnostic, Note
from musicc.diagnostics.codes.rules import CONTEXT_FULL
from musicc.plan.document import Dialogue, Plan
from musicc.plan.expect import Expectation
from musicc.plan.lengths import typical
from musicc.plan.statistics import ASSUMED, Statistics
from musicc.semantics.module import Module
from musicc.semantics.silence import heard


def fits(plan: Plan, module: Module, statistics: Statistics = ASSUMED) -> list[Diagnostic]:
    """A warning (M320) for each dialogue and model whose context the conversations are expected to outgrow, if not silenced.

    `module` is what the plan was made of: it knows where the dialogues and the models are declared.
    """
    return heard([fault for dialogue in plan.dialogues for fault in _overflows(plan, module, dialogue, statistics)])


def _overflows(plan: Plan, module: Module, dialogue: Dialogue, statistics: Statistics) -> Iterator[Diagnostic]:
    peaks: dict[tuple[str, str], tuple[float, int]] = {}  # by check, which is empty for the dialogue itself, and model
    for (_, model, check), use in Expectation(plan, dialogue, statistics, typical(statistics)).used.items():
        peaks[check, model] = max(use.longest, peaks.get((check, model), use.longest))
    for (check, model), (tokens, turn) in sorted(peaks.items()):
        context = plan.models[model].context
        if context is not None and tokens > context:
            yield _overflow(module, dialogue.name, check, model, f"{tokens:,.0f} tokens", turn, context)


def _overflow(
    module: Module, dialogue: str, check: str, model: str, tokens: str, turn: int, context: int
) -> Diagnostic:
    owner = module.checks.get(check) if check else module.dialogues.get(dialogue)
    declared = module.models.get(model)
    what = f"what `{check}` asks a judge" if check else f"turn {turn} of `{dialogue}`"
    return Diagnostic(
        CONTEXT_FULL,
        f"{what} takes about {tokens}, and `{model}` holds {context:,}",
        at=owner.span if owner else f"dialogue {dialogue}",
        label=(f"about {tokens}" if check else f"about {tokens} on turn {turn}") if owner else "",
        notes=(Note(declared.span, f"holds {context:,}"),) if declared else (),
        help="fewer `turns`, a smaller `max_tokens`, shorter seeds (`max_chars`), or a model with a larger context",
    )
