"""How much of a seed's conversation both branches start from."""

from musicc.plan.document import Seeds
from musicc.runtime.data.seed import Seed
from musicc.runtime.llm.types import Message


def context_of(seed: Seed, rule: Seeds, draw: float) -> tuple[tuple[Message, ...], tuple[str, ...]]:
    """The context, and the seed's later user turns, which `replay` says.

    `first_user_turn`: up to the first user message. `prefix`: up to the k-th, k drawn from the rule's range by `draw`, a
    uniform number in [0, 1). `whole_prompt`: all of it. A user message at the end of the context is what the user says in
    turn 1; behind an assistant message the user voice opens. Where a seed is user turns without replies, the context ends
    with the first.
    """
    users = [position for position, message in enumerate(seed.messages) if message["role"] == "user"]
    unanswered = len(users) > 1 and users[1] == users[0] + 1
    if rule.context == "whole_prompt" and not unanswered:
        return seed.messages, ()
    count = 1 if unanswered else min(_exchanges(rule, draw), len(users))
    return seed.messages[: users[count - 1] + 1], seed.user_turns[count:]


def _exchanges(rule: Seeds, draw: float) -> int:
    """How many user messages the context shall have."""
    if rule.context == "prefix":
        low, high = rule.prefix
        return low + int(draw * (high - low + 1))
    return 1
