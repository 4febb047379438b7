"""Prefix order: calls that see the same conversation see it behind the same system text.

Servers keep what they computed for the beginning of a prompt. Rows come seed by seed and go on turn by turn, and every
call puts its own question last; so all that can still spoil a prefix is its very first message. A call that rewrites an
instruction has no system text by nature. Where it goes to the assistant's model, it takes the assistant's: then its
prompt begins with what the server has just computed for that conversation, instead of keeping a second copy of it.
"""

from functools import partial

from musicc.plan.document import ASSISTANT, Call, Dialogue, Plan
from musicc.plan.edit import calls, each_call, each_dialogue, each_option


def align(plan: Plan) -> Plan:
    """Gives calls on the assistant's model that see the conversation as chat the assistant's system text."""
    return each_dialogue(plan, _align)


def _align(dialogue: Dialogue) -> Dialogue:
    (faithful,) = calls(dialogue.faithful.steps)
    behind = partial(_behind_system, model=faithful.model)
    return each_option(dialogue, lambda option: each_call(option, behind))


def _behind_system(call: Call, model: str) -> Call:
    bare = call.model == model and call.history == "chat" and call.system is None
    return call.model_copy(update={"system": ASSISTANT}) if bare else call
