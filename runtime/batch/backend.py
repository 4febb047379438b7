"""A backend whose calls wait until there are many of them: providers sell them at half the price as batches.

The engine plays rows as ever. A call to a model whose server has batches is parked; when every row in play waits for a
parked call, all of them are handed in, and their replies come hours later. A dialogue of T turns takes T such rounds, or
a few more.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import aiohttp

from musicc.plan.document import Model
from musicc.runtime.batch.desk import Desk, House
from musicc.runtime.batch.parking import Parking
from musicc.runtime.batch.provider import Provider
from musicc.runtime.batch.results import failure_of
from musicc.runtime.llm.backend import ModelBackend, secret_of
from musicc.runtime.llm.client import Client
from musicc.runtime.llm.server import Server
from musicc.runtime.llm.types import Reply, Request
from musicc.runtime.progress import Away

TICKS = 5  # how often, while nothing may move, it is looked whether anything did


class PausedError(Exception):
    """Everything that can be asked now is handed in, and nobody waits for it."""


class BatchBackend:
    """Calls go by batches where a model's server has them, and to `usual` elsewhere.

    `pulse` changes whenever the engine moves.
    """

    def __init__(
        self,
        usual: ModelBackend,
        desks: Mapping[str, Desk],
        parking: Parking,
        house: House,
        pulse: Callable[[], object],
    ) -> None:
        self.retries: Counter[str] = Counter()
        self._usual, self._desks, self._parking, self._house, self._pulse = usual, desks, parking, house, pulse
        self._busy = 0
        self._rounds = 0
        self._gap = house.pace.first
        self._due = time.monotonic()

    async def complete(self, request: Request, priority: int = 0) -> Reply:
        """As the usual backend's, only later."""
        return await self.ask(request, priority, lambda: self.retries.update((request.model,)))

    async def ask(self, request: Request, priority: int, on_retry: Callable[[], None]) -> Reply:
        """As the usual backend's, only later."""
        desk = self._desks.get(request.model)
        self._busy += 1
        try:
            if desk is None or not await desk.offers():
                return await self._usual.ask(request, priority, on_retry)
        finally:
            self._busy -= 1
        trouble = self._house.ledger.troubles.get(request.key)
        if trouble and (failure := failure_of(trouble)):
            raise failure
        return await self._parking.wait(request, priority, on_retry)

    def away(self) -> Away:
        """How it stands now."""
        batches = {batch.note: batch for desk in self._desks.values() for batch in desk.open}
        calls = sum(len(batch.keys) for batch in batches.values())
        done = sum(desk.done for desk in self._desks.values())
        return Away(self._rounds, len(batches), calls, min(done, calls), max(0.0, self._due - time.monotonic()))

    async def recover(self) -> None:
        """Looks after the batches of earlier runs. Raises Unusable."""
        for desk in self._desks.values():
            await desk.recover()

    async def run(self) -> None:
        """Hands in what is parked and looks after what is away, until it is cancelled. Raises Unusable and PausedError."""
        calm = 0
        before: tuple[object, ...] = ()
        while True:
            await asyncio.sleep(self._house.pace.quiet / TICKS)
            now = (self._pulse(), self._parking.arrivals, self._busy, [len(desk.open) for desk in self._desks.values()])
            calm, before = (calm + 1 if now == before and not self._busy else 0), now
            if calm == TICKS:
                await self._submit()
            if time.monotonic() >= self._due:
                await self._look()

    async def _submit(self) -> None:
        """Hands in what is parked and not away yet, as far as there is room."""
        waiting = self._parking.parked
        handed_in = 0
        for name, desk in self._desks.items():
            away = desk.out
            calls = [call for key, call in waiting.items() if call.request.model == name and key not in away]
            if calls:
                handed_in += await desk.submit(calls)
        if handed_in:
            self._rounds += 1
            self._gap = self._house.pace.first
            self._due = time.monotonic() + self._gap
        if waiting and not self._house.pace.wait:
            raise PausedError

    async def _look(self) -> None:
        for desk in self._desks.values():
            await desk.look()
        self._gap = min(self._gap * 1.5, self._house.pace.longest)
        self._due = time.monotonic() + self._gap


@asynccontextmanager
async def batching(
    models: Mapping[str, Model], usual: ModelBackend, house: House, pulse: Callable[[], object]
) -> AsyncIterator[BatchBackend]:
    """A backend that batches, at work until the block ends. Raises Unusable, DiagnosticError and PausedError."""
    parking = Parking()
    async with aiohttp.ClientSession() as session:
        desks = {
            name: _desk(name, model, session, house, parking) for name, model in models.items() if model.weights is None
        }
        backend = BatchBackend(usual, desks, parking, house, pulse)
        await backend.recover()
        try:
            async with asyncio.TaskGroup() as group:
                work = group.create_task(backend.run())
                yield backend
                work.cancel()
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None


def _desk(name: str, model: Model, session: aiohttp.ClientSession, house: House, parking: Parking) -> Desk:
    """At the model's first server: an account's batches are not those of another."""
    server = Server.at(name, model.access.urls[0])
    secret = secret_of(name, model.access.key)
    client = Client(session, model, server, secret)
    return Desk(house, parking, client, Provider(session, server, client, secret), server, model.served)
