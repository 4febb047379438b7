"""How fast a server may be asked: what is declared, what it asks for itself, and what its refusals tell.

Nothing here stands in a request's way: a call waits in the line of the slots, holding none, and what comes back is told
to `Limits`. Declared rates are token buckets; a call's tokens are guessed before it goes, and put right by the reply's
usage. A server's wish for a pause (`Retry-After`, or nothing left by its `ratelimit` headers) is one for all calls.
"""

import time
from collections.abc import Awaitable, Callable

from musicc.plan.document import Access
from musicc.runtime.llm.bucket import Bucket
from musicc.runtime.llm.found import Found, Try
from musicc.runtime.llm.retry import TOO_MANY
from musicc.runtime.llm.slots import Slots
from musicc.runtime.llm.types import LLMError, Reply, Request, Transient

MOST_ASKED = 600.0  # seconds; a longer wait is no pause: the call that was told so ends the run
BYTES, FRAME = 4, 4  # of a token, about, in any script; tokens around a message


def guessed_prompt(request: Request) -> int:
    """The tokens of a prompt, about."""
    return sum(len(message["content"].encode()) // BYTES + FRAME for message in request.messages)


def estimate(request: Request) -> int:
    """The tokens that a call may use at most, about."""
    return guessed_prompt(request) + request.max_tokens


class Limits:
    """The limits of one server; `slots` is the line in which its calls wait."""

    def __init__(self, access: Access, clock: Callable[[], float] = time.monotonic) -> None:
        now = clock()
        self._clock = clock
        self._calls = Bucket.a_minute(access.requests_per_minute, now) if access.requests_per_minute else None
        self._tokens = Bucket.a_minute(access.tokens_per_minute, now) if access.tokens_per_minute else None
        self._found = Found(access.concurrency, now)
        self._opens = now
        self._paced = False  # whether the first in line waits for the rate that was found
        self.slots = Slots(access.concurrency, self)

    async def attempt(self, request: Request, priority: int, send: Callable[[Request], Awaitable[Reply]]) -> Reply:
        """What `send` returns, once the call may go. Raises what `send` raises."""
        tokens = estimate(request) if self._tokens else 0
        await self.slots.take(priority, tokens)  # not `hold`: this is on the way of every call
        try:
            one = self._found.send(self.slots.held, self._clock())
            try:
                reply = await send(request)
            except LLMError as failure:
                self._failed(one, failure, tokens)
                raise
            self._went_well(one, reply, tokens)
            return reply
        finally:
            self.slots.give()

    def _went_well(self, one: Try, reply: Reply, tokens: int) -> None:
        now = self._clock()
        self._found.answered(one, now)
        self._settle(tokens, reply.prompt_tokens + reply.completion_tokens or tokens, now)
        if self.slots.awaited:
            self._found.grow(self.slots.held >= self.slots.size, self._paced, now)
            self.slots.size = self._found.slots

    def _failed(self, one: Try, failure: LLMError, tokens: int) -> None:
        now = self._clock()
        if failure.status == TOO_MANY:
            self._settle(tokens, 0, now)
            self._found.refused(one, failure.retry_after or 0.0, now)
        elif isinstance(failure, Transient):
            self._found.failed(one, now)
        else:
            self._found.answered(one, now)
        if failure.retry_after is not None:
            self.pause(failure.retry_after)
        self.slots.size = self._found.slots

    def wait(self, tokens: int) -> float:
        """The seconds until a call of so many tokens may go."""
        now = self._clock()
        wait = max(0.0, self._opens - now)
        if self._calls:
            wait = max(wait, self._calls.wait(1, now))
        if self._tokens:
            wait = max(wait, self._tokens.wait(tokens, now))
        found = self._found.wait(now)
        self.slots.size = self._found.slots
        self._paced = found > wait
        return max(found, wait)

    def spend(self, tokens: int) -> None:
        now = self._clock()
        self._found.spend(now)
        if self._calls:
            self._calls.take(1, now)
        if self._tokens:
            self._tokens.take(tokens, now)

    def pause(self, seconds: float) -> None:
        """No call goes for so long."""
        if seconds <= MOST_ASKED:
            self._opens = max(self._opens, self._clock() + seconds)

    def _settle(self, guessed: int, used: int, now: float) -> None:
        if self._tokens:
            self._tokens.give(guessed - used, now)
