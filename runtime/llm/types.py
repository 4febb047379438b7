"""What goes to an LLM, what comes back, and how it can fail."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypedDict

from musicc.diagnostics import Diagnostic


class Message(TypedDict):
    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """One chat completion. `fields`: the reply shall be a JSON object with these string fields (a hint to the endpoint).

    `seed` is sent where the endpoint takes one, and tells draws of the same messages apart. `key` is what the reply is
    stored under. Requests with the same `conversation` have a beginning in common, which a server may still hold.
    """

    model: str  # the plan's name of the model
    messages: Sequence[Message]
    temperature: float
    top_p: float
    max_tokens: int
    stop: tuple[str, ...]
    fields: tuple[str, ...]
    seed: int
    key: bytes = b""
    conversation: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """`finish` is the server's finish_reason ("stop", "length", "content_filter", …); tokens are 0 where not reported."""

    text: str
    finish: str
    prompt_tokens: int
    completion_tokens: int


class LLMError(Exception):
    """A call failed. `retryable`: the same call may succeed later. `retry_after`: seconds the server asked for."""

    retryable = False

    def __init__(self, message: str, *, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class Transient(LLMError):
    """429, 5xx, timeouts, dropped connections, a body that is not JSON or is cut off."""

    retryable = True


class Rejected(LLMError):
    """The server refuses this request for good (400, context too long, content filter): the row fails, the run goes on."""


class Unusable(LLMError):
    """No call to this model can succeed (401, 403, unknown model, nobody listens): the run stops with `diagnostic`."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class Backend(Protocol):
    """Answers requests. It holds a slot of the model's concurrency only while a request is on the wire, and retries inside."""

    async def complete(self, request: Request, priority: int = 0) -> Reply:
        """The reply. Lower `priority` goes first when slots are scarce. Raises LLMError when it failed for good."""
        ...
