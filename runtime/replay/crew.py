"""The workers of a replay, and what they are given to play."""

import asyncio
import os
import sys
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import orjson

from musicc.runtime.replay.block import Block, read_block
from musicc.runtime.replay.setting import Setting

FEWEST = 1_000  # rows, for which workers are worth their start
MOST = 8  # workers: each has an index of the store in memory
BLOCK = 32  # rows
AHEAD = 2  # blocks that a worker is given: one to play, one to go on with
PATIENCE = 64  # rows

_WORKER = "musicc.runtime.replay.worker"
_BUFFER = 1 << 20  # bytes of answers that may wait to be read
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


async def replay(setting: Setting, rows: int, take_in: Callable[[Block], None]) -> None:
    """Hands `take_in` what came of rows that need no call, block by block, in any order; the other rows are left.

    It ends early where hardly any row is in the store, and what a worker was playing when it died is left as well.
    Raises what `take_in` raises.
    """
    count = crew_size(rows)
    if not count:
        return
    try:
        line, files = setting.encode()
    except OSError:  # no room to lay out the seeds: it goes without workers
        return
    supply = Supply(rows, take_in)
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(_employ(line, files, supply))
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


def crew_size(rows: int) -> int:
    """How many workers there are: none where there is one core, or where processes cannot inherit open files."""
    cores = min(_cores(), MOST)
    if cores < 2 or rows < FEWEST or sys.platform == "win32" or not sys.executable or hasattr(sys, "frozen"):
        return 0
    return cores


def _cores() -> int:
    """Those that this process may use, as far as the system tells; a container's share counts."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with suppress(OSError, ValueError):
        quota, period = _QUOTA.read_text().split()
        cores = min(cores, int(quota) // int(period))
    return cores


class Supply:
    """The blocks that are still to be played. There are no more once most rows miss a reply."""

    def __init__(self, rows: int, take_in: Callable[[Block], None]) -> None:
        self._starts = iter(range(0, rows, BLOCK))
        self._rows = rows
        self._take_in = take_in
        self._patience = PATIENCE

    def next(self) -> tuple[int, int] | None:
        """The first row of a block, and the one after its last."""
        first = next(self._starts, None) if self._patience > 0 else None
        return None if first is None else (first, min(first + BLOCK, self._rows))

    def took(self, block: Block) -> None:
        """A block was played."""
        self._take_in(block)
        self._patience = min(PATIENCE, self._patience + len(block.lines) - block.missed)


async def _employ(line: bytes, files: tuple[int, ...], supply: Supply) -> None:
    """One worker, from its start until there is nothing left to play, or until it dies."""
    command = (sys.executable, "-P", "-m", _WORKER)  # -P: nothing is imported from the folder that the user is in
    try:
        worker = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=_BUFFER, pass_fds=files
        )
    except OSError:  # too many processes or open files
        return
    try:
        if worker.stdin and worker.stdout:
            worker.stdin.write(line)
            await _feed(worker.stdin, worker.stdout, supply)
    finally:
        with suppress(ProcessLookupError):
            worker.kill()
        await worker.communicate()


async def _feed(asked: StreamWriter, answers: StreamReader, supply: Supply) -> None:
    given = 0
    while True:
        while given < AHEAD and (rows := supply.next()):
            asked.write(orjson.dumps(rows) + b"\n")
            given += 1
        if not given or (block := await read_block(answers)) is None:
            return
        given -= 1
        supply.took(block)
