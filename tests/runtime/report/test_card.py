"""The card: the golden file is what people read, the front matter is what hubs read, and loads every export by name."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicc.runtime.data.pairs import to_line
from musicc.runtime.report.card import dataset_card
from musicc.runtime.report.facts import DatasetFacts, ModelFacts, PartFacts, SourceFacts
from tests.runtime.data.exports.common import FORMATS, PAIR, export

HERE = Path(__file__).parent
FACTS = DatasetFacts(
    name="skywork_music",
    spec="specs/skywork.music",
    profile="embedded",
    plan="66ad45d40b5d58452fe94f3483bde80d27565057886b8d70dc0145a34d851f57",
    seed=7,
    musicc="0.1.0",
    files=(
        "hh/train.jsonl.gz",
        "train.jsonl",
        "validation.jsonl",
        "llama_factory/train.jsonl",
        "llama_factory/dataset_info.json",
        "parquet/train.parquet",
    ),
    parts=(
        PartFacts("skywork.pairs", "skywork", {"train": 72_270, "validation": 730}),
        PartFacts("contrastive", "skywork", {"train": 30_690, "validation": 310}),
    ),
    sources=(
        SourceFacts("skywork", "hub Skywork/Skywork-Reward-Preference-80K-v0.2, split train", "0ad6c7a0", "cc-by-4.0"),
        SourceFacts("own", "file seeds|old.jsonl"),
    ),
    models=(ModelFacts("gemini-1.5-pro", ("user", "assistant", "judge")), ModelFacts("gemma", ("assistant",), "f00d")),
    rules={"forget_history": 1_200, "sidestep": 153_450, "source": 73_000},
    taken_out={"duplicates": 17, "near duplicates": 230},
    checks={"preferred": {"A": 29_800, "B": 400, "tie": 800}},
    license="cc-by-4.0",
)
BARE = DatasetFacts(
    name="tiny",
    spec="tiny.music",
    profile=None,
    plan="0" * 64,
    seed=0,
    musicc="0.1.0",
    files=("train.jsonl",),
    parts=(PartFacts("first", "everyday", {"train": 1}),),
    sources=(SourceFacts("everyday", "file std/seeds.jsonl"),),
)


@pytest.mark.parametrize("facts", [FACTS, BARE], ids=lambda facts: facts.name)
def test_the_card(facts: DatasetFacts, golden: Callable[[Path, str], None]) -> None:
    golden(HERE / f"{facts.name}.md", dataset_card(facts))


def head(facts: DatasetFacts) -> dict[str, Any]:
    card = pytest.importorskip("huggingface_hub").DatasetCard(dataset_card(facts))
    found: dict[str, Any] = card.data.to_dict()
    return found


def test_hubs_read_its_head() -> None:
    found = head(FACTS)
    assert found["license"] == "cc-by-4.0"
    assert found["size_categories"] == ["100K<n<1M"]
    assert found["configs"] == [
        {
            "config_name": "default",
            "data_files": [
                {"split": "train", "path": "train.jsonl"},
                {"split": "validation", "path": "validation.jsonl"},
            ],
        },
        {"config_name": "hh", "data_files": [{"split": "train", "path": "hh/train.jsonl.gz"}]},
        {"config_name": "llama_factory", "data_files": [{"split": "train", "path": "llama_factory/train.jsonl"}]},
    ]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1))
def test_a_licence_that_the_hub_does_not_know_keeps_its_name(name: str) -> None:
    found = head(replace(FACTS, license=f"House {name}"))
    assert (found["license"], found["license_name"]) == ("other", f"House {name}")


@pytest.mark.parametrize(
    ("pairs", "size"),
    [
        (0, "n<1K"),
        (999, "n<1K"),
        (1_000, "1K<n<10K"),
        (99_999, "10K<n<100K"),
        (10**6, "1M<n<10M"),
        (10**9, "10M<n<100M"),
    ],
)
def test_the_size_is_one_of_the_hubs(pairs: int, size: str) -> None:
    facts = replace(BARE, parts=(PartFacts("first", "everyday", {"train": pairs}),))
    assert head(facts)["size_categories"] == [size]


def test_every_configuration_loads_from_the_folder(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    folder = tmp_path / "music"
    files = [path for format in FORMATS for path in export(format, [PAIR], folder)[0]]
    (folder / "train.jsonl").write_bytes(to_line(PAIR))
    files.append(folder / "train.jsonl")
    facts = replace(BARE, files=tuple(path.relative_to(folder).as_posix() for path in files))
    (folder / "README.md").write_text(dataset_card(facts), encoding="utf-8")
    names = {"default", *FORMATS} - {"parquet"}
    assert set(datasets.get_dataset_config_names(str(folder))) == names
    for name in sorted(names):
        table = datasets.load_dataset(str(folder), name, split="train", cache_dir=str(tmp_path / "cache"))
        assert len(table) == 1
