"""Where the calls of one model are handed in as batches, and their results fetched."""

import time
from asyncio import Lock, sleep
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from musicc.diagnostics import Diagnostic
from musicc.diagnostics.codes import batches
from musicc.diagnostics.words import counted
from musicc.runtime.batch.ledger import Batch, Ledger
from musicc.runtime.batch.lines import filled, request_line
from musicc.runtime.batch.parking import Parked, Parking
from musicc.runtime.batch.provider import Provider, State
from musicc.runtime.batch.results import COMPLETED, Gathered, failure_of, is_hopeless
from musicc.runtime.llm.client import Client
from musicc.runtime.llm.retry import Patience, persist
from musicc.runtime.llm.server import Server
from musicc.runtime.llm.types import Rejected, Reply, Transient, Unusable

T = TypeVar("T")

OTHER_URL = "leave `--batch` out, or see that `url` is the one of the provider's OpenAI protocol"
AGAIN = "run the same command again, or build without `--batch`; what was received is kept"


@dataclass(frozen=True, slots=True)
class Pace:
    """How batches are made and looked after; times in seconds.

    Calls are handed in when nothing has moved for `quiet`. The first look at a new batch is taken after `first`, the
    gap between looks grows to `longest`. A batch is in the server's list at the latest `listed` after it was started.
    With `wait` off, the run ends when everything is handed in. A file has `requests` or `bytes` at most.
    """

    quiet: float = 0.5
    first: float = 0.5
    longest: float = 60.0
    listed: float = 2.0
    wait: bool = True
    requests: int = 50_000
    bytes: int = 200_000_000


@dataclass(frozen=True)
class House:
    """What the desks of a run have in common. `keep` stores a reply, `flush` returns when all of them are safe.

    `report` hears of results that cannot be read, `announce` of batches that end without all of theirs.
    """

    ledger: Ledger
    keep: Callable[[bytes, Reply], None]
    flush: Callable[[], None]
    report: Callable[[Diagnostic], None]
    announce: Callable[[str], None]
    patience: Patience
    pace: Pace


class Desk:
    """The batches of one model."""

    def __init__(
        self, house: House, parking: Parking, client: Client, provider: Provider, server: Server, served: str
    ) -> None:
        self._house, self._parking, self._client, self._provider = house, parking, client, provider
        self._server, self._served = server, served
        self._most = house.pace.requests
        self._tight = False
        self._alone: str | None = None  # the note of the last batch that was started while no other was open
        self._offered: bool | None = None
        self._offering = Lock()
        self._states: dict[str, State] = {}

    @property
    def open(self) -> list[Batch]:
        """The model's batches that are not settled yet."""
        noted = self._house.ledger.batches.values()
        return [batch for batch in noted if (batch.url, batch.model) == (self._server.shown, self._served)]

    @property
    def out(self) -> set[bytes]:
        """The calls that are in an open batch: they are never handed in again."""
        return {key for batch in self.open for key in batch.keys}

    @property
    def done(self) -> int:
        """How many calls of the open batches the server has dealt with, as far as it was asked."""
        return sum(state.done for state in self._states.values())

    async def offers(self) -> bool:
        """Whether the server has batches; asked once."""
        async with self._offering:
            if self._offered is None:
                self._offered = await self._persist(self._provider.offers)
                if not self._offered:
                    self._house.report(self._server.fault(batches.NO_BATCHES, _no_batches(self._server), OTHER_URL))
            return self._offered

    async def recover(self) -> None:
        """Looks after batches of earlier runs: finds out whether they were started, and fetches what has ended."""
        for batch in self.open:
            if batch.id is None:
                await sleep(min(max(0.0, batch.since + self._house.pace.listed - time.time()), self._house.pace.listed))
                found = await self._persist(partial(self._provider.find, batch.file))
                if found:
                    self._house.ledger.note(replace(batch, id=found.id))
                else:
                    self._drop(batch)
        await self.look()

    async def submit(self, calls: Iterable[Parked]) -> int:
        """Hands in calls, those of the earliest rows first; how many. Raises Unusable where the server takes no batch."""
        if self._tight and self.open:
            return 0
        ordered = sorted(calls, key=lambda call: (call.priority, call.request.key))
        lines = (
            (call.request.key, request_line(call.request.key, self._client.body(call.request))) for call in ordered
        )
        handed_in: set[bytes] = set()
        for keys, content in filled(lines, self._most, self._house.pace.bytes):
            await self._start(keys, content)
            handed_in.update(keys)
            if self._tight:
                break
        again = handed_in & self._house.ledger.troubles.keys()
        for call in ordered:
            if call.request.key in again:
                call.on_retry()
        return len(handed_in)

    async def look(self) -> None:
        """Asks how far the open batches are, and settles those that have ended."""
        for batch in self.open:
            if batch.id is not None:
                state = await self._persist(partial(self._provider.look, batch.id, batch.note))
                self._states[batch.note] = state
                if state.ended:
                    await self._settle(batch, state)

    async def _start(self, keys: tuple[bytes, ...], content: bytes) -> None:
        file = await self._persist(partial(self._provider.upload, content))
        batch = Batch(self._server.shown, self._served, file, keys, time.time())
        self._alone = None if self.open else batch.note
        self._house.ledger.note(batch)
        asked = False

        async def attempt() -> State:
            nonlocal asked
            if asked:
                await sleep(self._house.pace.listed)
                if found := await self._provider.find(file):
                    return found
            asked = True
            return await self._provider.start(file)

        try:
            state = await self._persist(attempt)
        except Unusable as failure:
            if isinstance(failure.__cause__, Rejected):  # then it was not started for certain
                self._drop(batch)
            raise
        self._house.ledger.note(replace(batch, id=state.id))

    async def _settle(self, batch: Batch, state: State) -> None:
        """Keeps the results of a batch that has ended. Raises Unusable where no further one would fare better."""
        troubles = self._house.ledger.troubles
        found = Gathered(frozenset(batch.keys), set(batch.keys))
        for file in state.results:
            await self._persist(partial(found.read, file, self._provider, self._landed))
        self._house.flush()
        if found.senseless:
            self._house.report(self._senseless(batch, found))
        if state.queue_full:
            self._queue_full(batch)
        else:
            self._house.ledger.settle(found.calls - found.left, found.troubles(state, troubles))
        self._drop(batch)
        self._tell(found, state)
        if verdict := found.fatal or self._hopeless(found):
            raise verdict

    def _landed(self, key: bytes, reply: Reply) -> None:
        self._house.keep(key, reply)
        self._parking.land(key, reply)

    def _tell(self, found: Gathered, state: State) -> None:
        """Those who wait hear what has failed for good; the other calls that are left are handed in again."""
        if state.status != COMPLETED and found.left:
            self._house.announce(
                f"batch {state.id} {_ending(state)}: {counted(len(found.left), 'call')} to be handed in again"
            )
        for key in found.left:
            trouble = self._house.ledger.troubles.get(key)
            if trouble and (failure := failure_of(trouble)):
                self._parking.fail(key, failure)

    def _hopeless(self, found: Gathered) -> Unusable | None:
        """What to stop the run with, where batches time and again end before the same calls."""
        troubles = self._house.ledger.troubles
        lasting = [key for key in found.left if (trouble := troubles.get(key)) and is_hopeless(trouble)]
        if not lasting:
            return None
        said = troubles[lasting[0]].message
        self._house.ledger.settle(lasting, {})
        return self._unusable(
            f"no batch had a reply to {counted(len(lasting), 'call')} of `{self._server.model}`: {said}"
        )

    def _queue_full(self, batch: Batch) -> None:
        """The server takes no more into its queue: from now on one batch at a time, and a smaller one where that was too
        much by itself. Raises Unusable where nothing helps.
        """
        self._tight = True
        if batch.note == self._alone:
            self._most = len(batch.keys) // 2
        if not self._most:
            self._drop(batch)
            raise self._unusable(f"the queue of `{self._server.model}` at the server has no room for a single call")

    def _drop(self, batch: Batch) -> None:
        self._house.ledger.drop(batch)
        self._states.pop(batch.note, None)

    async def _persist(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """As often as patience lasts. What fails all the same ends the run, as nothing can be had without it."""
        try:
            return await persist(attempt, self._house.patience, self._server.shown, lambda: None)
        except (Transient, Rejected) as failure:
            message = f"batches cannot be made or fetched at the server of `{self._server.model}`: {failure}"
            raise self._unusable(message) from failure

    def _unusable(self, message: str) -> Unusable:
        return Unusable(self._server.fault(batches.BATCH_FAILED, message, AGAIN))

    def _senseless(self, batch: Batch, found: Gathered) -> Diagnostic:
        message = f"the results of {batch.id} have {counted(found.senseless, 'line')} without sense, the first is {found.first}"
        return self._server.fault(batches.BATCH_LINES, message, "their calls are made again")


def _ending(state: State) -> str:
    """How a batch ended that is not whole."""
    return f"{state.status} ({state.faults[0]})" if state.faults else f"is {state.status}"


def _no_batches(server: Server) -> str:
    return f"the server of `{server.model}` has no batches; its calls are made one by one"
