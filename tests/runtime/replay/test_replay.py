"""What is published does not depend on workers: neither on how many there are, nor on what becomes of them."""

import asyncio
import os
from asyncio import StreamReader
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicc.runtime import build as building
from musicc.runtime.part import Part
from musicc.runtime.replay import Block, Setting, crew
from musicc.runtime.replay.block import read_block
from musicc.runtime.replay.worker import Player
from musicc.runtime.store import Store
from tests.runtime.replay.scene import Scene, crew_of


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene(tmp_path_factory.mktemp("replay"))


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[Block]:
    """The blocks that workers have handed over."""
    blocks: list[Block] = []
    take_in = Part.take_in

    def seen(part: Part, block: Block) -> None:
        blocks.append(block)
        take_in(part, block)

    monkeypatch.setattr(Part, "take_in", seen)
    return blocks


def rows_in(blocks: list[Block]) -> int:
    return sum(len(block.lines) for block in blocks)


def test_the_scene_has_rows_of_every_kind(scene: Scene) -> None:
    manifest = orjson.loads(scene.build()["manifest.json"])
    checks = manifest["checks"].values()
    assert min(manifest["rows"].values()) > 1
    assert manifest["marks"]
    assert all(sum(check[count] for check in checks) for count in ("passed", "dropped", "marked", "retaken"))
    assert manifest["checks"]["judge"]["agreement"]["of"] > 1


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_a_full_store_is_played_by_workers(scene: Scene, taken: list[Block], workers: int) -> None:
    scene.keep()
    plain = scene.build()
    assert scene.build(workers) == plain
    assert (rows_in(taken), scene.asked) == (2 * scene.seeds, [])


def test_what_an_empty_store_has_not_is_asked(scene: Scene, taken: list[Block]) -> None:
    scene.keep(())
    plain = scene.build()
    scene.keep(())
    assert scene.build(2) == plain
    assert taken == []


def test_half_a_store(scene: Scene, taken: list[Block]) -> None:
    wanted = set(list(scene.kept)[: len(scene.kept) // 2])
    scene.keep(wanted)
    plain, asked = scene.build(), sorted(one.key for one in scene.asked)
    scene.keep(wanted)
    assert scene.build(2) == plain
    assert sorted(one.key for one in scene.asked) == asked
    assert 0 < rows_in(taken) < 2 * scene.seeds


def test_a_damaged_record_is_left_to_the_build(scene: Scene, taken: list[Block]) -> None:
    def damage() -> None:
        scene.keep()
        journal = scene.store / "journal.log"
        content = bytearray(journal.read_bytes())
        content[len(content) // 2] ^= 1
        journal.write_bytes(content)

    damage()
    plain, told, asked = scene.build(), scene.reports[:], [one.key for one in scene.asked]
    damage()
    assert scene.build(2) == plain
    assert (scene.reports, [one.key for one in scene.asked]) == (told, asked)
    assert len(told) == len(asked) == 1
    assert 0 < rows_in(taken) < 2 * scene.seeds


@pytest.mark.slow
@settings(max_examples=40)
@given(seed=st.randoms(use_true_random=False), share=st.sampled_from([0.5, 0.9, 0.98, 1.0]), size=st.integers(1, 9))
def test_whatever_is_in_the_store(scene: Scene, seed: object, share: float, size: int) -> None:
    """The workers' code in this process, over any part of the store and blocks of any size."""
    there = {key for key in sorted(scene.kept) if seed.random() < share}  # type: ignore[attr-defined]
    scene.keep(there)
    plain, asked = scene.build(), sorted(one.key for one in scene.asked)
    scene.keep(there)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "replay", replay_here(size))
        assert scene.build() == plain
    assert sorted(one.key for one in scene.asked) == asked


def replay_here(size: int) -> Callable[..., object]:
    async def replayed(setting: Setting, rows: int, take_in: Callable[[Block], None]) -> None:
        with Store.open(setting.store, readonly=True) as store:
            player = Player(setting, store)
            for first in reversed(range(0, rows, size)):
                block = await player.play(first, min(first + size, rows))
                answers = StreamReader()
                answers.feed_data(block.encode())
                told = await read_block(answers)
                assert told is not None
                assert len(told.lines) + told.missed == min(size, rows - first)
                take_in(told)

    return replayed


_OTHERS: set[psutil.Process] = set()


@pytest.fixture(autouse=True)
def _remembered() -> None:
    """Tests before these may have left processes that start others quickly."""
    _OTHERS.clear()
    _OTHERS.update(psutil.Process().children())


def children() -> list[psutil.Process]:
    """The processes that the test has started."""
    return [child for child in psutil.Process().children() if child not in _OTHERS]


def kill_workers() -> None:
    for child in children():
        with suppress(psutil.NoSuchProcess):
            child.kill()


def test_workers_killed_before_their_first_block_are_no_loss(
    scene: Scene, taken: list[Block], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.keep()
    plain, feed = scene.build(), crew._feed

    async def killing(*given: Any) -> None:
        kill_workers()
        await feed(*given)

    monkeypatch.setattr(crew, "_feed", killing)
    assert scene.build(2) == plain
    assert (taken, scene.asked) == ([], [])


def test_workers_killed_after_their_first_block_are_no_loss(
    scene: Scene, taken: list[Block], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.keep()
    plain, took = scene.build(), crew.Supply.took

    def killing(supply: crew.Supply, block: Block) -> None:
        took(supply, block)
        kill_workers()

    monkeypatch.setattr(crew.Supply, "took", killing)
    assert scene.build(2) == plain
    assert 0 < rows_in(taken) < 2 * scene.seeds
    assert scene.asked == []


def test_workers_that_cannot_be_started_are_no_loss(
    scene: Scene, taken: list[Block], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.keep()
    plain = scene.build()
    for name, value in (("_WORKER", "musicc.no_such_module"), ("sys", type("sys", (), {"executable": "/no/python"}))):
        with monkeypatch.context() as patch:
            patch.setattr(crew, name, value)
            assert scene.build(2) == plain
    assert taken == []


def test_a_build_that_is_stopped_takes_its_workers_along(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.keep()
    monkeypatch.setattr(crew, "_WORKER", "tests.runtime.replay.idler")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, [Path(__file__).parents[3]])))

    async def stopped() -> int:
        build = asyncio.create_task(scene.play())
        while len(children()) < 2:
            await asyncio.sleep(0.01)
        build.cancel()
        with pytest.raises(asyncio.CancelledError):
            await build
        return len(children())

    with crew_of(2):
        assert asyncio.run(stopped()) == 0


def test_workers_are_gone_when_the_build_is(scene: Scene) -> None:
    scene.keep()
    scene.build(3)
    assert children() == []
