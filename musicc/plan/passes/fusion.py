"""Fusion: hidden instruction and answer are written in one call where both calls would go to the same model."""

from musicc.plan.document import Option, Plan
from musicc.plan.edit import calls, each_dialogue, each_option


def fuse(plan: Plan) -> Plan:
    """Settles for each option which of its forms is played; none has a second form afterwards."""
    return each_dialogue(plan, lambda dialogue: each_option(dialogue, _settle))


def _settle(option: Option) -> Option:
    models = {call.model for call in calls(option.steps)}
    steps = option.one_call if option.one_call and len(models) == 1 else option.steps
    return option.model_copy(update={"steps": steps, "one_call": ()})
