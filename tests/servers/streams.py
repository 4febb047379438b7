"""Replies as streams of events, from servers that were asked for none."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web

ALIVE, DONE = b": keep-alive\n\n", b"data: [DONE]\n\n"


def _event(document: dict[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(document) + b"\n\n"


def events(completion: dict[str, Any]) -> list[bytes]:
    """The chunks of a completion: who speaks, the text word by word, why it ends, what it took."""
    [choice] = completion["choices"]
    words = choice["message"]["content"].split(" ")
    deltas = [{"content": word if n == 0 else f" {word}"} for n, word in enumerate(words)]
    common = {"id": completion["id"], "object": "chat.completion.chunk", "model": completion["model"]}
    said = [{"index": 0, "delta": delta, "finish_reason": None} for delta in ({"role": "assistant"}, *deltas)]
    end = {"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}
    return [
        *(_event({**common, "choices": [one], "usage": None}) for one in (*said, end)),
        _event({**common, "choices": [], "usage": completion["usage"]}),
    ]


def _whole(completion: dict[str, Any]) -> bytes:
    return ALIVE + b"".join(events(completion)) + DONE


def _broken(completion: dict[str, Any]) -> bytes:
    error = {
        "error": {"message": "the upstream broke off", "code": 502},
        "choices": [{"delta": {}, "finish_reason": "error"}],
    }
    return b"".join([*events(completion)[:3], _event(error), DONE])


BODIES: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "stream": _whole,
    "stream-whole": lambda completion: _event(completion) + DONE,
    "stream-framed": lambda completion: orjson.dumps(completion) + DONE,
    "stream-error": _broken,
    "stream-cut": lambda completion: b"".join(events(completion))[:-40],
    "stream-short": lambda completion: b"".join(events(completion)[:3]) + DONE,
}


def _streamed(
    write: Callable[[dict[str, Any]], bytes],
) -> Callable[[web.Request, bytes], Awaitable[web.StreamResponse]]:
    async def respond(_request: web.Request, payload: bytes) -> web.StreamResponse:
        return web.Response(body=write(orjson.loads(payload)), content_type="text/event-stream")

    return respond


STREAMS = {fault: _streamed(write) for fault, write in BODIES.items()}
