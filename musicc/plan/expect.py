"""What the rows of a dialogue are expected to ask: exact means over everything that a row draws.

All rows are played at once, in groups that are alike so far: by whether the rejected branch is still one conversation
with the chosen one, and by how many turns each rule with drawn turns has had. A group carries its share of the rows and
the length of its conversations weighted by that share; what a call costs is linear in both, so means stay exact.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from musicc.plan.cast import Cast, Counts
from musicc.plan.document import FAITHFUL, Call, Dialogue, Option, Plan
from musicc.plan.edit import calls
from musicc.plan.groups import Groups, Mass, Population, total
from musicc.plan.lengths import Lengths, ReplyLength
from musicc.plan.prompts import Prompts
from musicc.plan.shapes import Weighed, shapes
from musicc.plan.statistics import SeedFacts, Statistics

Role: TypeAlias = Literal["user", "chosen", "rejected"]


@dataclass(slots=True)
class Use:
    """Of one model in one role, per row: calls, tokens in and out; and the longest call, prompt and room, with its turn."""

    calls: float = 0.0
    input: float = 0.0
    output: float = 0.0
    longest: tuple[float, int] = (0.0, 0)


class Scene(NamedTuple):
    """Somebody's calls at a turn where the user says `said` tokens; of equal scenes the rows are added up.

    `asked`: the chosen branch has asked the faithful question before, in whichever option.
    """

    role: Role
    turn: int
    said: float
    option: int  # its identity
    asked: bool


class Expectation:
    """What a dialogue uses, by role and model."""

    def __init__(self, plan: Plan, dialogue: Dialogue, statistics: Statistics, reply: ReplyLength) -> None:
        self.used: dict[tuple[Role, str], Use] = {}
        self._dialogue, self._holds = dialogue, statistics.holds
        self._prompts = Prompts(plan, dialogue)
        facts = statistics.seeds.get(dialogue.seeds, SeedFacts())
        self._lengths = Lengths(facts, reply)
        self._scenes: dict[Scene, tuple[Option, Mass]] = {}
        for rows in shapes(dialogue, plan.seeds[dialogue.seeds], facts):
            self._play(rows)
        for scene, (option, mass) in self._scenes.items():
            made = [call for call in calls(option.steps) if not (call.shares and scene.asked)]
            self._charge(scene.role, scene.turn, made, self._lengths.values(option.steps, scene.said), mass)

    def _play(self, rows: Weighed) -> None:
        shape, dialogue = rows.shape, self._dialogue
        casts = (
            Cast(dialogue.chosen, dialogue, shape, self._holds),
            Cast(dialogue.rejected, dialogue, shape, self._holds),
        )
        start = Mass(rows.share, rows.share * rows.context)
        everyone = Population()
        everyone.chosen[casts[0].start()] = everyone.together[casts[0].start(), casts[1].start()] = start
        for turn in range(1, shape.turns + 1):
            said = self._lengths.facts.user if turn <= shape.scripted else self._utterances(turn, everyone)
            everyone = self._replies(turn, said, everyone, casts)

    def _utterances(self, turn: int, everyone: Population) -> float:
        """The user speaks to each branch, but to those that are together once. Returns how long it is."""
        if not self._dialogue.user.shared:
            everyone.part()
        said = 0.0
        variants = self._dialogue.user.variants
        whole = sum(variant.weight for variant in variants)
        for variant in variants:
            values = self._lengths.values(variant.steps, 0.0)
            said += variant.weight / whole * values["instruction"]
            heard = Mass()
            for groups in (everyone.chosen, everyone.apart):
                heard.add(variant.weight / whole, total(groups))
            self._charge("user", turn, variant.steps, values, heard)
        return said

    def _replies(self, turn: int, said: float, before: Population, casts: tuple[Cast, Cast]) -> Population:
        after = Population()
        self._alone("chosen", turn, said, casts[0], before.chosen, after.chosen)
        self._alone("rejected", turn, said, casts[1], before.apart, after.apart)
        for (ahead, behind), mass in before.together.items():
            for lead in casts[0].at(turn, ahead):
                asked = any(call.shares for call in calls(lead.option.steps))
                for own in casts[1].at(turn, behind):
                    part = lead.probability * own.probability
                    grown = self._scene(Scene("rejected", turn, said, id(own.option), asked), own.option, part, mass)
                    if lead.option.rule == FAITHFUL == own.option.rule:
                        after.together[lead.counts, own.counts].add(part, mass, grown)
                    else:
                        after.apart[own.counts].add(part, mass, grown)
        return after

    def _alone(
        self, role: Role, turn: int, said: float, cast: Cast, before: Groups[Counts], after: Groups[Counts]
    ) -> None:
        """A branch that minds no other."""
        for counts, mass in before.items():
            for drawn in cast.at(turn, counts):
                scene = Scene(role, turn, said, id(drawn.option), asked=False)
                grown = self._scene(scene, drawn.option, drawn.probability, mass)
                after[drawn.counts].add(drawn.probability, mass, grown)

    def _scene(self, scene: Scene, option: Option, part: float, mass: Mass) -> float:
        """Part of the rows play the option. Returns by how much their conversations grow."""
        self._scenes.setdefault(scene, (option, Mass()))[1].add(part, mass)
        return scene.said + self._lengths.of_reply(option, scene.said)

    def _charge(self, role: Role, turn: int, made: Iterable[Call], values: dict[str, float], rows: Mass) -> None:
        if not rows.share:
            return
        for call in made:
            own, conversations = self._prompts.length(call, values)
            prompt = own * rows.share + conversations * rows.conversation
            use = self.used.setdefault((role, call.model), Use())
            use.calls += rows.share
            use.input += prompt
            use.output += values[call.out] * rows.share
            use.longest = max(use.longest, (prompt / rows.share + call.sampling.max_tokens, turn))
