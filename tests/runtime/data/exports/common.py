"""Pairs of every kind, and readers that share nothing with the code that writes."""

import gzip
import json
from itertools import takewhile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from hypothesis import strategies as st

from musicc.diagnostics import Diagnostic
from musicc.plan.datasets import Export
from musicc.runtime.data.exports import write_export
from musicc.runtime.data.pairs import Pair
from tests.runtime.data.common import assistant, user
from tests.runtime.data.test_pairs import pair

FORMATS: tuple[Export, ...] = ("parquet", "trl", "openrlhf", "llama_factory", "sharegpt", "hh")


def system(text: str) -> dict[str, str]:
    return {"role": "system", "content": text}


HEAD = (user("What is a fugue?"),)
GOOD = (assistant("A piece in which voices enter one by one."), user("Who wrote some?"), assistant("Bach did."))
BAD = (assistant("A kind of cake."), user("With sugar?"), assistant("Yes."))
PAIR = pair(1, chosen=HEAD + GOOD, rejected=HEAD + BAD)

ODD = [
    "\u2028",
    "\u2029\x85",
    "\n\nHuman:",
    "\n\nAssistant: no",
    "\\u2028",
    "\x00",
    "\r\n",
    "\n",
    "Human: ",
    '"',
    "\U0001f3b5",
    " ",
    "",
]
texts = st.one_of(st.sampled_from(ODD), st.text(st.characters(codec="utf-8"), max_size=12))


@st.composite
def conversations(draw: st.DrawFn, said: st.SearchStrategy[str] = texts) -> Pair:
    """A pair as builds make them: an opening that both share, in one of three a system message, then their own ways."""
    opening = [system(draw(said))] if draw(st.integers(0, 2)) == 0 else []
    for _ in range(draw(st.integers(0, 2))):
        opening += [user(draw(said)), assistant(draw(said))]
    asked = [*opening, user(draw(said))]
    chosen, rejected = ([*asked, *draw(_rest(said))] for _ in range(2))
    return pair(draw(st.integers(0, 2**63)), chosen=tuple(chosen), rejected=tuple(rejected))


@st.composite
def _rest(draw: st.DrawFn, said: st.SearchStrategy[str]) -> list[dict[str, str]]:
    later = [m for _ in range(draw(st.integers(0, 2))) for m in (user(draw(said)), assistant(draw(said)))]
    return [assistant(draw(said)), *later]


def export(
    format: Export, pairs: list[Pair], folder: Path, split: str = "train"
) -> tuple[list[Path], list[Diagnostic]]:
    """What was written, and what was reported."""
    told: list[Diagnostic] = []
    return write_export(format, pairs, folder, name="music", split=split, report=told.append), told


def rows(format: Export, pairs: list[Pair], folder: Path) -> list[dict[str, Any]]:
    """What an export holds, by a reader that ends lines wherever Unicode does."""
    written, _ = export(format, pairs, folder)
    if not written:
        return []
    if format == "parquet":
        return pq.read_table(written[0]).to_pylist()
    packed = written[0].read_bytes()
    text = (gzip.decompress(packed) if format == "hh" else packed).decode()
    return [json.loads(line) for line in text.splitlines()]


def shared(one: Pair) -> int:
    """How many messages the branches start with."""
    return len(list(takewhile(lambda two: two[0] == two[1], zip(one.chosen, one.rejected, strict=False))))
