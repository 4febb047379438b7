"""One call of a plan, from its messages to a reply worth keeping: store, flight, judgement, another draw."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Literal, Protocol, TypeAlias

import orjson

from musicc.plan.document import Call, Fault, Policy
from musicc.runtime.engine.faults import faults_of
from musicc.runtime.engine.keys import Draw, call_key, seed_of
from musicc.runtime.engine.parse import parse_fields
from musicc.runtime.llm.types import Message, Reply, Request

DRY = "dry"  # the finish reason of replies that a rehearsal makes up; they are not judged


class Results(Protocol):
    """Where replies are kept, by key."""

    def get(self, key: bytes) -> bytes | None: ...
    def put(self, key: bytes, value: bytes) -> None: ...


class RowFailedError(Exception):
    """The row cannot become a pair: `reason` is a word for the manifest's counts, the message says more."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks what, besides the messages: needed for the key, for judging, for the order of calls, and to tell of it.

    `earlier`: what the same speaker said before. `instruction`: what the user said in this turn, empty if that is what
    is asked for. `hidden`: the hidden instruction that the reply answers, if any. `conversation` is the same for calls
    whose messages begin alike.
    """

    role: Literal["user", "assistant"]
    priority: int
    turn: int
    draw: Draw
    instruction: str = ""
    hidden: str | None = None
    earlier: Sequence[str] = ()
    conversation: str = ""


Heard: TypeAlias = Callable[[bytes, Call, Asked], None]


@dataclass(slots=True)
class Tally:
    """What a model has done in this run. `made` calls went over the wire, `reused` ones came from the store."""

    made: int = 0
    reused: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    reused_prompt_tokens: int = 0
    reused_completion_tokens: int = 0

    def count(self, reply: Reply, *, made: bool) -> None:
        if made:
            self.made += 1
            self.prompt_tokens += reply.prompt_tokens
            self.completion_tokens += reply.completion_tokens
        else:
            self.reused += 1
            self.reused_prompt_tokens += reply.prompt_tokens
            self.reused_completion_tokens += reply.completion_tokens

    def add(self, other: "Tally") -> None:
        for number in fields(Tally):
            setattr(self, number.name, getattr(self, number.name) + getattr(other, number.name))


@dataclass
class Caller:
    """Answers the calls of a plan's rows from the store, from a call in flight, or from the backend, in this order.

    `identities` names each model in call keys. Equal calls in flight are one call, whichever rows they come from.
    `heard` is told of every call that is asked for, before it is known where its reply comes from.
    """

    complete: Callable[[Request, int], Awaitable[Reply]]
    store: Results
    identities: Mapping[str, str]
    structured: frozenset[str]
    policies: Mapping[Fault, Policy]
    tallies: Mapping[str, Tally]
    flying: dict[bytes, "asyncio.Future[Reply]"] = field(default_factory=dict)
    heard: Heard | None = None

    def under(self, policies: Mapping[Fault, Policy]) -> "Caller":
        """The same caller with other policies; what is in flight and the tallies are shared."""
        return replace(self, policies=policies)

    async def ask(self, call: Call, messages: Sequence[Message], asked: Asked) -> tuple[Reply, tuple[Fault, ...]]:
        """The reply and the faults it is marked with. Raises RowFailedError, or LLMError from the backend."""
        attempt = 0
        while True:
            reply = await self.draw(call, messages, asked, attempt)
            faults = judge(call, reply, asked)
            if all(attempt >= self.policies[fault].retries for fault in faults):
                return reply, self._settle(faults, reply, attempt)
            attempt += 1

    def _settle(self, faults: tuple[Fault, ...], reply: Reply, attempt: int) -> tuple[Fault, ...]:
        fatal = next((fault for fault in faults if self.policies[fault].then == "quarantine"), None)
        if fatal is not None:
            raise RowFailedError(fatal, f"the reply was {fatal} after {attempt + 1} attempts: {reply.text[:200]!r}")
        return faults

    async def draw(self, call: Call, messages: Sequence[Message], asked: Asked, attempt: int) -> Reply:
        """The reply of one attempt, whatever it is like. Raises LLMError from the backend."""
        fields = call.fields if call.model in self.structured else ()
        key = call_key(self.identities[call.model], call.sampling, fields, messages, asked.draw, attempt)
        if self.heard is not None:
            self.heard(key, call, asked)
        while True:
            if (stored := self.store.get(key)) is not None:
                reply = decode(stored)
                self.tallies[call.model].count(reply, made=False)
                return reply
            flight = self.flying.get(key)
            if flight is None:
                request = _request(call, messages, key, asked.conversation)
                return await self._fly(key, request, asked.priority)
            # The one who makes the call may be cancelled with its row: then the first who waits makes it.
            await asyncio.wait([flight])

    async def _fly(self, key: bytes, request: Request, priority: int) -> Reply:
        landed: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.flying[key] = landed
        try:
            reply = await self.complete(request, priority)
            self.store.put(key, encode(reply))
        finally:
            del self.flying[key]
            landed.cancel()
        self.tallies[request.model].count(reply, made=True)
        return reply


def _request(call: Call, messages: Sequence[Message], key: bytes, conversation: str) -> Request:
    sampling = call.sampling
    return Request(
        model=call.model,
        messages=messages,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        max_tokens=sampling.max_tokens,
        stop=sampling.stop,
        fields=call.fields,
        seed=seed_of(key),
        key=key,
        conversation=conversation,
    )


def judge(call: Call, reply: Reply, asked: Asked) -> tuple[Fault, ...]:
    """The faults of a reply; of a structured reply, those of its answer, which answers its own hidden instruction."""
    if reply.finish == DRY:
        return ()
    text, hidden = reply.text, asked.hidden
    if call.fields:
        parsed = parse_fields(reply.text, call.fields)
        if parsed is None:
            return ("unparsable",)
        text, hidden = parsed["answer"], parsed.get("instruction")
        if hidden is not None and hidden.casefold().split() == asked.instruction.casefold().split():
            return ("repeated",)
    return faults_of(text, reply.finish, role=asked.role, hidden=hidden, earlier=asked.earlier, said=asked.instruction)


def encode(reply: Reply) -> bytes:
    """The reply as it is stored."""
    return orjson.dumps([reply.text, reply.finish, reply.prompt_tokens, reply.completion_tokens])


def decode(stored: bytes) -> Reply:
    """The reply that was stored. Raises ValueError or TypeError where it is none."""
    return Reply(*orjson.loads(stored))
