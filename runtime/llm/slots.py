"""How many requests of a model may be on the wire at once, how soon the next one may go, and who goes next."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from itertools import count
from typing import Protocol


class Pace(Protocol):
    """When calls may go, apart from how many there are. `tokens` is what a call may use at most."""

    def wait(self, tokens: int) -> float:
        """The seconds until a call may go; 0 if it may now."""
        ...

    def spend(self, tokens: int) -> None:
        """A call goes now."""
        ...


class Slots:
    """A semaphore with priorities: lower numbers go first, and among equals who came first.

    Nobody overtakes: a slot given back goes straight to the next in line, and who waits for the `pace` stands in the
    same line, without a slot.
    """

    def __init__(self, size: int, pace: Pace | None = None) -> None:
        if size < 1:
            raise ValueError("there must be at least one slot")
        self.size = size
        self.held = 0
        self._pace = pace
        self._line: list[tuple[int, int, int, asyncio.Future[None]]] = []
        self._arrivals = count()
        self._alarm: asyncio.TimerHandle | None = None
        self._rings = 0.0  # when the alarm does

    @property
    def awaited(self) -> bool:
        return bool(self._line)

    @asynccontextmanager
    async def hold(self, priority: int = 0, tokens: int = 0) -> AsyncIterator[None]:
        """Waits for a slot and for the pace, and holds the slot while the block runs."""
        await self.take(priority, tokens)
        try:
            yield
        finally:
            self.give()

    async def take(self, priority: int, tokens: int) -> None:
        """Waits for a slot and for the pace; the slot is to be given back."""
        if not self._line and self._may_go(tokens):
            self._admit(tokens)
            return
        turn = asyncio.get_running_loop().create_future()
        heappush(self._line, (priority, next(self._arrivals), tokens, turn))
        self._serve()  # it may be first, and smaller than who was
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it was our turn already
                self.give()
            raise

    def give(self) -> None:
        """Gives a slot back."""
        self.held -= 1
        self._serve()

    def _serve(self) -> None:
        """Lets in who may go, in order."""
        while self._line:
            _, _, tokens, turn = self._line[0]
            if not turn.done():
                if not self._may_go(tokens):
                    return
                self._admit(tokens)
                turn.set_result(None)
            heappop(self._line)

    def _may_go(self, tokens: int) -> bool:
        if self.held >= self.size:
            return False
        wait = self._pace.wait(tokens) if self._pace else 0.0
        if wait:
            self._wake(wait)
        return not wait

    def _admit(self, tokens: int) -> None:
        self.held += 1
        if self._pace:
            self._pace.spend(tokens)

    def _wake(self, wait: float) -> None:
        """Serves the line again after `wait` seconds at the latest."""
        loop = asyncio.get_running_loop()
        rings = loop.time() + wait
        if self._alarm:
            if self._rings <= rings:
                return
            self._alarm.cancel()
        self._alarm, self._rings = loop.call_later(wait, self._ring), rings

    def _ring(self) -> None:
        self._alarm = None
        self._serve()
