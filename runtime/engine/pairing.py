"""The pair that a played row makes."""

from collections.abc import Iterable, Iterator

from musicc.plan.document import Call, Dialogue, Plan, Step
from musicc.runtime.data.pairs import Models, Pair, Personas, TurnRecord
from musicc.runtime.engine.conversation import BranchPlayer
from musicc.runtime.engine.schedule import Row, variant
from musicc.runtime.engine.turn import Played


def make_pair(dialogue: Dialogue, row: Row, chosen: BranchPlayer, rejected: BranchPlayer) -> Pair:
    """The pair of a row whose branches were played to their ends; what the plan says of it is not in it yet."""
    voices = dialogue.user.variants
    return Pair(
        id=row.id,
        chosen=tuple(chosen.history),
        rejected=tuple(rejected.history),
        seed=row.seed.id,
        dialogue=dialogue.name,
        context=len(row.context),
        turns=tuple(map(_record, chosen.played, rejected.played)),
        personas=Personas(
            user=1 + variant("user", voices, row.draws) if voices else 0,
            assistant=1 + variant("assistant", dialogue.assistants, row.draws),
        ),
    )


def _record(chosen: Played, rejected: Played) -> TurnRecord:
    return TurnRecord(
        turn=rejected.turn,
        shared=rejected.shared,
        rule=rejected.rule,
        hidden=rejected.hidden or "",
        marks=rejected.marks,
        chosen_rule=chosen.rule,
        chosen_hidden=chosen.hidden or "",
        chosen_marks=chosen.marks,
    )


def models_of(plan: Plan, dialogue: Dialogue) -> Models:
    """The served names of the models that speak in a dialogue."""
    contrasts = [step for rule in (*dialogue.chosen, *dialogue.rejected) for o in rule.options for step in o.steps]
    return Models(
        user=_served(plan, [step for variant in dialogue.user.variants for step in variant.steps]),
        assistant=_served(plan, dialogue.faithful.steps),
        contrast=_served(plan, contrasts),
    )


def _served(plan: Plan, steps: Iterable[Step]) -> str:
    return ", ".join(sorted({plan.models[call.model].served for call in _calls(steps)}))


def _calls(steps: Iterable[Step]) -> Iterator[Call]:
    return (step for step in steps if isinstance(step, Call))
