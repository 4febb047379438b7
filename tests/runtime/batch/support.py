"""Builds against a fake server with batches, in the tests' own loop."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from musicc.cli.check import load_spec, sound
from musicc.diagnostics import Diagnostic
from musicc.plan.compile import compile_module
from musicc.runtime.batch.desk import Pace
from musicc.runtime.build import build
from musicc.runtime.job import Job
from musicc.runtime.progress import Progress, Sum
from tests.cli.project import SPEC, Project
from tests.servers.batches import BatchServer, Course, serving_batches
from tests.servers.openai import Behaviour

CALM, STEADY = Behaviour(), Course()
SWIFT = Pace(quiet=0.03, first=0.01, longest=0.05, listed=0.1)


@dataclass
class Scene:
    """A project of so many rows of three turns, and what its builds told."""

    folder: Path
    rows: int = 31
    extra: str = ""
    spec: str = SPEC
    pace: Pace | None = SWIFT
    reports: list[Diagnostic] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seen: list[Sum] = field(default_factory=list)

    @property
    def store(self) -> Path:
        return self.folder / "store"

    @property
    def pairs(self) -> bytes:
        return (self.folder / "out" / "pairs.jsonl").read_bytes()

    @property
    def quarantine(self) -> bytes:
        return (self.folder / "out" / "quarantine.jsonl").read_bytes()

    def ledger(self) -> list[Path]:
        return sorted(self.store.glob("batch-*.json"))

    async def build(self, url: str) -> Progress:
        """Raises as a build does."""
        project = Project(self.folder).write(url, seeds=self.rows, spec=self.spec, extra=self.extra)
        plan = compile_module(sound(load_spec(project.spec, None, [f"pairs={self.rows}"])))
        job = Job(plan, self.folder, self.folder / "out", self.store, self.reports.append, self.notes.append, self.pace)
        return await build(job, self._watch)

    @asynccontextmanager
    async def _watch(self, progress: Sum) -> AsyncIterator[None]:
        self.seen.append(progress)
        yield


def ordinary(folder: Path, behaviour: Behaviour = CALM, **fields: object) -> Scene:
    """A build that makes its calls one by one."""
    scene = Scene(folder / "ordinary", pace=None, **fields)  # type: ignore[arg-type]
    play(scene, behaviour, Course())
    return scene


def play(scene: Scene, behaviour: Behaviour = CALM, course: Course = STEADY, *, times: int = 1) -> BatchServer:
    """Builds against a server of its own."""

    async def main() -> BatchServer:
        async with serving_batches(behaviour, course) as server:
            for _ in range(times):
                await scene.build(server.url)
            return server

    return asyncio.run(main())


def repeated(server: BatchServer) -> Sequence[str]:
    """The calls that were handed in more than once."""
    return [name for name, times in server.handed_in.items() if times > 1]
