"""Sharing: both branches are one conversation until one departs, so until then the rejected one repeats no call."""

from functools import partial

from musicc.plan.document import Call, Dialogue, Option, Plan, Seeds
from musicc.plan.edit import calls, each_call, each_dialogue, each_option
from musicc.plan.turns import departures, first_voiced


def share(plan: Plan) -> Plan:
    """Marks the calls that ask what the chosen branch's faithful call asks, and finds where each dialogue departs."""
    return each_dialogue(plan, lambda dialogue: _share(dialogue, plan.seeds[dialogue.seeds]))


def _share(dialogue: Dialogue, seeds: Seeds) -> Dialogue:
    (faithful,) = calls(dialogue.faithful.steps)
    marked = each_option(dialogue, partial(_mark, faithful=_question(faithful)))
    return marked.model_copy(update={"departs": _departs(dialogue, seeds)})


def _mark(option: Option, faithful: Call) -> Option:
    return each_call(option, lambda call: call.model_copy(update={"shares": _question(call) == faithful}))


def _question(call: Call) -> Call:
    """The call without what becomes of its reply: equal ones are the same request."""
    return call.model_copy(update={"out": "", "shares": False})


def _departs(dialogue: Dialogue, seeds: Seeds) -> int:
    """An utterance that each branch draws for itself sets them apart as well."""
    turns = departures(dialogue.chosen, dialogue, seeds) | departures(dialogue.rejected, dialogue, seeds)
    if dialogue.user.variants and not dialogue.user.shared:
        turns.add(first_voiced(dialogue.user, seeds))
    return min(turns, default=dialogue.turns[1] + 1)
