"""Completions that come as a stream of events, although nobody asked for one: some gateways know no other way.

A stream is put together to what the server would have answered otherwise. Each line `data: …` is a chunk; other lines
(comments that keep a connection alive, names of events) say nothing.
"""

from collections.abc import Iterable
from typing import Any

import orjson

DATA, DONE = b"data:", b"[DONE]"
OPENINGS = (DATA, b":", b"event:", b"id:", b"retry:")
BROKE_OFF = {"error": "the stream of the reply broke off"}


def joined(body: bytes) -> Any:
    """The document that a stream stands for: a completion, or an error; None where the body is no stream."""
    text = body.strip()
    if not text.startswith(OPENINGS):
        return _framed(text)
    lines = (line.removeprefix(DATA).strip() for line in text.splitlines() if line.startswith(DATA))
    try:
        return _completion([orjson.loads(line) for line in lines if line != DONE])
    except orjson.JSONDecodeError:
        return BROKE_OFF


def _framed(text: bytes) -> Any:
    """A whole completion, to which the end of a stream was added."""
    if not text.endswith(DONE):
        return None
    try:
        return orjson.loads(text.removesuffix(DONE).rstrip().removesuffix(DATA))
    except orjson.JSONDecodeError:
        return None


def _completion(chunks: Iterable[Any]) -> Any:
    said: list[Any] = []
    finish, usage = "", None
    for chunk in chunks:
        if not isinstance(chunk, dict):
            continue
        if chunk.get("error"):
            return chunk
        usage = chunk.get("usage") or usage
        choice = _first(chunk.get("choices"))
        said.append(_content(choice))
        finish = choice.get("finish_reason") or finish
    if not finish:
        return BROKE_OFF
    parts = [{"type": "text", "text": part} for part in said]
    return {"choices": [{"message": {"content": parts}, "finish_reason": finish}], "usage": usage}


def _first(choices: Any) -> dict[str, Any]:
    """The one reply that was asked for; chunks with the usage have none."""
    listed = choices if isinstance(choices, list) else []
    return next((choice for choice in listed if isinstance(choice, dict) and not choice.get("index")), {})


def _content(choice: dict[str, Any]) -> Any:
    message = choice.get("delta") or choice.get("message")
    return message.get("content") if isinstance(message, dict) else None
