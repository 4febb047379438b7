"""Calls that wait for a batch: who waits for which."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from musicc.runtime.llm.types import LLMError, Reply, Request


@dataclass(slots=True)
class Parked:
    """A call, its place in the order of calls, whom to tell when it is tried again, and how many wait for its reply."""

    request: Request
    priority: int
    on_retry: Callable[[], None]
    landed: "asyncio.Future[Reply]"
    waiting: int = 0


@dataclass
class Parking:
    """The calls that wait, by key. `arrivals` counts all that ever came."""

    parked: dict[bytes, Parked] = field(default_factory=dict)
    arrivals: int = 0

    async def wait(self, request: Request, priority: int, on_retry: Callable[[], None]) -> Reply:
        """The reply, when some batch has it. Raises the LLMError that `fail` was given."""
        self.arrivals += 1
        key = request.key
        call = self.parked.get(key)
        if call is None:
            landed: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
            call = self.parked[key] = Parked(request, priority, on_retry, landed)
        call.waiting += 1
        try:
            await asyncio.wait([call.landed])
            return call.landed.result()
        finally:
            call.waiting -= 1
            if not call.waiting and self.parked.get(key) is call:
                del self.parked[key]

    def land(self, key: bytes, reply: Reply) -> None:
        """Whoever waits for the call has its reply."""
        if call := self.parked.pop(key, None):
            call.landed.set_result(reply)

    def fail(self, key: bytes, failure: LLMError) -> None:
        """Whoever waits for the call hears that it has failed for good."""
        if call := self.parked.pop(key, None):
            call.landed.set_exception(failure)
