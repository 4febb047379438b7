"""The key under which a reply is stored: a hash of all that decides what the reply can be.

Model identity, sampling, the rendered messages, the form asked for, and which draw of these it is. Nothing else: not
the names in a spec, not the turn, not the limits; so equal questions meet in the store, from whichever spec they come.
"""

from dataclasses import dataclass
from hashlib import sha256

import orjson

from musicc.runtime.llm.types import Request

KEY_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Draw:
    """Which of many replies to the same question: the row of its seed, the branch where branches draw apart, the attempt."""

    sample: int = 0
    branch: int = 0
    attempt: int = 0


def call_key(identity: str, request: Request, draw: Draw) -> bytes:
    """32 bytes. `request.seed` is derived from the key (`seed_of`), so it is no part of it."""
    sampling = [request.temperature, request.top_p, request.max_tokens, request.stop, request.fields]
    parts = [KEY_FORMAT, identity, sampling, request.messages, [draw.sample, draw.branch, draw.attempt]]
    return sha256(orjson.dumps(parts)).digest()


def seed_of(key: bytes) -> int:
    """A 31-bit seed for servers that take one: different draws of one question get different seeds."""
    return int.from_bytes(key[:4], "big") >> 1
