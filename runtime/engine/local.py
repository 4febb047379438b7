"""Plays rows in one process: a bounded window of conversations, no barrier between turns or rows.

The window goes through the rows in order, so work is depth first by conversation: a server's prefix cache still holds
a conversation when its next turn comes, and memory does not grow with the number of rows.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from musicc.plan.document import Model
from musicc.runtime.engine.branches import converse
from musicc.runtime.engine.caller import RowFailedError
from musicc.runtime.engine.checks.examine import Examined, examine
from musicc.runtime.engine.conversation import Stage
from musicc.runtime.engine.schedule import Row
from musicc.runtime.llm.types import LLMError, Unusable

SMALLEST_WINDOW, LARGEST_WINDOW = 8, 2048


@dataclass(frozen=True, slots=True)
class Failed:
    """A row that failed for good: a word for the counts, and what happened."""

    reason: str
    message: str


Outcome = Examined | Failed


def window(models: Iterable[Model], plans: int = 1) -> int:
    """How many rows are played at once: twice the calls that may be on the wire, so that waiting rows idle no slot.

    With several plans of one spec, as often again: their rows wait for the calls that they have in common.
    """
    slots = sum(model.access.concurrency * max(1, len(model.access.urls)) for model in models)
    return max(SMALLEST_WINDOW, min(2 * slots * plans, LARGEST_WINDOW))


async def play(rows: Iterable[tuple[Stage, Row]], size: int, finish: Callable[[Stage, Row, Outcome], None]) -> None:
    """Plays all rows, `size` at a time, and hands each to `finish` as it ends, in any order.

    A row that fails for good is an outcome like any other. Raises Unusable if a model cannot be reached at all, and
    whatever `finish` raises; rows in flight are cancelled then.
    """
    waiting = _admitted(rows)

    async def worker() -> None:
        for stage, row in waiting:
            finish(stage, row, await outcome_of(stage, row))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(size):
                group.create_task(worker())
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


def _admitted(rows: Iterable[tuple[Stage, Row]]) -> Iterator[tuple[Stage, Row]]:
    """The rows; the agenda hears when there are no more."""
    last: tuple[Stage, Row] | None = None
    for last in rows:
        yield last
    if last:
        stage, row = last
        stage.agenda.rows = row.index + 1


async def outcome_of(stage: Stage, row: Row) -> Outcome:
    """What a row comes to. Raises Unusable."""
    if row.turns == 0:
        return Failed("no_turn", "the seed has no user turn left to replay after its context")
    try:
        return await examine(stage, row, await converse(stage, row))
    except RowFailedError as failure:
        return Failed(failure.reason, str(failure))
    except Unusable:
        raise
    except LLMError as failure:
        return Failed("call", str(failure))
