"""What has come of a batch that has ended: replies, refusals, and calls without either."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from musicc.runtime.batch.ledger import Trouble, Why
from musicc.runtime.batch.lines import UNANSWERED, read_line
from musicc.runtime.batch.provider import Provider, State
from musicc.runtime.llm.answer import Refusal
from musicc.runtime.llm.types import LLMError, Rejected, Reply, Transient, Unusable

COMPLETED = "completed"
MOST_FAILURES = 5  # that one call has before its rows fail
MOST_BATCHES = 3  # that end without a reply to the same call before the run does
SHORT = 80

Landed = Callable[[bytes, Reply], None]


@dataclass
class Gathered:
    """The calls of a batch, those `left` without a reply and why, as far as the results tell.

    `senseless` counts the lines that cannot be read, `first` is the first of them. `fatal`: no call to the model can succeed.
    """

    calls: frozenset[bytes]
    left: set[bytes]
    failures: dict[bytes, LLMError] = field(default_factory=dict)
    fatal: Unusable | None = None
    senseless: int = 0
    first: str = ""

    async def read(self, file: str, provider: Provider, landed: Landed) -> None:
        """Takes in a file of results; harmless when repeated after it broke off. Raises LLMError where it did."""
        senseless: list[bytes] = []
        async for line in provider.lines(file):
            found = read_line(line)
            if found is None or found[0] not in self.calls:
                senseless.append(line)
            elif found[0] in self.left:
                await self._take(*found, provider, landed)
        self.senseless += len(senseless)
        self.first = self.first or (repr(senseless[0][:SHORT])[1:] if senseless else "")

    async def _take(self, key: bytes, answer: Reply | Refusal, provider: Provider, landed: Landed) -> None:
        if isinstance(answer, Reply):
            landed(key, answer)
            self.left.discard(key)
        elif answer.code not in UNANSWERED and self.fatal is None:
            failure = await provider.meaning(answer)
            if isinstance(failure, Unusable):
                self.fatal = failure
            else:
                self.failures[key] = failure

    def troubles(self, state: State, known: Mapping[bytes, Trouble]) -> dict[bytes, Trouble]:
        """Why the calls that are left have no reply, and how often that was so. Nothing where none could have had one."""
        return {} if self.fatal else {key: self._trouble(key, state, known.get(key)) for key in self.left}

    def _trouble(self, key: bytes, state: State, before: Trouble | None) -> Trouble:
        why, message = self._reason(key, state)
        times = before.times + 1 if before and before.why == why else 1
        failure = self.failures.get(key)
        return Trouble(why, times, message, failure.status if failure else None)

    def _reason(self, key: bytes, state: State) -> tuple[Why, str]:
        if failure := self.failures.get(key):
            return "failed" if failure.retryable else "refused", str(failure)
        if state.status == COMPLETED:
            return "failed", "the results of its batch have no line for it"
        return "unanswered", state.faults[0] if state.faults else f"its batch was {state.status}"


def failure_of(trouble: Trouble) -> LLMError | None:
    """What a call has failed with for good, if it has."""
    if trouble.why == "refused":
        return Rejected(trouble.message, status=trouble.status)
    if trouble.why == "failed" and trouble.times >= MOST_FAILURES:
        return Transient(trouble.message, status=trouble.status)
    return None


def is_hopeless(trouble: Trouble) -> bool:
    """Whether batches time and again end before the call is answered."""
    return trouble.why == "unanswered" and trouble.times >= MOST_BATCHES
