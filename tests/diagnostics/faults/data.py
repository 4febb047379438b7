"""M4xx: seeds that cannot be read, hubs that refuse, builds without pairs."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from unittest.mock import patch

from musicc.cli.datasets import refuse_empty
from musicc.cli.show import find_pairs
from musicc.diagnostics import Diagnostic
from musicc.plan.document import HubSource
from musicc.runtime.data.exports import write_export
from musicc.runtime.data.hub import read_hub
from musicc.runtime.data.pairs import read_pairs, to_line
from musicc.runtime.data.source import original_pairs
from tests.diagnostics.faults import inside, told
from tests.runtime.data.common import assistant, jsonl, load, seeds, skywork, user
from tests.runtime.data.mixing.common import Build, built, dataset, of
from tests.runtime.data.test_pairs import pair

Told = Sequence[Diagnostic]


def _read(folder: Path, text: str, name: str = "seeds.jsonl", **fields: object) -> Told:
    """What is reported of a file of seeds that is read all the same."""
    (folder / name).write_text(text, encoding="utf-8")
    return load(folder, seeds(name, **fields))[1]


def m450(folder: Path) -> Told:
    return _read(folder, '{"prompt": "What is a fugue?"}\n{"prompt": "What is an\n{"prompt": "What is a canon?"}\n')


def m451(folder: Path) -> Told:
    return _read(folder, '{"prompt": "What is a fugue?"}\n{"customer_says": "My piano is out of tune."}\n')


def m452(folder: Path) -> Told:
    tool = '{"messages": [{"role": "user", "content": "Hi"}, {"role": "tool", "content": "{}"}]}\n'
    return _read(folder, '{"prompt": "What is a fugue?"}\n' + tool)


def m453(folder: Path) -> Told:
    return told(lambda: _read(folder, '{"prompt": "What is a fugue?"}\n', min_turns=3))


def m455(folder: Path) -> Told:
    return told(lambda: _read(folder, "What is a fugue?\n", "seeds.txt"))


def m456(folder: Path) -> Told:
    (folder / "seeds.parquet").write_bytes(b"PAR1 broken off")
    return told(lambda: load(folder, seeds("seeds.parquet")))


def _hub(folder: Path, fault: Exception | None = None) -> Told:
    origin = HubSource(repository="org/repo", split="train")
    with patch("datasets.load_dataset", side_effect=fault):
        return told(lambda: list(read_hub(origin, folder)))


def m457(folder: Path) -> Told:
    origin = HubSource(repository="org/repo", split="train")
    with patch.dict(sys.modules, {"datasets": None}):
        return told(lambda: list(read_hub(origin, folder)))


def m458(folder: Path) -> Told:
    return _hub(folder, ConnectionError("Couldn't reach 'org/repo' on the Hub (ConnectionError)\nTraceback …"))


def m459(folder: Path) -> Told:
    from datasets.exceptions import DatasetNotFoundError

    return _hub(folder, DatasetNotFoundError("Dataset 'org/repo' doesn't exist on the Hub or cannot be accessed."))


def m460(folder: Path) -> Told:
    return _hub(folder, ValueError("Unknown split \"train\". Should be one of ['test']."))


def m461(folder: Path) -> Told:
    return _read(folder, '{"prompt": "What is a fugue?"}\n' * 2, take=100)


def m462(folder: Path) -> Told:
    pool, _ = load(folder, seeds(jsonl(folder / "seeds.jsonl", [{"prompt": "What is a fugue?"}]).name))
    return told(lambda: pool.other(pool[0].id, 0))


def m463(folder: Path) -> Told:
    jsonl(folder / "seeds.jsonl", [{"messages": [user("What is a fugue?")]}])
    return told(lambda: list(original_pairs("chats", seeds(), folder, plan="0" * 64, report=lambda _: None)))


def m464(folder: Path) -> Told:
    build = Build(folder, [built(number) for number in range(3)])
    build.make(dataset(of("talk", count=31_000)))
    return build.told


def m465(folder: Path) -> Told:
    made = Build(folder).make(dataset(of("talk", weight=1)))
    facts = {"datasets": {name: asdict(one) for name, one in made.items()}}
    (folder / "manifest.json").write_text(json.dumps(facts))
    return told(lambda: refuse_empty([folder]))


def m480(folder: Path) -> Told:
    with inside(folder):
        return told(lambda: list(find_pairs(Path("build/skywork"))))


def m481(folder: Path) -> Told:
    jsonl(folder / "seeds.jsonl", [skywork("What is a fugue?")])
    pairs = original_pairs("chats", seeds(), folder, plan="0" * 64, report=lambda _: None)
    (folder / "pairs.jsonl").write_bytes(b"".join(to_line(pair) for pair in pairs))
    with inside(folder):
        return told(lambda: list(find_pairs(Path(), "nothing")))


def m482(folder: Path) -> Told:
    (folder / "pairs.jsonl").write_text('{"id": "contrastive-1", "chosen"')
    return told(lambda: list(read_pairs(folder / "pairs.jsonl")))


def m483(folder: Path) -> Told:
    head = ({"role": "system", "content": "Be brief."}, user("What is a fugue?"))
    made = pair(chosen=(*head, assistant("A piece of music.")), rejected=(*head, assistant("A cake.")))
    heard: list[Diagnostic] = []
    write_export("hh", [made], folder, name="skywork_music", split="train", report=heard.append)
    return heard
