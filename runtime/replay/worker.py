"""A worker, run as a process of its own: `python -m musicc.runtime.replay.worker`.

On stdin it reads its setting, then the numbers of the first row and the one after the last of a block, a line each; on
stdout it answers each block. It ends when nobody speaks to it any more, or listens.
"""

import gc
import signal
import sys
from contextlib import suppress
from typing import BinaryIO

import orjson

from musicc.runtime.engine.caller import Tally
from musicc.runtime.engine.local import outcome_of
from musicc.runtime.harvest import Harvest, Kind
from musicc.runtime.llm.types import Reply, Request
from musicc.runtime.loop import run
from musicc.runtime.progress import Progress
from musicc.runtime.replay.block import Block
from musicc.runtime.replay.setting import Setting, decode
from musicc.runtime.stages import make_stages, row_at
from musicc.runtime.store.store import Store


class MissingError(Exception):
    """The store has not the reply of a call; no LLMError, since nothing is wrong with the row."""


class Nobody:
    """The backend where nobody may be asked."""

    async def complete(self, request: Request, priority: int = 0) -> Reply:
        raise MissingError


class Player:
    """Plays blocks of rows from what is in the store."""

    def __init__(self, setting: Setting, store: Store) -> None:
        self._plan, self._digest = setting.plan, setting.digest
        self._tallies = self._no_calls()
        self._stages = make_stages(setting.plan, setting.spec_folder, setting.pools, Nobody(), store, self._tallies)

    async def play(self, first: int, end: int) -> Block:
        """What came of the rows from `first` on, before `end`."""
        progress = Progress.start(self._plan, end - first, 0)
        block = Block({})

        def keep(kind: Kind, index: int, line: bytes) -> None:
            block.lines.append((kind, index, line))

        harvest = Harvest(self._plan, self._digest, progress, keep)
        for index in range(first, end):
            block.missed += not await self._ended(index, harvest)
        block.counts = progress.counts()
        return block

    async def _ended(self, index: int, harvest: Harvest) -> bool:
        """Plays a row; of one that does not come to its end nothing is counted."""
        self._tallies.update(self._no_calls())
        stage, row = row_at(self._plan, self._stages, index)
        try:
            outcome = await outcome_of(stage, row)
        except MissingError:
            return False
        harvest.finish(stage, row, outcome)
        for name, tally in self._tallies.items():
            harvest.progress.tallies[name].add(tally)
        return True

    def _no_calls(self) -> dict[str, Tally]:
        return {name: Tally() for name in self._plan.models}


async def serve(asked: BinaryIO, answers: BinaryIO) -> None:
    """Plays blocks until there are no more to play. Raises what ends the worker."""
    setting = decode(asked.readline())
    with Store.open(setting.store, readonly=True) as store:
        player = Player(setting, store)
        for line in asked:
            block = await player.play(*orjson.loads(line))
            answers.write(block.encode())
            answers.flush()


def main() -> None:
    gc.set_threshold(50_000, 20, 50)  # as for every command: a row leaves few cycles, and looking for them takes time
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one, and ends it
    with suppress(BrokenPipeError):
        run(serve(sys.stdin.buffer, sys.stdout.buffer))


if __name__ == "__main__":
    main()
