"""A model's servers: a conversation stays at one of them, and where that one fails, the next in its order takes over.

The order is a conversation's own (rendezvous hashing), so that a server that goes or comes moves no call of the others,
and each still holds the beginnings of its conversations. Every server has limits of its own. One that fails is left
alone for a while, each time longer; then a single call tries it.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from musicc.diagnostics import Diagnostic
from musicc.runtime.llm.client import Client
from musicc.runtime.llm.limits import Limits
from musicc.runtime.llm.retry import TOO_MANY, UnreachableError
from musicc.runtime.llm.types import Reply, Request, Transient

FIRST_REST, LONGEST_REST = 0.25, 30.0  # seconds; each rest is twice as long as the one before
LONGEST_ALONE = 2.0  # where no other server is left, and a run waits for this one
TRIP = 5  # faults in a row of a server that others can stand in for


class RestingError(Transient):
    """The server began to rest while the call stood in its line."""


@dataclass(slots=True, eq=False)
class Replica:
    """A server and how it fares. `until`: when its rest ends, 0 if it has none; then one call at a time tries it.

    `trial` is set when that call ends. `gone`: what to say where nobody listens; None where it answers, however badly.
    """

    name: str
    client: Client
    limits: Limits
    faults: int = 0
    rest: float = FIRST_REST
    until: float = 0.0
    trial: asyncio.Event | None = None
    gone: Diagnostic | None = None

    def rank(self, conversation: bytes) -> bytes:
        return blake2b(self.name.encode() + b"\0" + conversation, digest_size=8).digest()


class Replicas:
    """The servers of one model. Calls that no server can take now fail at once, with the time until one is tried; while
    one is tried, they wait for what comes of it.
    """

    def __init__(self, replicas: Sequence[Replica], clock: Callable[[], float] = time.monotonic) -> None:
        self._all = replicas
        self._clock = clock

    async def attempt(self, request: Request, priority: int) -> Reply:
        """The reply of the first server that can be reached. Raises LLMError; no server is asked twice, but for one that
        came back meanwhile.
        """
        while True:
            replica, trial = await self._choose(request)

            async def send(asked: Request, to: Replica = replica, trial: bool = trial) -> Reply:
                if to.until and not trial and self._well:
                    raise RestingError("the server rests")
                return await self._ask(to, asked)

            try:
                return await replica.limits.attempt(request, priority, send)
            except RestingError:
                pass
            except UnreachableError as failure:
                if not self._well:
                    failure.retry_after = self._rests(replica)
                    raise
            finally:
                if trial:
                    _end_trial(replica)

    @property
    def _well(self) -> bool:
        """Whether there is a server that does not rest."""
        return any(not replica.until for replica in self._all)

    async def _ask(self, replica: Replica, request: Request) -> Reply:
        """What comes of it tells how the server fares."""
        try:
            reply = await replica.client.complete(request)
        except UnreachableError as failure:
            replica.gone = failure.diagnostic
            self._rest(replica)
            raise
        except Transient as failure:
            if failure.status == TOO_MANY:
                self._answered(replica)
            else:
                self._fault(replica)
            raise
        except Exception:
            self._answered(replica)
            raise
        self._answered(replica)
        return reply

    async def _choose(self, request: Request) -> tuple[Replica, bool]:
        """A server, and whether this call tries one that rested. Raises UnreachableError."""
        while True:
            now = self._clock()
            for replica in self._order(request):
                if not replica.until:
                    return replica, False
                if replica.until <= now and not replica.trial:
                    replica.trial = asyncio.Event()
                    return replica, True
            first = self._at_worst()
            if not first.gone:
                return first, False
            if not first.trial:
                raise UnreachableError(first.gone, self._rests(first))
            await first.trial.wait()

    def _order(self, request: Request) -> Sequence[Replica]:
        if len(self._all) == 1:
            return self._all
        name = request.conversation.encode() or request.key
        return sorted(self._all, key=lambda replica: replica.rank(name))

    def _at_worst(self) -> Replica:
        """All rest: one that answers badly is better than none."""
        return min(self._all, key=lambda replica: (replica.gone is not None, replica.until))

    def _rests(self, replica: Replica) -> float:
        """For how long no call tries it."""
        return max(replica.until - self._clock(), FIRST_REST)

    def _fault(self, replica: Replica) -> None:
        """It answered badly or broke off: it rests if others can stand in, and that was a trial or is a habit."""
        replica.faults += 1
        replica.gone = None
        if self._others(replica) and (replica.until or replica.faults >= TRIP):
            self._rest(replica)
        else:
            replica.until = 0.0

    def _rest(self, replica: Replica) -> None:
        """One rest for all calls that failed at once."""
        now = self._clock()
        if replica.until <= now:
            replica.until = now + replica.rest
            replica.rest = min(2.0 * replica.rest, LONGEST_REST if self._others(replica) else LONGEST_ALONE)

    def _others(self, replica: Replica) -> bool:
        """Whether another server can stand in."""
        return any(not other.until for other in self._all if other is not replica)

    def _answered(self, replica: Replica) -> None:
        replica.faults, replica.rest, replica.until, replica.gone = 0, FIRST_REST, 0.0, None


def _end_trial(replica: Replica) -> None:
    if replica.trial:
        replica.trial.set()
    replica.trial = None
