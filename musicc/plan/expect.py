"""What the rows of a dialogue are expected to ask: exact means over everything that a row draws.

All rows are played at once. Those that are alike so far are one state: whether the branches are still one conversation,
and how many turns each rule with drawn turns has had. A state carries its share of the rows, and the lengths of their
conversations as sums weighted by that share; what a call costs is linear in both, so means stay exact.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from musicc.plan.cast import Cast, Counts
from musicc.plan.document import FAITHFUL, Call, Cut, Dialogue, Option, Parse, Plan, Step
from musicc.plan.edit import calls
from musicc.plan.prompts import Prompts
from musicc.plan.shapes import Shape, Weighed, shapes
from musicc.plan.statistics import SeedFacts, Statistics

Role: TypeAlias = Literal["user", "chosen", "rejected"]


ReplyLength: TypeAlias = Callable[[Call], float]
"""In tokens."""


def typical(statistics: Statistics) -> ReplyLength:
    return lambda call: statistics.reply(call.model, call.sampling.max_tokens)


def longest(call: Call) -> float:
    """Every reply fills its `max_tokens`."""
    return float(call.sampling.max_tokens)


@dataclass(slots=True)
class Use:
    """Of one model in one role, per row: calls, tokens in and out; and the longest call, prompt and room, with its turn."""

    calls: float = 0.0
    input: float = 0.0
    output: float = 0.0
    longest: tuple[float, int] = (0.0, 0)


class State(NamedTuple):
    together: bool
    chosen: Counts
    rejected: Counts


@dataclass(slots=True)
class Mass:
    """`share` of the rows; `chosen` and `rejected` are the lengths of their conversations in tokens, times the share."""

    share: float = 0.0
    chosen: float = 0.0
    rejected: float = 0.0

    def add(self, part: float, of: "Mass", chosen: float, rejected: float) -> None:
        """`part` of the rows of another state, whose conversations grew by so many tokens."""
        self.share += part * of.share
        self.chosen += part * (of.chosen + of.share * chosen)
        self.rejected += part * (of.rejected + of.share * rejected)


class Asked(NamedTuple):
    """Some rows at a turn: their share, their conversations' length times the share, and who speaks."""

    role: Role
    turn: int
    share: float
    conversation: float


class Expectation:
    """What a dialogue uses, by role and model."""

    def __init__(self, plan: Plan, dialogue: Dialogue, statistics: Statistics, reply: ReplyLength) -> None:
        self.used: dict[tuple[Role, str], Use] = {}
        self._dialogue, self._reply, self._holds = dialogue, reply, statistics.holds
        self._prompts = Prompts(plan, dialogue)
        self._facts = statistics.seeds.get(dialogue.seeds, SeedFacts())
        for weighed in shapes(dialogue, plan.seeds[dialogue.seeds], self._facts):
            self._play_rows(weighed)

    def _play_rows(self, rows: Weighed) -> None:
        dialogue, shape, context = self._dialogue, rows.shape, rows.share * rows.context
        chosen, rejected = (Cast(r, dialogue, shape, self._holds) for r in (dialogue.chosen, dialogue.rejected))
        states = {State(True, chosen.start(), rejected.start()): Mass(rows.share, context, context)}
        for turn in range(1, shape.turns + 1):
            after: dict[State, Mass] = {}
            for state, mass in states.items():
                together, said = self._utterance(turn, shape, state.together, mass)
                self._replies(turn, state._replace(together=together), mass, said, (chosen, rejected), after)
            states = after

    def _utterance(self, turn: int, shape: Shape, together: bool, mass: Mass) -> tuple[bool, float]:
        """Whether the branches are together after what the user says, and its length."""
        if turn <= shape.scripted:
            return together, self._facts.user
        user = self._dialogue.user
        said = self._voice(Asked("user", turn, mass.share, mass.chosen))
        if not (together and user.shared):
            self._voice(Asked("user", turn, mass.share, mass.rejected))
        return together and user.shared, said

    def _voice(self, asked: Asked) -> float:
        variants = self._dialogue.user.variants
        whole, said = sum(variant.weight for variant in variants), 0.0
        for variant in variants:
            part = variant.weight / whole
            some = asked._replace(share=asked.share * part, conversation=asked.conversation * part)
            said += part * self._steps(variant.steps, some, {})["instruction"]
        return said

    def _replies(
        self, turn: int, state: State, mass: Mass, said: float, casts: tuple[Cast, Cast], after: dict[State, Mass]
    ) -> None:
        for one in casts[0].at(turn, state.chosen):
            p = one.probability
            good = self._option(one.option, Asked("chosen", turn, p * mass.share, p * mass.chosen), said, False)
            lead = state.together and one.option.rule == FAITHFUL
            asked = state.together and any(call.shares for call in calls(one.option.steps))
            for other in casts[1].at(turn, state.rejected):
                q = p * other.probability
                bad = self._option(
                    other.option, Asked("rejected", turn, q * mass.share, q * mass.rejected), said, asked
                )
                then = State(lead and other.option.rule == FAITHFUL, one.counts, other.counts)
                after.setdefault(then, Mass()).add(q, mass, said + good, said + bad)

    def _option(self, option: Option, asked: Asked, said: float, follows: bool) -> float:
        """The length of the reply. `follows`: the chosen branch has asked the faithful question, in whichever option."""
        values = {"instruction": said, "last_reply": self._facts.reply}
        return self._steps(option.steps, asked, values, follows)["reply"]

    def _steps(
        self, steps: Iterable[Step], asked: Asked, values: dict[str, float], follows: bool = False
    ) -> dict[str, float]:
        """The lengths of the turn's values after the steps, which are charged for."""
        for step in steps:
            if isinstance(step, Call):
                values[step.out] = self._reply(step)
                if not (step.shares and follows):
                    self._charge(step, asked, values)
            elif isinstance(step, Parse):
                values |= _parsed(step, values)
            elif isinstance(step, Cut):
                values["reply"] = values[step.of] * sum(step.keep) / 2
            else:
                values["hidden"] = self._facts.user
        return values

    def _charge(self, call: Call, asked: Asked, values: dict[str, float]) -> None:
        use = self.used.setdefault((asked.role, call.model), Use())
        own, conversations = self._prompts.length(call, values)
        prompt = own * asked.share + conversations * asked.conversation
        use.calls += asked.share
        use.input += prompt
        use.output += values[call.out] * asked.share
        use.longest = max(use.longest, (prompt / asked.share + call.sampling.max_tokens, asked.turn))


def _parsed(step: Parse, values: dict[str, float]) -> dict[str, float]:
    """A hidden instruction is about as long as what the user said; the answer has its part of the rest of the draft."""
    draft = values[step.of]
    hidden = min(values["instruction"], draft / 2) if "instruction" in step.fields else 0.0
    others = sum(name != "instruction" for name in step.fields)
    return {"hidden": hidden, "reply": (draft - hidden) / others}
