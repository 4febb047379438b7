"""How many workers there are, what they are given, and when they are given no more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from musicc.runtime.replay import Block, crew
from musicc.runtime.replay.crew import BLOCK, FEWEST, MOST, PATIENCE, Supply, crew_size


def played(ended: int, missed: int) -> Block:
    return Block({}, missed, [("pairs", index, b"") for index in range(ended)])


@pytest.mark.parametrize(("cores", "workers"), [(1, 0), (2, 2), (MOST, MOST), (MOST + 1, MOST)])
def test_a_worker_for_each_core(monkeypatch: pytest.MonkeyPatch, cores: int, workers: int) -> None:
    monkeypatch.setattr(crew, "_cores", lambda: cores)
    assert crew_size(FEWEST) == workers
    assert crew_size(FEWEST - 1) == 0


def test_no_workers_where_files_are_not_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "_cores", lambda: 4)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert crew_size(FEWEST) == 0
    monkeypatch.delattr(sys, "frozen")
    monkeypatch.setattr(sys, "platform", "win32")
    assert crew_size(FEWEST) == 0


@pytest.mark.parametrize(("quota", "cores"), [("max 100000", 4), ("200000 100000", 2), ("50000 100000", 0), ("", 4)])
def test_a_container_counts_its_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: str, cores: int) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    monkeypatch.setattr(crew, "_QUOTA", tmp_path / "cpu.max")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(4), raising=False)
    assert crew._cores() == cores


def test_every_row_is_given_once() -> None:
    supply = Supply(2 * BLOCK + 1, lambda block: None)
    assert [supply.next() for _ in range(4)] == [(0, BLOCK), (BLOCK, 2 * BLOCK), (2 * BLOCK, 2 * BLOCK + 1), None]


def test_a_build_whose_rows_miss_replies_gives_up_soon() -> None:
    taken: list[Block] = []
    supply = Supply(1_000_000, taken.append)
    while supply.next():
        supply.took(played(0, BLOCK))
    assert len(taken) == PATIENCE // BLOCK


@pytest.mark.parametrize(("ended", "all_taken"), [(BLOCK - 4, True), (4, False)])
def test_a_build_of_which_most_is_there_goes_on(ended: int, all_taken: bool) -> None:
    supply = Supply(100 * BLOCK, lambda block: None)
    supply.took(played(BLOCK, 0))
    given = 0
    while supply.next():
        given += 1
        supply.took(played(ended, BLOCK - ended))
    assert (given == 100) == all_taken


def test_a_worker_ends_when_nobody_speaks_to_it() -> None:
    command = [sys.executable, "-P", "-m", crew._WORKER]
    subprocess.run(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, timeout=60)
