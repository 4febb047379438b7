"""What the tests of the LLM client share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from musicc.plan.document import Access, Model
from musicc.runtime.llm.backend import ModelBackend, open_backend
from musicc.runtime.llm.retry import Patience
from musicc.runtime.llm.types import Request
from tests.servers.openai import Behaviour, FakeServer, serving

HASTY = Patience(first=0.001, longest=0.01, starting=0.2)


def request(text: str = "What is a fugue?", **fields: Any) -> Request:
    usual: dict[str, Any] = {
        "model": "gemma",
        "messages": [{"role": "user", "content": text}],
        "temperature": 0.7,
        "top_p": 0.9,
        "max_tokens": 100,
        "stop": (),
        "fields": (),
        "seed": 7,
    }
    return Request(**(usual | fields))


def model(*urls: str, **fields: Any) -> Model:
    access = {name: fields.pop(name) for name in ("key", "concurrency", "timeout") if name in fields}
    return Model(served=fields.pop("served", "google/gemma"), access=Access(urls=urls, **access), **fields)


@asynccontextmanager
async def backend_on(
    behaviour: Behaviour, patience: Patience = HASTY, **fields: Any
) -> AsyncIterator[tuple[ModelBackend, FakeServer]]:
    """A backend whose one model, `gemma`, is served by a fake server."""
    async with (
        serving(behaviour) as server,
        open_backend({"gemma": model(server.url, **fields)}, patience=patience) as backend,
    ):
        yield backend, server
