"""A fake OpenAI-compatible server with faults on demand, in a test's own loop or in its own process.

What it answers is a function of the request alone, and so are the faults and latencies it draws, so a run can be
repeated. `python -m tests.servers.openai --port 0 --median 0.05 --sigma 0.8 --fault 500=0.05` prints its URL and serves
until it is killed. Each answered request is one line of the log: Unix time in seconds, digest, status.
"""

import argparse
import asyncio
import os
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from math import exp
from pathlib import Path
from statistics import NormalDist
from typing import Any

import orjson
from aiohttp import web

from tests.servers.faults import FAULTS, OK, WIRE, answer_fault, body_fault, refusal_of, too_many

WORDS = (
    "amber", "basin", "cedar", "delta", "ember", "fable", "grove", "haven", "inlet",
    "jetty", "kiosk", "lemon", "maple", "north", "ocean", "pearl", "quiet", "river",
)  # fmt: skip

REFUSALS = range(400, 500)  # they come at once, before any work

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the server behaves. Faults are named in `tests.servers.faults`.

    `script`: the faults of the first requests in order of arrival (`ok` for none). `marks`: text that, standing in a
    message, always brings on a fault. `shares`: the share of attempts with a fault, drawn from content and attempt.
    `median` (seconds) and `sigma`: lognormal latency. `limit`: requests answered in any second, `at_once`: at the
    same time; 429 beyond them, with `asks` as its `Retry-After`. `models`: what is served, any if empty. `token`: the API key
    asked for. `refused`: request fields that are answered with 400. `answer` replaces the texts written.
    """

    seed: int = 0
    script: tuple[str, ...] = ()
    marks: Mapping[str, str] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    median: float = 0.0
    sigma: float = 0.0
    limit: int = 0
    at_once: int = 0
    asks: str | None = None
    models: tuple[str, ...] = ()
    token: str | None = None
    refused: tuple[str, ...] = ()
    answer: Callable[[Body], str] | None = None
    log: Path | None = None

    def __post_init__(self) -> None:
        if unknown := {*self.script, *self.marks.values(), *self.shares} - FAULTS:
            raise ValueError(f"no such fault: {', '.join(sorted(unknown))}")


def digest_of(body: Body) -> str:
    """32 hex digits that name a request: all of its fields count."""
    return blake2b(orjson.dumps(body, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


def draw(*parts: object) -> float:
    """A number in (0, 1) that depends on `parts` alone."""
    number = int.from_bytes(blake2b(repr(parts).encode(), digest_size=7).digest())
    return (number + 0.5) / 2.0**56


def words(body: Body, about: str = "") -> str:
    """A reply that depends on messages, field and seed alone, 8 to 40 words and no line end."""
    digest = blake2b(orjson.dumps([body["messages"], about, body.get("seed")]), digest_size=40).digest()
    picked = [WORDS[b % len(WORDS)] for b in digest[: 6 + digest[0] % 33]]
    return f"{digest[:4].hex()} says {' '.join(picked)}."


def reply_text(body: Body) -> str:
    """Free text, or a JSON object with the fields that `response_format` requires."""
    wanted = body.get("response_format")
    if not wanted:
        return words(body)
    names = wanted["json_schema"]["schema"]["required"]
    return orjson.dumps({name: words(body, name) for name in names}).decode()


class FakeServer:
    """The requests seen and how many were on the wire at once. `url` ends in `/v1`."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.url = ""
        self.requests: list[Body] = []
        self.authorizations: list[str | None] = []
        self.counts: Counter[str] = Counter()
        self.inflight = 0
        self.peak = 0
        self._let_in: deque[float] = deque()
        self._held = 0

    @property
    def repeats(self) -> int:
        """Requests beyond the first of each digest."""
        return self.counts.total() - len(self.counts)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/v1/models", self._models)
        return app

    async def _models(self, _request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": name} for name in self.behaviour.models]})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body: Body = orjson.loads(await request.read())
        digest = digest_of(body)
        self.counts[digest] += 1
        self.requests.append(body)
        self.authorizations.append(request.headers.get("Authorization"))
        self.inflight += 1
        self.peak = max(self.peak, self.inflight)
        try:
            response = await self._respond(request, body, digest, self._fault(body, digest))
        finally:
            self.inflight -= 1
        self._log(digest, response.status)
        return response

    def _fault(self, body: Body, digest: str) -> str:
        """The fault of this request, `ok` for none: what the endpoint checks, then script, marks and shares."""
        behaviour, arrived, attempt = self.behaviour, len(self.requests), self.counts[digest]
        if behaviour.token is not None and self.authorizations[-1] != f"Bearer {behaviour.token}":
            return "401"
        if behaviour.models and body["model"] not in behaviour.models:
            return "404"
        if arrived <= len(behaviour.script):
            return behaviour.script[arrived - 1]
        text = "\n".join(message["content"] for message in body["messages"])
        for mark, fault in behaviour.marks.items():
            if mark in text:
                return fault
        point = draw(behaviour.seed, "fault", digest, attempt)
        for fault, share in behaviour.shares.items():
            if point < share:
                return fault
            point -= share
        return OK

    async def _respond(self, request: web.Request, body: Body, digest: str, fault: str) -> web.StreamResponse:
        behaviour = self.behaviour
        if behaviour.at_once and self._held >= behaviour.at_once:
            return too_many(behaviour.asks)
        if behaviour.limit and not self._within(behaviour.limit, time.monotonic()):
            return too_many(behaviour.asks)
        self._held += 1
        try:
            return await self._write(request, body, digest, fault)
        finally:
            self._held -= 1

    async def _write(self, request: web.Request, body: Body, digest: str, fault: str) -> web.StreamResponse:
        behaviour = self.behaviour
        early = refusal_of(body, behaviour.refused) or answer_fault(fault, request)
        if early and early.status in REFUSALS:
            return early
        if behaviour.median:
            deviation = NormalDist().inv_cdf(draw(behaviour.seed, "latency", digest, self.counts[digest]))
            await asyncio.sleep(behaviour.median * exp(behaviour.sigma * deviation))
        if early:
            return early
        payload = orjson.dumps(body_fault(fault, self._completion(body, digest)))
        if wire := WIRE.get(fault):
            return await wire(request, payload)
        return web.Response(body=payload, content_type="application/json")

    def _within(self, limit: int, now: float) -> bool:
        """Whether one more request makes no more than `limit` within the last second; if so, it counts."""
        while self._let_in and self._let_in[0] <= now - 1.0:
            self._let_in.popleft()
        if len(self._let_in) >= limit:
            return False
        self._let_in.append(now)
        return True

    def _completion(self, body: Body, digest: str) -> Body:
        """The answer of a healthy endpoint, cut to `max_tokens` words."""
        written = (self.behaviour.answer or reply_text)(body)
        parts = written.split(" ")
        kept = parts[: body.get("max_tokens") or body.get("max_completion_tokens") or len(parts)]
        finish = "stop" if len(kept) == len(parts) else "length"
        asked = sum(len(message["content"].split()) + 4 for message in body["messages"])
        return {
            "id": f"chatcmpl-{digest}",
            "object": "chat.completion",
            "model": body["model"],
            "choices": [
                {"index": 0, "message": {"role": "assistant", "content": " ".join(kept)}, "finish_reason": finish}
            ],
            "usage": {
                "prompt_tokens": asked,
                "completion_tokens": len(kept),
                "total_tokens": asked + len(kept),
            },
        }

    def _log(self, digest: str, status: int) -> None:
        if self.behaviour.log:
            with self.behaviour.log.open("a") as log:
                log.write(f"{time.time():.6f} {digest} {status}\n")


@asynccontextmanager
async def serving(behaviour: Behaviour = Behaviour(), port: int = 0) -> AsyncIterator[FakeServer]:
    """A server on a free loopback port, gone when the block ends; what still hangs is cut off."""
    server = FakeServer(behaviour)
    runner = web.AppRunner(server.app(), access_log=None, handler_cancellation=True, shutdown_timeout=0.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port, backlog=4096).start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        yield server
    finally:
        await runner.cleanup()


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.rpartition("=")
    return name, value


def _arguments() -> tuple[Behaviour, int]:
    parser = argparse.ArgumentParser(prog="python -m tests.servers.openai")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--median", type=float, default=0.0, help="seconds")
    parser.add_argument("--sigma", type=float, default=0.0)
    parser.add_argument("--limit", type=int, default=0, help="requests a second, 429 beyond them")
    parser.add_argument("--at-once", type=int, default=0, help="requests at a time, 429 beyond them")
    parser.add_argument("--asks", metavar="RETRY-AFTER")
    parser.add_argument("--fault", action="append", default=[], type=_pair, metavar="NAME=SHARE")
    parser.add_argument("--mark", action="append", default=[], type=_pair, metavar="TEXT=FAULT")
    parser.add_argument("--script", default="", metavar="FAULT,FAULT,…")
    parser.add_argument("--model", action="append", default=[])
    parser.add_argument("--token-from", metavar="VARIABLE", help="the environment variable with the API key asked for")
    parser.add_argument("--refused", action="append", default=[], metavar="FIELD")
    parser.add_argument("--log", type=Path)
    given = parser.parse_args()
    behaviour = Behaviour(
        seed=given.seed,
        script=tuple(name for name in given.script.split(",") if name),
        marks=dict(given.mark),
        shares={name: float(share) for name, share in given.fault},
        median=given.median,
        sigma=given.sigma,
        limit=given.limit,
        at_once=given.at_once,
        asks=given.asks,
        models=tuple(given.model),
        token=os.environ[given.token_from] if given.token_from else None,
        refused=tuple(given.refused),
        log=given.log,
    )
    return behaviour, given.port


async def _main() -> None:
    behaviour, port = _arguments()
    async with serving(behaviour, port) as server:
        print(server.url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_main())
