"""Both branches of a row, played side by side, and again from a turn on."""

import asyncio
from collections.abc import Mapping

from musicc.plan.document import Branch
from musicc.runtime.engine.caller import RowFailedError
from musicc.runtime.engine.conversation import BranchPlayer, Stage, StoppedError
from musicc.runtime.engine.schedule import Row
from musicc.runtime.llm.types import LLMError, Unusable


async def converse(stage: Stage, row: Row) -> tuple[BranchPlayer, BranchPlayer]:
    """Both branches of a row, played to their ends. Raises RowFailedError or LLMError, that of the earliest turn."""
    chosen = BranchPlayer(stage, row, "chosen")
    rejected = BranchPlayer(stage, row, "rejected", chosen)
    await _both(chosen, rejected)
    return _apart(chosen, rejected)


async def retake(
    players: tuple[BranchPlayer, BranchPlayer], renewed: Mapping[Branch, int], take: int
) -> tuple[BranchPlayer, BranchPlayer]:
    """The branches with all drawn again, under number `take`, from each branch's `renewed` turn on.

    Everything before is kept. A rejected branch that is still one with the chosen one where that is drawn again goes
    along: what it says of its own is the same again. Raises what `converse` raises.
    """
    chosen, rejected = players
    never = chosen.row.turns + 1
    first, own = renewed.get("chosen", never), renewed.get("rejected", never)
    along = all(played.shared for played in rejected.played[: first - 1])
    again = chosen.again(first, first, take) if first < never else chosen
    start = min(own, first) if along else own
    other = rejected.again(start, own, take, again) if start < never else rejected
    if again is chosen:
        await other.run()
    elif other is rejected:
        await again.run()
    else:
        await _both(again, other)
    return _apart(again, other)


def _apart(chosen: BranchPlayer, rejected: BranchPlayer) -> tuple[BranchPlayer, BranchPlayer]:
    if chosen.history == rejected.history:
        raise RowFailedError("equal", "both branches say the same: no turn departed")
    return chosen, rejected


async def _both(chosen: BranchPlayer, rejected: BranchPlayer) -> None:
    """Plays both branches. The chosen one is played to its end or its failure, the rejected one at most to the turn before
    that: so what is raised, and what the store holds afterwards, do not depend on which branch was faster.
    """
    tasks = [asyncio.create_task(_lead(chosen, rejected)), asyncio.create_task(rejected.run())]
    try:
        await asyncio.wait(tasks)
    except asyncio.CancelledError:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        raise
    failures = [
        (player.turn, failure)
        for player, task in zip((chosen, rejected), tasks, strict=True)
        if (failure := task.exception())
    ]
    if failures:
        raise min(failures, key=_rank)[1]


async def _lead(chosen: BranchPlayer, rejected: BranchPlayer) -> None:
    """Plays the chosen branch. Where it fails, the rejected one stops, but the call that it waits for is not lost."""
    try:
        await chosen.run()
    except BaseException:
        chosen.hush()
        rejected.stop(after=chosen.turn - 1)
        raise


def _rank(failed: tuple[int, BaseException]) -> tuple[bool, bool, int]:
    """What ends the run comes before what fails the row, and that by turn; of equals the chosen branch's comes first."""
    turn, failure = failed
    of_row = isinstance(failure, RowFailedError | LLMError) and not isinstance(failure, Unusable)
    return isinstance(failure, StoppedError), of_row, turn
