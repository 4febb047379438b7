"""Builds in this process against a backend that answers by the messages alone, with workers or without."""

import asyncio
from collections.abc import AsyncIterator, Callable, Container, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest

from musicc.diagnostics import Diagnostic
from musicc.plan.checks import Duplicates, Longer, Pattern
from musicc.plan.document import Check, Plan, Policy
from musicc.runtime import build as building
from musicc.runtime.build import build
from musicc.runtime.job import Job
from musicc.runtime.llm.types import Reply, Request
from musicc.runtime.progress import Progress, Sum
from musicc.runtime.replay import crew
from musicc.runtime.store import Store
from tests.runtime.engine.checks.test_judges import PAIRWISE
from tests.runtime.engine.theatre import LENIENT, Actor, make_plan, on, speak, write_seeds

FILES = ("plan.json", "pairs.jsonl", "quarantine.jsonl", "dropped.jsonl", "manifest.json", "README.md")
STRICT = LENIENT | {"empty": Policy(retries=1, then="quarantine"), "truncated": Policy(retries=0, then="mark")}


def fickle(request: Request) -> str | Reply:
    """Replies of any length; now and then nothing, or something cut off; a judge prefers A in two of three cases."""
    die = sha256(speak(request).encode()).digest()[0]
    said = speak(request) if request.fields else " ".join([speak(request), *["word"] * (die % 4)])
    if request.messages[-1]["content"].startswith("Judge"):
        return ("A", "B", "A")[die % 3]
    if die % 5 == 0:
        return Reply("", "stop", 10, 0)
    return Reply(said, "length" if die % 7 == 0 else "stop", 10 + die, 5)


def two_dialogues() -> Plan:
    """One with checks of all kinds and retakes, and one that replaces what the first says."""
    checks = (
        Check(name="letters", gate=Pattern(regex="ab", wanted=False, where="rejected"), retries=2, then="drop"),
        Check(name="judge", gate=PAIRWISE, retries=1, then="mark"),
        Check(name="news", gate=Duplicates(least=0.9)),
        Check(name="even", gate=Longer(low=0.4, high=0.6), then="drop"),
    )
    plan = make_plan(on((1, "last"), "other", "cut", "sidestep"), turns=(2, 3), replies=STRICT, checks=checks)
    first = plan.dialogues[0]
    again = first.model_copy(update={"name": "e", "checks": (), "rejected": (on((2, "last"), "rewrite", "forget"),)})
    return plan.model_copy(update={"dialogues": (first, again)})


def files(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in FILES if (folder / name).exists()}


@dataclass
class Scene:
    """A spec's folder, built once. `kept`: what that left in the store, by key, in the order in which it was asked.

    `asked`: the calls of the last build; `reports`: what it complained of.
    """

    folder: Path
    plan: Plan = field(default_factory=two_dialogues)
    seeds: int = 12
    asked: list[Request] = field(default_factory=list)
    reports: list[Diagnostic] = field(default_factory=list)
    kept: dict[bytes, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        write_seeds(self.folder, self.seeds)
        self.build()
        with Store.open(self.store, readonly=True) as store:
            self.kept = {one.key: store.get(one.key) or b"" for one in self.asked}

    @property
    def store(self) -> Path:
        return self.folder / "store"

    def job(self, out: str = "out") -> Job:
        return Job(self.plan, self.folder, self.folder / out, self.store, self.reports.append, lambda _: None)

    async def play(self, out: str = "out") -> Progress:
        self.asked.clear()
        self.reports.clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(building, "open_backend", self._backend)
            return await build(self.job(out), _unwatched)

    def build(self, workers: int = 0, out: str = "out") -> dict[str, bytes]:
        """The published files."""
        with crew_of(workers):
            asyncio.run(self.play(out))
        return files(self.folder / out)

    def keep(self, wanted: Container[bytes] | None = None) -> None:
        """The store holds what the first build left in it; with `wanted`, only the records of these keys."""
        for path in self.store.glob("*"):
            path.unlink()
        with Store.open(self.store) as store:
            for key, value in self.kept.items():
                if wanted is None or key in wanted:
                    store.put(key, value)

    @asynccontextmanager
    async def _backend(self, models: object, **_: object) -> AsyncIterator["_Asked"]:
        yield _Asked(Actor(text=fickle, asked=self.asked))


@dataclass
class _Asked:
    actor: Actor

    async def ask(self, request: Request, priority: int, on_retry: Callable[[], None]) -> Reply:
        return await self.actor.complete(request)


@asynccontextmanager
async def _unwatched(progress: Sum) -> AsyncIterator[None]:
    yield


@contextmanager
def crew_of(workers: int, block: int = 4) -> Iterator[None]:
    """Whatever the machine has and however few rows there are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crew, "crew_size", lambda rows: workers)
        patch.setattr(crew, "BLOCK", block)
        yield
