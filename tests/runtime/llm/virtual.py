"""Time that passes only where somebody waits for it, so that minutes of waiting are tested in moments, and exactly."""

import asyncio
import selectors
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any, TypeVar

from musicc.runtime.llm.limits import Limits
from musicc.runtime.llm.types import Reply, Request, Transient

Got = TypeVar("Got")
REPLY = Reply("Hello", "stop", 10, 10)


class Skipping(selectors.SelectSelector):
    """A selector that does not wait, but moves the clock on."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        assert timeout is not None, "nothing is waited for, so time stands still for ever"
        self.now += max(0.0, timeout)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.skipping = Skipping()
        super().__init__(self.skipping)

    def time(self) -> float:
        return self.skipping.now


def play(main: Callable[[], Coroutine[Any, Any, Got]]) -> Got:
    """What `main()` returns, run in virtual time from 0 on."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main())


def now() -> float:
    return asyncio.get_running_loop().time()


class Endpoint:
    """Answers `a_second` calls in any second, `at_once` at a time, and refuses the rest; 0 is no bound."""

    def __init__(
        self,
        a_second: int = 0,
        at_once: int = 0,
        latency: float = 0.1,
        asks: float | None = None,
        noise: float = 0.0,
        seed: int = 1,
    ) -> None:
        self.a_second, self.at_once, self.latency, self.asks, self.noise = a_second, at_once, latency, asks, noise
        self.answered: list[float] = []
        self.refused: list[float] = []
        self.held = self.peak = 0
        self._random = Random(seed)
        self._of_late: deque[float] = deque()

    async def __call__(self, request: Request) -> Reply:
        while self._of_late and self._of_late[0] <= now() - 1.0:
            self._of_late.popleft()
        late = bool(self.a_second and len(self._of_late) >= self.a_second)
        if late or (self.at_once and self.held >= self.at_once) or self._random.random() < self.noise:
            self.refused.append(now())
            await asyncio.sleep(0.01)
            raise Transient("429", status=429, retry_after=self.asks)
        self._of_late.append(now())
        self.answered.append(now())
        return await self._write()

    async def _write(self) -> Reply:
        self.held += 1
        self.peak = max(self.peak, self.held)
        try:
            await asyncio.sleep(self.latency * self._random.lognormvariate(0.0, 0.8))
        finally:
            self.held -= 1
        return REPLY

    def rate(self, since: float, until: float) -> float:
        """Answers a second in a span of time."""
        return sum(since <= at < until for at in self.answered) / (until - since)

    def share(self, since: float, until: float) -> float:
        """The share of refusals in a span of time."""
        refused = sum(since <= at < until for at in self.refused)
        return refused / (refused + self.rate(since, until) * (until - since))


async def press(limits: Limits, endpoint: Endpoint, request: Request, callers: int, seconds: float) -> Counter[str]:
    """Callers that make one call after the other, and wait half a second after a refusal."""
    seen: Counter[str] = Counter()

    async def call() -> None:
        while True:
            try:
                await limits.attempt(request, 0, endpoint)
                seen["answered"] += 1
            except Transient:
                seen["refused"] += 1
                await asyncio.sleep(0.5)

    tasks = [asyncio.create_task(call()) for _ in range(callers)]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return seen
