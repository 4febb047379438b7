"""Plays rows without asking anybody: which calls are already in the store, and which a build would make.

A reply that is not in the store is made up, with a length that is typical; whatever follows from it is not in the store
either. So a rehearsal goes exactly the way of a build, by the same code, up to what `when` conditions read.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from musicc.plan.statistics import CHARS_PER_TOKEN
from musicc.runtime.engine.caller import DRY, Results, decode
from musicc.runtime.llm.types import Reply, Request


@dataclass
class Overlay:
    """The store, read only, and what the rehearsal made up. `held` are the keys that the store had, once each."""

    store: Results
    held: set[bytes] = field(default_factory=set)
    made_up: dict[bytes, bytes] = field(default_factory=dict)

    def get(self, key: bytes) -> bytes | None:
        """A stored reply before a made-up one."""
        if (stored := self.store.get(key)) is not None:
            self.held.add(key)
            return stored
        return self.made_up.get(key)

    def put(self, key: bytes, value: bytes) -> None:
        """Keeps what was made up, for this rehearsal only."""
        self.made_up[key] = value

    def tokens(self, key: bytes) -> tuple[int, int]:
        """How long the prompt and the reply of a call are; nothing where it was never answered."""
        kept = self.made_up.get(key) or self.store.get(key)
        if kept is None:
            return 0, 0
        reply = decode(kept)
        return reply.prompt_tokens, reply.completion_tokens


@dataclass(frozen=True)
class Understudy:
    """A backend that makes replies up. `typical(model, max_tokens)` is the length of a reply in tokens."""

    typical: Callable[[str, int], float]

    async def complete(self, request: Request, priority: int = 0) -> Reply:
        """A reply of typical length that equals no other; `priority` means nothing here."""
        tokens = round(self.typical(request.model, request.max_tokens))
        text = f"{request.seed:08x} ".ljust(round(tokens * CHARS_PER_TOKEN), "-")
        if request.fields:
            text = orjson.dumps(dict.fromkeys(request.fields, text)).decode()
        prompt = sum(len(message["content"]) for message in request.messages)
        return Reply(text, DRY, round(prompt / CHARS_PER_TOKEN), tokens)
