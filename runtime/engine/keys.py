"""The key under which a reply is stored: a hash of all that decides what the reply can be.

Model identity, sampling, the rendered messages, the form asked for, and which draw of these it is. Nothing else: not
the names in a spec, not the turn, not the limits; so equal questions meet in the store, from whichever spec they come.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import orjson

from musicc.plan.document import Sampling
from musicc.runtime.llm.types import Message

KEY_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Draw:
    """Which of many replies to the same question: the row of its seed, the branch where branches draw apart, the retake."""

    sample: int = 0
    branch: int = 0
    retake: int = 0


def call_key(
    identity: str, sampling: Sampling, fields: Sequence[str], messages: Sequence[Message], draw: Draw, attempt: int
) -> bytes:
    """32 bytes. `fields` is the form asked for; `attempt` counts the draws after bad replies from 0."""
    sampled = [sampling.temperature, sampling.top_p, sampling.max_tokens, sampling.stop, fields]
    again = [draw.retake] if draw.retake else []
    parts = [KEY_FORMAT, identity, sampled, messages, [draw.sample, draw.branch, attempt, *again]]
    return sha256(orjson.dumps(parts)).digest()


def seed_of(key: bytes) -> int:
    """A 31-bit seed for servers that take one: different draws of one question get different seeds."""
    return int.from_bytes(key[:4], "big") >> 1
