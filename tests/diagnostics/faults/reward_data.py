"""M61x and M62x: pairs that cannot be trained on, and chat templates that cannot render them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from musicc.diagnostics import Diagnostic
from musicc.plan.datasets import SeedPairs
from musicc.runtime.reward.template import Renderer
from musicc.runtime.reward.tokens import tokenised
from tests.diagnostics.faults import told
from tests.runtime.data.common import assistant, jsonl, skywork, user
from tests.runtime.reward.data.common import chatml, example, read, said, tokenizer

Told = Sequence[Diagnostic]
OWN = SeedPairs(name="chats")
ASKED, GOOD = user("What is a fugue?"), assistant("A piece of music.")


def _beside(folder: Path, *records: Any, **fields: Any) -> Told:
    """What is told of records beside a sound one."""
    jsonl(folder / "seeds.jsonl", [skywork("What is a canon?") | {"margin": 1, "votes": 3}, *records])
    return read(folder, OWN, **fields)[1]


def m611(folder: Path) -> Told:
    return _beside(folder, {"prompt": "What is a fugue?", "chosen": "A piece of music."})


def m612(folder: Path) -> Told:
    return _beside(folder, {"prompt": "What is a fugue?", "chosen": "A piece of music.", "rejected": ""})


def m613(folder: Path) -> Told:
    return _beside(folder, {"chosen": [ASKED, GOOD], "rejected": [ASKED, {"role": "tool", "content": "{}"}]})


def m614(folder: Path) -> Told:
    return _beside(folder, {"chosen": [ASKED, GOOD, GOOD], "rejected": [ASKED, GOOD]})


def m615(folder: Path) -> Told:
    return _beside(folder, {"chosen": [ASKED, GOOD, user("Thanks.")], "rejected": [ASKED, GOOD]})


def m616(folder: Path) -> Told:
    return _beside(folder, *[{"chosen": [ASKED, GOOD], "rejected": [ASKED, GOOD]}] * 25)


def m617(folder: Path) -> Told:
    return _beside(folder, skywork("What is a fugue?"), margin_column="margin")


def m618(folder: Path) -> Told:
    return _beside(folder, skywork("What is a fugue?") | {"votes": -1}, weight_column="votes")


def m619(folder: Path) -> Told:
    jsonl(folder / "seeds.jsonl", [{"prompt": "What is a fugue?"}])
    return told(lambda: read(folder, OWN))


def m620(folder: Path) -> Told:
    return told(lambda: Renderer(tokenizer(None, eos_token="</s>")))


def m621(folder: Path) -> Told:
    return told(lambda: Renderer(tokenizer("{{ raise_exception('Only tools may speak') }}", eos_token="</s>")))


def _lengths(max_length: int, overlong: Any) -> Told:
    heard: list[Diagnostic] = []
    short = example(said("Hi", "Hello"), said("Hi", "No"), "pairs.jsonl:1")
    long = example(said("Hi", "Hello, dear. " * 50), said("Hi", "No"), "pairs.jsonl:2")
    tokenised([short, long], Renderer(chatml()), max_length, overlong, heard.append)
    return heard


def m622(folder: Path) -> Told:
    return _lengths(64, "drop")


def m623(folder: Path) -> Told:
    return told(lambda: _lengths(64, "error"))


def m624(folder: Path) -> Told:
    return told(lambda: _lengths(8, "drop"))
