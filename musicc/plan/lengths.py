"""How long the values of a turn are, in tokens."""

from collections.abc import Callable, Iterable
from typing import TypeAlias

from musicc.plan.document import Call, Cut, Option, Parse, Step
from musicc.plan.statistics import SeedFacts, Statistics

ReplyLength: TypeAlias = Callable[[Call], float]


def typical(statistics: Statistics) -> ReplyLength:
    return lambda call: statistics.reply(call.model, call.sampling.max_tokens)


def longest(call: Call) -> float:
    """Every reply fills its `max_tokens`."""
    return float(call.sampling.max_tokens)


class Lengths:
    """`reply` is the length of a call's reply; what the seeds say has theirs."""

    def __init__(self, facts: SeedFacts, reply: ReplyLength) -> None:
        self.facts, self.reply = facts, reply
        self._replies: dict[tuple[int, float], float] = {}

    def of_reply(self, option: Option, said: float) -> float:
        """The assistant's message, where the user says so much. Options are told apart by identity."""
        key = id(option), said
        if key not in self._replies:
            self._replies[key] = self.values(option.steps, said)["reply"]
        return self._replies[key]

    def values(self, steps: Iterable[Step], said: float) -> dict[str, float]:
        """Every value of the turn after the steps. A hidden instruction is about as long as what the user says."""
        values = {"instruction": said, "last_reply": self.facts.reply}
        for step in steps:
            if isinstance(step, Call):
                values[step.out] = self.reply(step)
            elif isinstance(step, Parse):
                values |= _parsed(step, values)
            elif isinstance(step, Cut):
                values["reply"] = values[step.of] * sum(step.keep) / 2
            else:
                values["hidden"] = self.facts.user
        return values


def _parsed(step: Parse, values: dict[str, float]) -> dict[str, float]:
    """The fields share what the hidden instruction leaves of the draft."""
    draft = values[step.of]
    hidden = min(values["instruction"], draft / 2) if "instruction" in step.fields else 0.0
    others = sum(name != "instruction" for name in step.fields)
    return {"hidden": hidden, "reply": (draft - hidden) / others}
