"""Copies of a plan with something changed: what the passes are written in."""

from collections.abc import Callable, Iterable

from musicc.plan.checks import Check, PairJudge, TurnJudge
from musicc.plan.document import Call, Dialogue, Option, Plan, Rule, Step


def each_dialogue(plan: Plan, change: Callable[[Dialogue], Dialogue]) -> Plan:
    return plan.model_copy(update={"dialogues": tuple(map(change, plan.dialogues))})


def each_option(dialogue: Dialogue, change: Callable[[Option], Option]) -> Dialogue:
    """With every option changed, the faithful one included."""

    def rule(old: Rule) -> Rule:
        return old.model_copy(update={"options": tuple(map(change, old.options))})

    return dialogue.model_copy(
        update={
            "faithful": change(dialogue.faithful),
            "chosen": tuple(map(rule, dialogue.chosen)),
            "rejected": tuple(map(rule, dialogue.rejected)),
        }
    )


def each_call(option: Option, change: Callable[[Call], Call]) -> Option:
    steps = tuple(change(step) if isinstance(step, Call) else step for step in option.steps)
    return option.model_copy(update={"steps": steps})


def calls(steps: Iterable[Step]) -> list[Call]:
    return [step for step in steps if isinstance(step, Call)]


def judging(dialogue: Dialogue) -> list[tuple[Check, PairJudge | TurnJudge]]:
    """The checks of a dialogue that ask a model, each with its gate."""
    return [(check, check.gate) for check in dialogue.checks if isinstance(check.gate, PairJudge | TurnJudge)]
