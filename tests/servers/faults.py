"""The faults that the fake server can show, by name.

before the model    400 401 401-echo 403 404 408 422 429 429-after 429-date 429-reset 429-long
                    500 500-text 502 503-loading html error-200 error-string error-choices
in the answer       null parts reasoning thought (all of it, until the limit) no-usage no-finish no-choices length
                    content_filter empty
on the wire         hang drop disconnect cut, last (a reply that says it is the last one for 200 ms)
as a stream         stream stream-whole (one event) stream-framed (JSON, then the end of a stream) stream-error
                    stream-cut (in a chunk) stream-short (between chunks)

`refusal_of` words what endpoints say to request fields that they do not take.
"""

import asyncio
from collections.abc import Awaitable, Callable, Container
from email.utils import formatdate
from time import time
from typing import Any

from aiohttp import web

from tests.servers.streams import STREAMS

OK = "ok"

Completion = dict[str, Any]


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> web.Response:
    body = {"error": {"message": message, "type": "fake", "code": status}}
    return web.json_response(body, status=status, headers=headers)


def too_many(asks: str | None) -> web.Response:
    """A refusal for haste, with `asks` as its `Retry-After`."""
    return _error(429, "too many requests", {"Retry-After": asks} if asks else None)


def _echo(request: web.Request) -> web.Response:
    return _error(401, f"wrong credentials: {request.headers.get('Authorization')}")


def _date(_request: web.Request) -> web.Response:
    return _error(429, "too many requests", {"Retry-After": formatdate(time() + 1, usegmt=True)})


ANSWERS: dict[str, Callable[[web.Request], web.Response]] = {
    "400": lambda _: _error(400, "This model's maximum context length is 16 tokens"),
    "401": lambda _: _error(401, "Incorrect API key provided"),
    "401-echo": _echo,
    "403": lambda _: _error(403, "Country not supported"),
    "404": lambda _: _error(404, "The model does not exist"),
    "408": lambda _: _error(408, "Request timed out"),
    "422": lambda _: _error(422, "Unprocessable"),
    "429": lambda _: too_many(None),
    "429-after": lambda _: too_many("0.05"),
    "429-date": _date,
    "429-reset": lambda _: _error(429, "too many tokens", {"x-ratelimit-reset-tokens": "60ms"}),
    "429-long": lambda _: _error(429, "quota is used up", {"Retry-After": "86400"}),
    "500": lambda _: _error(500, "internal error"),
    "500-text": lambda _: web.Response(status=500, text="Internal Server Error"),
    "502": lambda _: web.Response(status=502, text="<html>Bad Gateway</html>", content_type="text/html"),
    "503-loading": lambda _: _error(503, "Loading model"),
    "html": lambda _: web.Response(text="<html>Sign in</html>", content_type="text/html"),
    "error-200": lambda _: web.json_response({"error": {"message": "upstream is busy", "code": 503}}),
    "error-string": lambda _: web.json_response({"error": "upstream is busy"}),
    "error-choices": lambda _: web.json_response({"choices": [], "error": {"message": "upstream broke", "code": 502}}),
}


def refusal_of(body: dict[str, Any], refused: Container[str]) -> web.Response | None:
    """What OpenAI's and Azure's endpoints say to a field that a model does not take; to `temperature`, to another than 1."""
    said = {
        "max_tokens": "Unsupported parameter: 'max_tokens' is not supported with this model. "
        "Use 'max_completion_tokens' instead.",
        "top_p": "Unsupported parameter: 'top_p' is not supported with this model.",
        "stop": "Unsupported parameter: 'stop' is not supported with this model.",
        "seed": "[{'type': 'extra_forbidden', 'loc': ('body', 'seed'), 'msg': 'Extra inputs are not permitted', 'input': 1}]",
        "response_format": "response_format is not supported",
    }
    if "temperature" in refused and body.get("temperature", 1.0) != 1.0:
        asked = body["temperature"]
        return _error(
            400,
            f"Unsupported value: 'temperature' does not support {asked} with this model. Only the default (1) value is supported.",
        )
    return next((_error(400, text) for field, text in said.items() if field in refused and field in body), None)


def answer_fault(fault: str, request: web.Request) -> web.Response | None:
    """The answer given in the place of a completion, if the fault is of that kind."""
    make = ANSWERS.get(fault)
    return make(request) if make else None


def _with_message(completion: Completion, **fields: Any) -> Completion:
    first = completion["choices"][0]
    return {**completion, "choices": [{**first, "message": {**first["message"], **fields}}]}


def _thought(completion: Completion) -> Completion:
    """The limit was used up before the reply began."""
    return _with_choice(_with_message(completion, content=None, reasoning="let me think"), finish_reason="length")


def _with_choice(completion: Completion, **fields: Any) -> Completion:
    return {**completion, "choices": [{**completion["choices"][0], **fields}]}


def _parts(completion: Completion) -> Completion:
    text: str = completion["choices"][0]["message"]["content"]
    half = len(text) // 2
    return _with_message(completion, content=[{"type": "text", "text": part} for part in (text[:half], text[half:])])


def _without_finish(completion: Completion) -> Completion:
    choice = {key: value for key, value in completion["choices"][0].items() if key != "finish_reason"}
    return {**completion, "choices": [choice]}


LAST = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "200ms"}

BODIES: dict[str, Callable[[Completion], Completion]] = {
    "null": lambda c: _with_message(c, content=None),
    "parts": _parts,
    "reasoning": lambda c: _with_message(c, reasoning_content="let me think"),
    "thought": _thought,
    "no-usage": lambda c: {key: value for key, value in c.items() if key != "usage"},
    "no-finish": _without_finish,
    "no-choices": lambda c: {**c, "choices": []},
    "length": lambda c: _with_choice(c, finish_reason="length"),
    "content_filter": lambda c: _with_choice(_with_message(c, content=""), finish_reason="content_filter"),
    "empty": lambda c: _with_message(c, content=""),
}


def body_fault(fault: str, completion: Completion) -> Completion:
    """The completion as the fault deforms it."""
    deform = BODIES.get(fault)
    return deform(completion) if deform else completion


async def _hang(_request: web.Request, _payload: bytes) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError("never set")


async def _drop(request: web.Request, payload: bytes) -> web.StreamResponse:
    if request.transport:
        request.transport.abort()
    return web.Response(body=payload)


async def _disconnect(request: web.Request, payload: bytes) -> web.StreamResponse:
    """Half of the body promised by Content-Length, then the connection is gone."""
    response = web.StreamResponse(headers={"Content-Length": str(len(payload)), "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(payload[: len(payload) // 2])
    await asyncio.sleep(0.01)
    if request.transport:
        request.transport.abort()
    return response


async def _cut(_request: web.Request, payload: bytes) -> web.StreamResponse:
    return web.Response(body=payload[: len(payload) // 2], content_type="application/json")


async def _last(_request: web.Request, payload: bytes) -> web.StreamResponse:
    return web.Response(body=payload, content_type="application/json", headers=LAST)


WIRE: dict[str, Callable[[web.Request, bytes], Awaitable[web.StreamResponse]]] = {
    "hang": _hang,
    "drop": _drop,
    "disconnect": _disconnect,
    "cut": _cut,
    "last": _last,
    **STREAMS,
}

FAULTS = frozenset({OK, *ANSWERS, *BODIES, *WIRE})
