"""Every row of a dialogue, one by one: written from the plan's documentation alone, and slow. Tests compare with it.

The oracle's LLM answers equal messages with equal replies, so plans that ask the same have the same conversations.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TypeVar

from hypothesis import reject

from musicc.plan.checks import PairJudge, TurnJudge
from musicc.plan.document import (
    ASSISTANT,
    FAITHFUL,
    AnyOf,
    Call,
    Cut,
    Dialogue,
    Option,
    Parse,
    Plan,
    Rule,
    Step,
    When,
)
from musicc.plan.statistics import SeedFacts, Statistics

T = TypeVar("T")


class Draws:
    """The choices of one row: a script, then always the first alternative."""

    def __init__(self, script: Sequence[int]) -> None:
        self.script, self.path, self.probability = script, list[tuple[int, int]](), 1.0

    def one(self, weights: Sequence[float]) -> int:
        """The index of what was drawn; what has no weight is never drawn."""
        possible = [index for index, weight in enumerate(weights) if weight > 0]
        at = self.script[len(self.path)] if len(self.path) < len(self.script) else 0
        self.path.append((at, len(possible)))
        self.probability *= weights[possible[at]] / sum(weights)
        return possible[at]

    def of(self, alternatives: Sequence[T]) -> T:
        return alternatives[self.one([1.0] * len(alternatives))]


def every(play: Callable[[Draws], T], most: int = 600) -> Iterator[tuple[float, T]]:
    """Whatever `play` can come to, with its probability. An example with more rows than `most` is given up."""
    script: list[int] = []
    for _ in range(most):
        draws = Draws(script)
        came_to = play(draws)
        yield draws.probability, came_to
        path = draws.path
        while path and path[-1][0] == path[-1][1] - 1:
            path.pop()
        if not path:
            return
        script = [*(at for at, _ in path[:-1]), path[-1][0] + 1]
    reject()


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said, and its length in tokens."""

    what: object
    tokens: float


Message = tuple[str, Said]


@dataclass(slots=True)
class Branch:
    name: str
    rules: dict[int, Rule]
    history: list[Message]
    departed: bool
    clock: float = 0.0


@dataclass(slots=True)
class Row:
    """What a row came to. `calls`: role, model, prompt and reply in tokens, turn."""

    calls: list[tuple[str, str, float, float, int]] = field(default_factory=list)
    played: list[tuple[str, int, str]] = field(default_factory=list)
    chosen: tuple[object, ...] = ()
    rejected: tuple[object, ...] = ()
    seconds: float = 0.0


class Theatre:
    """Plays the rows of one dialogue. `names` gives equal things equal numbers, across plans if they use the same one."""

    def __init__(
        self,
        plan: Plan,
        dialogue: Dialogue,
        statistics: Statistics,
        names: dict[object, int] | None = None,
        full: bool = False,
    ) -> None:
        self.plan, self.dialogue, self.statistics, self.full = plan, dialogue, statistics, full
        self.facts = statistics.seeds.get(dialogue.seeds, SeedFacts())
        self.names = {} if names is None else names

    def rows(self) -> Iterator[tuple[float, Row]]:
        return every(self.play)

    def name(self, thing: object) -> int:
        return self.names.setdefault(thing, len(self.names))

    # One row

    def play(self, draws: Draws) -> Row:
        dialogue, facts, seeds = self.dialogue, self.facts, self.plan.seeds[self.dialogue.seeds]
        shares = list(facts.user_turns.items())
        users = shares[draws.one([share for _, share in shares])][0]
        if seeds.context == "whole_prompt":
            answered = draws.one([1 - facts.answered, facts.answered])
            before, self.scripted = users - 1 + answered, 1 - answered
        else:
            wanted = 1 if seeds.context == "first_user_turn" else draws.of(range(seeds.prefix[0], seeds.prefix[1] + 1))
            before = min(wanted, users) - 1
            self.scripted = 1 + (users - before - 1) * dialogue.user.replay
        turns = draws.of(range(dialogue.turns[0], dialogue.turns[1] + 1))
        if dialogue.user.replay and not dialogue.user.variants:
            turns = min(turns, self.scripted)
        self.draws, self.row, self.earlier = draws, Row(), before > 0
        self.answered = dict[int, float]()  # when each question of the row was answered
        self.user = draws.one([v.weight for v in dialogue.user.variants]) if dialogue.user.variants else 0
        self.system = dialogue.assistants[draws.one([a.weight for a in dialogue.assistants])].system
        context = [("system", Said("seed", facts.system))]
        for _ in range(before):
            context += [("user", Said("seed", facts.user)), ("assistant", Said("seed", facts.reply))]
        chosen = Branch("chosen", self.cast(dialogue.chosen, turns), list(context), False)
        rejected = Branch("rejected", self.cast(dialogue.rejected, turns), list(context), False)
        self.shown = list[tuple[int, Branch, dict[str, Said]]]()  # to a judge of turns
        for turn in range(1, turns + 1):
            self.turn(turn, chosen, rejected)
        self.row.chosen, self.row.rejected = (tuple(s.what for _, s in b.history) for b in (chosen, rejected))
        self.row.seconds = max(chosen.clock, rejected.clock)
        if rejected.departed:
            self.checks(turns, chosen, rejected)
        return self.row

    def cast(self, rules: Sequence[Rule], turns: int) -> dict[int, Rule]:
        taken: dict[int, Rule] = {}
        for rule in rules:
            if not isinstance(rule.turns, AnyOf):
                first, last = (turns if edge == "last" else edge for edge in (rule.turns.first, rule.turns.last))
                taken |= {turn: rule for turn in range(1, turns + 1) if first <= turn <= last}
        for rule in rules:
            if isinstance(rule.turns, AnyOf):
                free = [turn for turn in range(1, turns + 1) if turn not in taken]
                drawn = self.draws.of(list(combinations(free, min(rule.turns.count, len(free)))))
                taken |= dict.fromkeys(drawn, rule)
        return taken

    def turn(self, turn: int, chosen: Branch, rejected: Branch) -> None:
        said = self.utterance(turn, chosen, None)
        heard = chosen.clock
        good = self.option(turn, chosen)
        reply = self.steps(turn, good, chosen, said)
        other_said = self.utterance(turn, rejected, (said, heard))
        bad = self.option(turn, rejected)
        other_reply = self.steps(turn, bad, rejected, other_said)
        rejected.departed |= {good.rule, bad.rule} != {FAITHFUL}
        for branch, words in ((chosen, (said, reply)), (rejected, (other_said, other_reply))):
            if branch is chosen or rejected.departed:
                before = replace(branch, history=list(branch.history))
                self.shown.append((turn, before, dict(zip(("instruction", "reply"), words, strict=True))))
        chosen.history += [("user", said), ("assistant", reply)]
        rejected.history += [("user", other_said), ("assistant", other_reply)]

    def utterance(self, turn: int, branch: Branch, lead: tuple[Said, float] | None) -> Said:
        if turn <= self.scripted:
            return Said(("seed", turn), self.facts.user)
        if lead is not None and self.dialogue.user.shared and not branch.departed:
            branch.clock = max(branch.clock, lead[1])
            return lead[0]
        branch.departed = True
        (call,) = self.dialogue.user.variants[self.user].steps
        apart = branch.name == "rejected" and not self.dialogue.user.shared
        return self.ask("user", turn, call, branch, {}, apart)

    def option(self, turn: int, branch: Branch) -> Option:
        rule = branch.rules.get(turn)
        option = self.dialogue.faithful
        if rule is not None:
            drawn = rule.options[self.draws.one([option.weight for option in rule.options])]
            holds = rule.when is None or (
                can_hold(rule.when) and self.draws.one([1 - self.statistics.holds, self.statistics.holds])
            )
            if holds and not (drawn.needs_history and turn == 1 and not self.earlier):
                option = drawn
        self.row.played.append((branch.name, turn, option.rule))
        return option

    def steps(self, turn: int, option: Option, branch: Branch, said: Said) -> Said:
        values = {"instruction": said}
        for step in option.steps:
            self.step(step, turn, branch, values)
        return values["reply"]

    def step(self, step: Step, turn: int, branch: Branch, values: dict[str, Said]) -> None:
        match step:
            case Call():
                values[step.out] = self.ask(branch.name, turn, step, branch, values)
            case Parse():
                draft = values[step.of]
                hidden = min(values["instruction"].tokens, draft.tokens / 2) if "instruction" in step.fields else 0.0
                rest = [name for name in step.fields if name != "instruction"]
                values["hidden"] = Said(self.name(("hidden", draft.what)), hidden)
                values["reply"] = Said(self.name(("answer", draft.what)), (draft.tokens - hidden) / len(rest))
            case Cut():
                whole = values[step.of]
                values["reply"] = Said(
                    self.name(("cut", whole.what, step.keep)), whole.tokens * (step.keep[0] + step.keep[1]) / 2
                )
            case _:
                values["hidden"] = Said(step.op, self.facts.user)

    # Checks: a row whose branches never part is no pair, and every pair is judged

    def checks(self, turns: int, chosen: Branch, rejected: Branch) -> None:
        ends = [Said(None, sum(said.tokens for _, said in branch.history)) for branch in (chosen, rejected)]
        for gate in (check.gate for check in self.dialogue.checks):
            if isinstance(gate, PairJudge):
                for a, b in (ends, ends[::-1])[: 1 + gate.both_orders]:
                    self.judge(gate.call, turns, chosen, {"transcript_a": a, "transcript_b": b})
            elif isinstance(gate, TurnJudge):
                for shown in self.shown:
                    self.judge(gate.call, *shown)
            if isinstance(gate, PairJudge | TurnJudge):
                self.row.seconds += (
                    self.statistics.first_token + self.size(gate.call) / self.statistics.tokens_per_second
                )

    def judge(self, call: Call, turn: int, branch: Branch, values: dict[str, Said]) -> None:
        prompt = [self.rendered(name, branch, values) for name in (call.system, call.ask) if name]
        self.row.calls.append(("judge", call.model, sum(part.tokens for part in prompt), self.size(call), turn))

    # Calls

    def size(self, call: Call) -> float:
        return call.sampling.max_tokens if self.full else self.statistics.fill * call.sampling.max_tokens

    def ask(
        self, role: str, turn: int, call: Call, branch: Branch, values: dict[str, Said], apart: bool = False
    ) -> Said:
        system = self.system if call.system == ASSISTANT else call.system
        prompt = [self.rendered(name, branch, values) for name in (system, call.ask) if name]
        prompt += [said for _, said in branch.history] if call.history != "none" else []
        prompt += [values[call.say]] if call.ask is None and call.say else []
        size = self.size(call)
        asked = self.name(
            (call.model, call.sampling, call.history, call.fields, tuple(part.what for part in prompt), apart)
        )
        if call.shares and not branch.departed and asked in self.answered:
            branch.clock = max(branch.clock, self.answered[asked])
            return Said(asked, size)
        self.row.calls.append((role, call.model, sum(part.tokens for part in prompt), size, turn))
        branch.clock += self.statistics.first_token + size / self.statistics.tokens_per_second
        self.answered[asked] = branch.clock
        return Said(asked, size)

    def rendered(self, template: str, branch: Branch, values: dict[str, Said]) -> Said:
        text = self.plan.templates[template].text
        conversation = Said(
            tuple(said.what for _, said in branch.history), sum(said.tokens for _, said in branch.history)
        )
        offered = {**values, "transcript": conversation, "last_reply": Said("last", self.facts.reply)}
        shown = [offered[name] for name in re.findall(r"{{ (\w+) }}", text)]
        bare = re.sub(r"{{ \w+ }}", "", text)
        return Said((template, *(said.what for said in shown)), len(bare) / 4 + sum(said.tokens for said in shown))


def can_hold(when: When) -> bool:
    tests = {
        "<": float.__lt__,
        "<=": float.__le__,
        ">": float.__gt__,
        ">=": float.__ge__,
        "==": float.__eq__,
        "!=": float.__ne__,
    }
    return any(tests[when.comparison](float(length), float(when.bound)) for length in range(100))
