"""M52x: calls that are made in batches."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from musicc.diagnostics import Diagnostic
from musicc.runtime.batch.backend import PausedError
from musicc.runtime.batch.ledger import Batch, Ledger
from musicc.runtime.llm.types import Unusable
from tests.diagnostics.faults import told
from tests.runtime.batch.support import CALM, SWIFT, Scene, play
from tests.servers.batches import Course, serving_batches

Told = Sequence[Diagnostic]


def _stopped(scene: Scene, course: Course) -> Told:
    try:
        play(scene, course=course)
    except Unusable as failure:
        return [failure.diagnostic]
    raise AssertionError("it came to its end")


def m520(folder: Path) -> Told:
    scene = Scene(folder, rows=2)
    play(scene, course=Course(offered=False))
    return scene.reports


def m521(folder: Path) -> Told:
    return _stopped(Scene(folder, rows=2), Course(ends=("failed",) * 3))


def m522(folder: Path) -> Told:
    scene = Scene(folder, rows=2)
    scene.store.mkdir(parents=True)
    (scene.store / "journal.log").touch()

    async def main() -> Told:
        async with serving_batches(CALM, Course()) as server:
            Ledger(scene.store).note(Batch(server.url, "fake", "file-1", (bytes(32),), 0.0, "batch_of_another"))
            try:
                await scene.build(server.url)
            except Unusable as failure:
                return [failure.diagnostic]
        raise AssertionError("it came to its end")

    return asyncio.run(main())


def m523(folder: Path) -> Told:
    scene = Scene(folder, rows=4)
    play(scene, course=Course(ends=("garbled",)))
    return scene.reports


def m524(folder: Path) -> Told:
    (folder / "batch-0123456789abcdef.json").write_text('{"url": "https://api.example.org/v1", "ke')
    return told(lambda: Ledger(folder))


def m525(folder: Path) -> Told:
    scene = Scene(folder, rows=4, pace=replace(SWIFT, wait=False))

    async def main() -> None:
        async with serving_batches(CALM, Course()) as server:
            with suppress(PausedError):
                await scene.build(server.url)
            scene.pace = None
            await scene.build(server.url)

    asyncio.run(main())
    return scene.reports
