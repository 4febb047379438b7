"""Small builds to make datasets of: pairs of dialogues in a file, sources beside it."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from musicc.diagnostics import Diagnostic
from musicc.plan.compile import compile_module
from musicc.plan.datasets import Dataset, DialoguePairs, Part, SeedPairs
from musicc.plan.document import Plan
from musicc.runtime.data.mixing import Made, Making, Sources, publish_datasets
from musicc.runtime.data.pairs import Pair, TurnRecord, to_line
from musicc.runtime.data.words import normalised
from tests.plan.modules import SIDESTEP, dialogue, module, rule, turn
from tests.runtime.data.common import assistant, jsonl, seeds, user

DIGEST = "d" * 64
PLAYED = compile_module(module(dialogue(rule(turn(1), SIDESTEP))))
"""The plan of a dialogue `talk`, which is not played here."""

TURN = TurnRecord(1, False, "sidestep", "", (), "faithful", "", ())


def built(number: int, *, prompt: str = "", seed: int | None = None, of: str = "talk") -> Pair:
    """A pair of a dialogue; other numbers have nothing in common."""
    asked = user(prompt or f"Question {number}?")
    good, bad = ((asked, assistant(f"{word} {number} of {of}")) for word in ("Right", "Wrong"))
    id_ = f"{of}-{number:016x}"
    return Pair(id_, good, bad, f"{number if seed is None else seed:016x}", of, 0, (TURN,), plan=DIGEST)


def record(number: int, prompt: str = "") -> dict[str, Any]:
    """A source's pair."""
    asked = user(prompt or f"Task {number}?")
    return {"chosen": [asked, assistant(f"yes {number}")], "rejected": [asked, assistant(f"no {number}")]}


def of(name: str, **amount: float) -> Part:
    """A part of a mix: `talk`, or `own.pairs`."""
    source = name.removesuffix(".pairs")
    return Part(of=DialoguePairs(name=name) if source == name else SeedPairs(name=source), **amount)  # type: ignore[arg-type]


def prompt(line: bytes) -> str:
    """What a line's pair starts with."""
    return normalised(orjson.loads(line)["chosen"][0]["content"])


def dataset(*mix: Part, name: str = "mixed", **fields: Any) -> Dataset:
    return Dataset(name=name, mix=mix, **fields)


@dataclass
class Build:
    """A build folder with `pairs`, and the records of sources beside it, each in `NAME.jsonl`."""

    folder: Path
    pairs: Iterable[Pair] = ()
    sources: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    seed: int = 7
    told: list[Diagnostic] = field(default_factory=list)

    def plan(self, *datasets: Dataset) -> Plan:
        named = {name: seeds(f"{name}.jsonl") for name in self.sources}
        return PLAYED.model_copy(update={"seed": self.seed, "seeds": PLAYED.seeds | named, "datasets": datasets})

    def make(self, *datasets: Dataset, plan: Plan | None = None) -> dict[str, Made]:
        """Makes the datasets anew."""
        for name, records in self.sources.items():
            jsonl(self.folder / f"{name}.jsonl", list(records))
        (self.folder / "pairs.jsonl").write_bytes(b"".join(map(to_line, self.pairs)))
        plan = plan or self.plan(*datasets)
        with ExitStack() as held:
            sources = Sources(self.folder, self.folder / "scratch", self.told.append, held)
            sources.read(plan)
            return publish_datasets(Making(plan, DIGEST, self.folder, sources, self.told.append))

    def lines(self, split: str = "train", name: str = "mixed") -> list[bytes]:
        path = self.folder / "datasets" / name / f"{split}.jsonl"
        return path.read_bytes().splitlines(keepends=True) if path.exists() else []

    def ids(self, split: str = "train", name: str = "mixed") -> list[str]:
        return [orjson.loads(line)["id"] for line in self.lines(split, name)]
