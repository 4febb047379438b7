"""Small sources for the tests to read."""

from pathlib import Path
from typing import Any

import orjson

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.plan.document import FileSource, Seeds
from musicc.runtime.data.pool import SeedPool


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def assistant(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def skywork(question: str, *, turns: int = 1) -> dict[str, Any]:
    """A record in Skywork's schema, its conversation `turns` exchanges long."""
    opening = [m for n in range(1, turns) for m in (user(f"{question} {n}"), assistant(f"answer {n}"))]
    opening.append(user(f"{question} {turns}"))
    return {"chosen": [*opening, assistant("good")], "rejected": [*opening, assistant("bad")], "source": "test"}


def jsonl(path: Path, records: list[Any]) -> Path:
    path.write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in records))
    return path


def seeds(path: str = "seeds.jsonl", **fields: Any) -> Seeds:
    return Seeds(origin=FileSource(path=path), context=fields.pop("context", "first_user_turn"), **fields)


def load(base: Path, source: Seeds, spec_seed: int = 7) -> tuple[SeedPool, list[Diagnostic]]:
    """The pool, and what was reported."""
    told: list[Diagnostic] = []
    return SeedPool.load(source, base, base / "scratch", spec_seed=spec_seed, report=told.append), told


def only(error: DiagnosticError) -> tuple[str, str]:
    """Code and place of an error's one diagnostic."""
    (fault,) = error.diagnostics
    return fault.code.id, str(fault.at)
