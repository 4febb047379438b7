"""Calls as lines of a batch's file, and what its results' lines mean.

The format is that of https://platform.openai.com/docs/api-reference/batch: a request carries its key as `custom_id`, and
results come in any order.
"""

from collections.abc import Iterable, Iterator

import orjson

from musicc.runtime.llm.answer import Refusal, read_answer
from musicc.runtime.llm.types import Reply

ENDPOINT = "/v1/chat/completions"
UNANSWERED = {"batch_expired", "batch_cancelled"}


def request_line(key: bytes, body: bytes) -> bytes:
    """The call `key` with this body."""
    line = {"custom_id": key.hex(), "method": "POST", "url": ENDPOINT, "body": orjson.Fragment(body)}
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def filled(
    lines: Iterable[tuple[bytes, bytes]], most: int, most_bytes: int
) -> Iterator[tuple[tuple[bytes, ...], bytes]]:
    """Keys and contents of the files that hold all lines, in their order; none has more than `most` lines or `most_bytes`
    (a line that is longer goes alone).
    """
    keys: list[bytes] = []
    held: list[bytes] = []
    size = 0
    for key, line in lines:
        if keys and (len(keys) == most or size + len(line) > most_bytes):
            yield tuple(keys), b"".join(held)
            keys, held, size = [], [], 0
        keys.append(key)
        held.append(line)
        size += len(line)
    if keys:
        yield tuple(keys), b"".join(held)


def read_line(line: bytes) -> tuple[bytes, Reply | Refusal] | None:
    """The key of a call and its answer; None where the line makes no sense."""
    try:
        found = orjson.loads(line)
        key = bytes.fromhex(found["custom_id"])
        response, error = found.get("response"), found.get("error")
        if response:
            return key, read_answer(response["status_code"], {}, orjson.dumps(response.get("body")))
        return key, Refusal(0, str(error.get("message") or "no reason given"), str(error.get("code") or ""))
    except (ValueError, TypeError, LookupError, AttributeError):
        return None
