"""Batches outlive the builds that hand them in: whatever stops a build, nothing is handed in twice and nothing is lost."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from musicc.diagnostics import DiagnosticError
from musicc.runtime.batch.backend import PausedError
from musicc.runtime.batch.ledger import Batch, Ledger, Trouble
from musicc.runtime.llm.types import Unusable
from tests.cli.project import SPEC
from tests.runtime.batch.support import CALM, STEADY, SWIFT, Scene, ordinary, play, repeated
from tests.servers.batches import BatchServer, Course, serving_batches
from tests.servers.openai import Behaviour


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path / "batches")


def round_by_round(scene: Scene, behaviour: Behaviour = CALM, course: Course = STEADY) -> tuple[BatchServer, int]:
    """Builds that wait for nothing until one is done; how many came before it."""
    scene.pace = replace(SWIFT, wait=False)

    async def main() -> tuple[BatchServer, int]:
        async with serving_batches(behaviour, course) as server:
            for stopped in range(40):
                with suppress(PausedError):
                    await scene.build(server.url)
                    return server, stopped
        raise AssertionError("it never ends")

    return asyncio.run(main())


def test_without_waiting_a_build_is_done_round_by_round(scene: Scene, tmp_path: Path) -> None:
    server, stopped = round_by_round(scene)
    assert stopped == len(server.batches)
    assert repeated(server) == []
    assert scene.pairs == ordinary(tmp_path).pairs
    assert scene.ledger() == []


def test_without_waiting_a_call_that_is_refused_does_not_come_again(scene: Scene, tmp_path: Path) -> None:
    refusing = Behaviour(marks={"subject 5?": "400"})
    server, _ = round_by_round(scene, refusing)
    assert repeated(server) == []
    assert scene.quarantine == ordinary(tmp_path, refusing).quarantine


def test_without_waiting_a_call_that_goes_wrong_is_given_up_in_the_end(scene: Scene) -> None:
    server, _ = round_by_round(scene, Behaviour(marks={"subject 5?": "500"}))
    assert max(server.handed_in.values()) == 5
    assert b"500 internal error" in scene.quarantine


TWINS = SPEC.replace("seeds openings", 'model twin {{ url = "{url}"  name = "fake" }}\n\nseeds openings').replace(
    "curious_user on fake", "curious_user on twin"
)


def test_two_names_of_one_model_share_its_batches(scene: Scene, tmp_path: Path) -> None:
    scene.spec = TWINS
    server, _ = round_by_round(scene, course=Course(ends=("completed", "expired")))
    assert max(server.handed_in.values()) == 2
    assert scene.pairs == ordinary(tmp_path, spec=TWINS).pairs


def stopped_when(scene: Scene, course: Course, ripe: Callable[[BatchServer], bool]) -> BatchServer:
    """A build that is cancelled once the server is so far, and another one to the end."""

    async def main() -> BatchServer:
        async with serving_batches(Behaviour(), course) as server:
            first = asyncio.create_task(scene.build(server.url))
            while not ripe(server):
                await asyncio.sleep(0.001)
            first.cancel()
            with suppress(asyncio.CancelledError):
                await first
            await scene.build(server.url)
            return server

    return asyncio.run(main())


@pytest.mark.parametrize("batches", [1, 2, 5])
def test_a_stopped_build_goes_on_with_its_open_batches(scene: Scene, tmp_path: Path, batches: int) -> None:
    scene.pace = replace(SWIFT, requests=12)
    server = stopped_when(scene, Course(pace=0.03), lambda server: len(server.batches) >= batches)
    assert repeated(server) == []
    assert scene.pairs == ordinary(tmp_path).pairs


def test_another_window_of_rows_goes_on_with_the_same_batches(scene: Scene, tmp_path: Path) -> None:
    def ripe(server: BatchServer) -> bool:
        scene.rows = 40 if server.batches else 31
        return bool(server.batches)

    server = stopped_when(scene, Course(pace=0.05), ripe)
    assert repeated(server) == []
    assert scene.pairs == ordinary(tmp_path, rows=40).pairs


def test_a_batch_whose_id_was_not_noted_is_found(scene: Scene, tmp_path: Path) -> None:
    async def main() -> BatchServer:
        async with serving_batches(Behaviour(), Course(page=1)) as server:
            with suppress(PausedError):
                await scene.build(server.url)
            for batch in list(Ledger(scene.store).batches.values()):
                Ledger(scene.store).note(replace(batch, id=None))
            scene.pace = SWIFT
            await scene.build(server.url)
            return server

    scene.pace = replace(SWIFT, wait=False, requests=10)
    server = asyncio.run(main())
    assert repeated(server) == []
    assert scene.pairs == ordinary(tmp_path).pairs


def test_a_batch_that_was_never_started_is_made_again(scene: Scene) -> None:
    async def main() -> BatchServer:
        async with serving_batches(Behaviour(), Course()) as server:
            scene.store.mkdir(parents=True)
            never = Batch(server.url, "fake", "file-of-nobody", (b"k" * 32,), time.time())
            Ledger(scene.store).note(never)
            (scene.store / "journal.log").touch()
            await scene.build(server.url)
            return server

    assert len(asyncio.run(main()).handed_in) > 31
    assert scene.ledger() == []


def test_a_batch_that_the_server_does_not_know_is_not_made_again_by_itself(scene: Scene) -> None:
    async def main(id: str) -> None:
        async with serving_batches(Behaviour(), Course()) as server:
            scene.store.mkdir(parents=True)
            (scene.store / "journal.log").touch()
            Ledger(scene.store).note(Batch(server.url, "fake", "file-1", (b"k" * 32,), time.time(), id))
            await scene.build(server.url)

    with pytest.raises(Unusable) as raised:
        asyncio.run(main("batch_of_another"))
    assert raised.value.diagnostic.code.id == "M522"


def test_an_ordinary_build_says_that_batches_are_open(scene: Scene) -> None:
    async def main() -> None:
        async with serving_batches(Behaviour(), Course()) as server:
            scene.pace = replace(SWIFT, wait=False)
            with suppress(PausedError):
                await scene.build(server.url)
            scene.pace = None
            await scene.build(server.url)

    asyncio.run(main())
    assert [diagnostic.code.id for diagnostic in scene.reports] == ["M525"]
    assert "open batches hold 31 calls" in scene.reports[0].message


def test_batches_of_other_models_are_left_alone(scene: Scene) -> None:
    scene.store.mkdir(parents=True)
    (scene.store / "journal.log").touch()
    other = Batch("https://elsewhere/v1", "fake", "file-1", (b"k" * 32,), time.time(), "batch_1")
    Ledger(scene.store).note(other)
    play(scene)
    assert list(Ledger(scene.store).batches.values()) == [other]


def test_a_ledger_is_read_as_it_was_written(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    batch = Batch("http://s/v1", "m", "file-1", (b"\0" * 32, b"\xff" * 32), 1.5)
    ledger.note(batch)
    ledger.note(replace(batch, id="batch_1"))
    ledger.settle([], {b"\1" * 32: Trouble("refused", 1, "no", 400)})
    again = Ledger(tmp_path)
    assert again.batches == {batch.note: replace(batch, id="batch_1")}
    assert again.troubles == {b"\1" * 32: Trouble("refused", 1, "no", 400)}
    again.drop(batch)
    again.settle([b"\1" * 32], {})
    assert (Ledger(tmp_path).batches, Ledger(tmp_path).troubles) == ({}, {})


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"url": 1}', '{"keys": ["xy"]}'])
@pytest.mark.parametrize("name", ["batch-0123456789abcdef.json", "batch-troubles.json"])
def test_a_damaged_note_is_told(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    if name == "batch-troubles.json" and text == "{}":
        return
    with pytest.raises(DiagnosticError) as raised:
        Ledger(tmp_path)
    assert raised.value.diagnostics[0].code.id == "M524"
