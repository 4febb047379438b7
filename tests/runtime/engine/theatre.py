"""Small plans made by hand, and a backend in this process that answers by the messages alone and keeps what it was asked."""

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import orjson

from musicc.plan.document import (
    ASSISTANT,
    Access,
    Assistant,
    Borrow,
    Call,
    Cut,
    Dialogue,
    FileSource,
    Model,
    Option,
    Parse,
    Plan,
    Policy,
    Range,
    Recall,
    Rule,
    Sampling,
    Seeds,
    Template,
    User,
    VoiceVariant,
)
from musicc.runtime.engine.caller import Tally
from musicc.runtime.engine.checks.examine import Examined
from musicc.runtime.engine.conversation import BranchPlayer, Stage
from musicc.runtime.engine.local import Failed, Outcome, play
from musicc.runtime.engine.schedule import Row
from musicc.runtime.llm.types import Reply, Request
from musicc.runtime.stages import all_rows, make_stages, open_pools

SAMPLING = Sampling(temperature=1.0, top_p=1.0, max_tokens=64)
LENIENT = {
    fault: Policy(retries=2, then="quarantine")
    for fault in ("empty", "truncated", "unparsable", "role_leak", "hidden_leak", "repeated")
}


def call(out: str, say: str | None = "instruction", **fields: object) -> Call:
    given: dict[str, object] = {
        "out": out,
        "model": "m",
        "sampling": SAMPLING,
        "system": ASSISTANT,
        "say": say,
    } | fields
    return Call(**given)  # type: ignore[arg-type]


FAITHFUL = Option(rule="faithful", weight=1.0, steps=(call("reply", shares=True),))
OPTIONS = {
    "faithful": FAITHFUL,
    "other": Option(rule="other", weight=1.0, steps=(Borrow(), call("reply", say="hidden"))),
    "stale": Option(rule="stale", weight=1.0, needs_history=True, steps=(Recall(), call("reply", say="hidden"))),
    "forget": Option(rule="forget", weight=1.0, needs_history=True, steps=(call("reply", history="none"),)),
    "cut": Option(rule="cut", weight=1.0, steps=(call("whole", shares=True), Cut(of="whole", keep=(0.3, 0.5)))),
    "sidestep": Option(
        rule="sidestep",
        weight=1.0,
        steps=(
            call("draft", say=None, ask="sidestep", fields=("instruction", "answer")),
            Parse(of="draft", fields=("instruction", "answer")),
        ),
    ),
    "rewrite": Option(
        rule="rewrite",
        weight=1.0,
        steps=(call("hidden", say=None, ask="rewrite"), call("reply", say="hidden")),
    ),
}


def on(turns: tuple[int, int | str], *names: str) -> Rule:
    options = tuple(OPTIONS[name].model_copy(update={"weight": 1 / len(names)}) for name in names)
    return Rule(turns=Range(first=turns[0], last=turns[1]), options=options)  # type: ignore[arg-type]


def verdict(ask: str) -> Call:
    """The call of a judge."""
    return call("verdict", say=None, ask=ask, history="none", system=None)


VOICE = User(
    replay=False,
    shared=True,
    variants=(
        VoiceVariant(weight=1.0, steps=(call("instruction", say=None, ask="user", history="none", system=None),)),
    ),
)
REPLAY = User(replay=True, shared=True)

TEMPLATES = {
    "user": Template(text="Continue:\n{{ transcript }}", variables=("transcript",)),
    "sidestep": Template(text="Instead of: {{ instruction }}", variables=("instruction",)),
    "rewrite": Template(text="Rewrite: {{ instruction }}", variables=("instruction",)),
    "voice": Template(text="Be kind.", variables=()),
    "pairwise": Template(text="Judge A:\n{{ transcript_a }}\nB:\n{{ transcript_b }}", variables=()),
    "turnwise": Template(
        text="Judge {{ turn }}/{{ turns }}:\n{{ transcript }}\nUser: {{ instruction }}\nReply: {{ reply }}",
        variables=(),
    ),
}


def make_plan(*rules: Rule, user: User = VOICE, turns: tuple[int, int] = (3, 3), **fields: object) -> Plan:
    given: dict[str, object] = {
        "name": "d",
        "seeds": "s",
        "turns": turns,
        "user": user,
        "assistants": (Assistant(weight=1.0, system="voice"),),
        "faithful": FAITHFUL,
        "rejected": rules,
        "replies": LENIENT,
    } | fields
    return Plan(
        spec="test",
        profile=None,
        seed=7,
        models={"m": Model(served="m", structured=True, access=Access(concurrency=4))},
        templates=TEMPLATES,
        seeds={"s": Seeds(origin=FileSource(path="seeds.jsonl"), context="first_user_turn")},
        dialogues=(Dialogue(**given),),  # type: ignore[arg-type]
    )


def write_seeds(folder: Path, count: int = 6, user_turns: int = 3) -> None:
    def messages(number: int) -> list[dict[str, str]]:
        asked = [{"role": "user", "content": f"Seed {number} asks part {part}?"} for part in range(user_turns)]
        answered = [
            {"role": "assistant", "content": f"Seed {number} answers part {part}."} for part in range(user_turns)
        ]
        return [message for exchange in zip(asked, answered, strict=True) for message in exchange]

    lines = [json.dumps({"messages": messages(number)}) + "\n" for number in range(count)]
    (folder / "seeds.jsonl").write_text("".join(lines))


def speak(request: Request) -> str:
    """A text that the messages and the draw decide."""
    said = sha256(orjson.dumps([request.messages, request.seed])).hexdigest()
    if request.fields:
        return json.dumps({name: f"{name} {said[:24]} for you" for name in request.fields})
    return " ".join(said[at : at + 6] for at in range(0, 48, 6))


@dataclass
class Actor:
    """A backend. `text` may be replaced to misbehave."""

    text: Callable[[Request], str | Reply] = speak
    asked: list[Request] = field(default_factory=list)
    delay: Callable[[int], float] = lambda number: 0.0

    async def complete(self, request: Request, priority: int = 0) -> Reply:
        self.asked.append(request)
        await asyncio.sleep(self.delay(len(self.asked)))
        said = self.text(request)
        return said if isinstance(said, Reply) else Reply(said, "stop", 10, 5)


class Memory(dict[bytes, bytes]):
    """A store that forgets with the process."""

    def put(self, key: bytes, value: bytes) -> None:
        self[key] = value


@dataclass(frozen=True)
class Performance:
    """What each row came to, by its index, the tallies, and what its checks found."""

    outcomes: dict[int, tuple[BranchPlayer, BranchPlayer] | Failed]
    tally: Tally
    examined: dict[int, Examined]

    def players(self) -> Sequence[tuple[BranchPlayer, BranchPlayer]]:
        played = [self.outcomes[index] for index in sorted(self.outcomes)]
        assert not any(isinstance(outcome, Failed) for outcome in played), played
        return played  # type: ignore[return-value]


def perform(plan: Plan, folder: Path, actor: Actor, store: Memory | None = None, window: int = 4) -> Performance:
    """Plays all rows of a plan over the seeds in `folder`."""
    tallies = {"m": Tally()}
    outcomes: dict[int, tuple[BranchPlayer, BranchPlayer] | Failed] = {}
    examined: dict[int, Examined] = {}
    with ExitStack() as held:
        pools = open_pools(plan, folder, folder / "scratch", lambda _: None, held)
        stages = make_stages(plan, folder, pools, actor, Memory() if store is None else store, tallies)

        def finish(stage: Stage, row: Row, outcome: Outcome) -> None:
            if isinstance(outcome, Failed):
                outcomes[row.index] = outcome
            else:
                outcomes[row.index], examined[row.index] = outcome.players, outcome

        asyncio.run(play(all_rows(plan, stages), window, finish))
    return Performance(outcomes, tallies["m"], examined)
