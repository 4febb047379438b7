"""Plays rows without asking anybody: which calls are already in the store, and what the others would take.

A reply that is not in the store is made up, with a length that is typical; whatever follows from it is not in the store
either. So a rehearsal goes exactly the way of a build, by the same code, up to what `when` conditions read.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from musicc.runtime.engine.caller import DRY, Results
from musicc.runtime.llm.types import Message, Reply, Request

CHARS_PER_TOKEN = 4


@dataclass
class Overlay:
    """The store, read only, and what the rehearsal made up. `held` are the stored replies that were met, once each."""

    store: Results
    held: set[bytes] = field(default_factory=set)
    made_up: dict[bytes, bytes] = field(default_factory=dict)

    def get(self, key: bytes) -> bytes | None:
        if (stored := self.store.get(key)) is not None:
            self.held.add(key)
            return stored
        return self.made_up.get(key)

    def put(self, key: bytes, value: bytes) -> None:
        self.made_up[key] = value


@dataclass(frozen=True)
class Understudy:
    """Makes replies up. `typical(model, max_tokens)` is the length of a reply in tokens."""

    typical: Callable[[str, int], float]

    async def complete(self, request: Request, priority: int = 0) -> Reply:
        """A reply of typical length that no real one equals. `priority` means nothing here."""
        tokens = round(self.typical(request.model, request.max_tokens))
        text = f"{request.seed:08x} ".ljust(tokens * CHARS_PER_TOKEN, "word ")
        if request.fields:
            text = orjson.dumps(dict.fromkeys(request.fields, text)).decode()
        return Reply(text, DRY, tokens_of(request.messages), tokens)


def tokens_of(messages: "list[Message] | tuple[Message, ...] | object") -> int:
    """About how many tokens a prompt has."""
    return sum(len(m["content"]) for m in messages) // CHARS_PER_TOKEN  # type: ignore[attr-defined]
