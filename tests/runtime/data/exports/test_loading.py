"""Exports load where they are meant to: in `datasets`, with the columns each project's documentation names, and as seeds."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicc.plan.datasets import Export
from musicc.runtime.data.pairs import CheckRecord, Pair, to_line
from musicc.runtime.data.records import Record, read_file
from musicc.runtime.data.schemas import seed_from
from musicc.runtime.data.seed import Seed
from tests.runtime.data.exports.common import BAD, GOOD, HEAD, PAIR, conversations, export, shared
from tests.runtime.data.test_pairs import pair, turn

CHECKS = {"length": CheckRecord(passed=False, verdict="long", score=0.5, detail="12 words")}
FULL = pair(2, chosen=HEAD + GOOD, rejected=HEAD + BAD, turns=(turn(1, marks=("empty",)), turn(2)), checks=CHECKS)


def features(kind: str, path: Path, cache: Path) -> dict[str, Any]:
    """What `datasets` takes the columns for, as Python writes types: `[{"role": str}]`."""
    datasets = pytest.importorskip("datasets")
    table = datasets.load_dataset(kind, data_files=str(path), split="train", cache_dir=str(cache))
    assert len(table) > 0
    return {name: _plain(feature) for name, feature in table.features.items()}


def _plain(feature: Any) -> Any:
    if isinstance(feature, dict):
        return {name: _plain(inner) for name, inner in feature.items()}
    return [_plain(feature.feature)] if hasattr(feature, "feature") else feature.dtype


CHAT = [{"role": "string", "content": "string"}]
GPT = {"from": "string", "value": "string"}
COLUMNS: dict[Export, dict[str, Any]] = {
    "trl": {"id": "string", "prompt": CHAT, "chosen": CHAT, "rejected": CHAT},
    "openrlhf": {"id": "string", "chosen": CHAT, "rejected": CHAT},
    "llama_factory": {"id": "string", "conversations": [GPT], "chosen": GPT, "rejected": GPT},
    "sharegpt": {"id": "string", "chosen": [GPT], "rejected": [GPT]},
    "hh": {"chosen": "string", "rejected": "string"},
}


@pytest.mark.parametrize("format", COLUMNS)
def test_datasets_finds_the_documented_columns(tmp_path: Path, format: Export) -> None:
    (path, *_), _ = export(format, [PAIR, FULL], tmp_path)
    assert features("json", path, tmp_path / "cache") == COLUMNS[format]


def test_datasets_finds_the_same_columns_in_parquet_as_in_lines(tmp_path: Path) -> None:
    lines = tmp_path / "train.jsonl"
    lines.write_bytes(to_line(FULL) * 2)
    (path,), _ = export("parquet", [FULL, FULL], tmp_path)
    found = features("parquet", path, tmp_path / "cache")
    assert found == features("json", lines, tmp_path / "cache")
    assert found["music"]["checks"] == {
        "length": {"passed": "bool", "verdict": "string", "score": "float64", "detail": "string"}
    }


def read_back(format: Export, made: list[Pair], folder: Path) -> list[Seed]:
    """The pairs of an export as seeds that bring their own pairs."""
    written, _ = export(format, made, folder)
    found = [item for path in written[:1] for item in read_file(path, path.name)]
    assert all(isinstance(item, Record) for item in found)
    seeds = [seed_from(item) for item in found if isinstance(item, Record)]
    assert all(isinstance(seed, Seed) for seed in seeds)
    return [seed for seed in seeds if isinstance(seed, Seed)]


# What our reader takes for a text: something in it, and of transcripts no space around it.
said = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).map(str.strip).filter(bool)
differing = conversations(said).filter(lambda made: made.chosen != made.rejected)


@pytest.mark.parametrize("format", ["parquet", "trl", "openrlhf", "sharegpt", "hh"])
@settings(max_examples=50)
@given(made=st.lists(differing, max_size=4))
def test_our_own_reader_finds_the_pairs(
    tmp_path_factory: pytest.TempPathFactory, format: Export, made: list[Pair]
) -> None:
    if format == "hh":
        made = [one for one in made if one.chosen[0]["role"] == "user"]
    found = read_back(format, made, tmp_path_factory.mktemp(format))
    assert [(seed.chosen, seed.rejected) for seed in found] == [(one.chosen, one.rejected) for one in made]


@settings(max_examples=50)
@given(
    made=differing.filter(
        lambda one: one.chosen[shared(one) : shared(one) + 1] != one.rejected[shared(one) : shared(one) + 1]
    )
)
def test_our_own_reader_finds_what_llama_factory_gets(tmp_path_factory: pytest.TempPathFactory, made: Pair) -> None:
    for seed in read_back("llama_factory", [made], tmp_path_factory.mktemp("ranking")):
        assert seed.chosen == made.chosen[: shared(made) + 1]
        assert seed.rejected == made.rejected[: shared(made) + 1]
