"""The files: whole or not there, the same bytes each time, a few pairs in memory at once, and nothing left out silently."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.plan.datasets import Export
from musicc.runtime.data.exports import encodings, forms, write_export
from musicc.runtime.data.pairs import CheckRecord, Pair, read_pairs
from tests.runtime.data.common import only
from tests.runtime.data.exports.common import BAD, FORMATS, GOOD, HEAD, PAIR, conversations, export, rows, system
from tests.runtime.data.test_pairs import pair

WITH_SYSTEM = pair(2, chosen=(system("Be brief."), *HEAD, *GOOD), rejected=(system("Be brief."), *HEAD, *BAD))


def test_every_format_of_the_plan_can_be_written() -> None:
    assert set(get_args(Export)) == set(FORMATS)


@pytest.mark.parametrize("format", FORMATS)
@settings(max_examples=50)
@given(made=st.lists(conversations(), max_size=4))
def test_a_file_holds_the_records(tmp_path_factory: pytest.TempPathFactory, format: Export, made: list[Pair]) -> None:
    form = forms.as_it_is if format == "parquet" else getattr(forms, format)
    expected = []
    for one in made:
        try:
            expected.append(form(one))
        except forms.Unfit:
            continue
    assert rows(format, made, tmp_path_factory.mktemp(format)) == expected


@pytest.mark.parametrize("format", FORMATS)
def test_equal_pairs_are_equal_bytes(tmp_path: Path, format: Export) -> None:
    (one, *_), _ = export(format, [PAIR] * 3, tmp_path / "one")
    (other, *_), _ = export(format, [PAIR] * 3, tmp_path / "other", "validation")
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_appears_whole_or_not_at_all(tmp_path: Path, format: Export) -> None:
    (path, *_), _ = export(format, [PAIR], tmp_path)
    before = path.read_bytes()
    (tmp_path / "pairs.jsonl").write_bytes(b"{}\n")

    def breaking() -> Iterator[Pair]:
        yield from [PAIR] * 1500
        yield from read_pairs(tmp_path / "pairs.jsonl")

    with pytest.raises(DiagnosticError) as raised:
        write_export(format, breaking(), tmp_path, name="music", split="train", report=lambda _: None)
    assert only(raised.value)[0] == "M482"
    assert path.read_bytes() == before
    assert [found.name for found in path.parent.iterdir() if "partial" in found.name] == []


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "hh").write_text("in the way")
    with pytest.raises(DiagnosticError) as raised:
        export("hh", [PAIR], tmp_path)
    assert only(raised.value) == ("M544", str(tmp_path / "hh" / "train.jsonl.gz"))


def test_what_is_left_out_is_counted_by_reason(tmp_path: Path) -> None:
    marked = pair(3, chosen=HEAD + GOOD, rejected=(*HEAD, {"role": "assistant", "content": "a\n\nHuman: b"}))
    written, told = export("hh", [WITH_SYSTEM, PAIR, marked, WITH_SYSTEM], tmp_path)
    assert len(written) == 1
    assert len(rows("hh", [WITH_SYSTEM, PAIR, marked], tmp_path)) == 1
    assert [(found.code.id, found.at) for found in told] == [("M483", str(tmp_path / "hh/train.jsonl.gz"))] * 2
    assert told[0].message == "2 pairs left out: each has a system message, which transcripts have no mark for"
    assert told[1].message.startswith("1 pair left out: each has a text with a transcript's own mark in it")


@pytest.mark.parametrize("pairs", [[], [WITH_SYSTEM]])
def test_no_file_is_written_where_no_pair_is_left(tmp_path: Path, pairs: list[Pair]) -> None:
    written, told = export("hh", pairs, tmp_path)
    assert written == []
    assert len(told) == len(pairs)
    assert list((tmp_path / "hh").iterdir()) == []


@pytest.mark.parametrize("format", FORMATS)
def test_pairs_are_read_as_they_are_written(tmp_path: Path, format: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never more than one row group, and for lines one pair, is taken from the pairs before it is passed on."""
    monkeypatch.setattr(encodings, "_GROUP", 10)
    taken = 0

    def counting() -> Iterator[Pair]:
        nonlocal taken
        for number in range(100):
            taken = number + 1
            yield pair(number, chosen=HEAD + GOOD, rejected=HEAD + BAD)

    form = forms.as_it_is if format == "parquet" else getattr(forms, format)
    encode = {"parquet": encodings.parquet, "hh": encodings.jsonl_gz}.get(format, encodings.jsonl)
    for number, _ in enumerate(encode(form(one) for one in counting()), 1):
        assert taken <= min(100, number * (10 if format == "parquet" else 1))
    assert taken == 100


def test_parquet_has_the_columns_of_the_lines_in_small_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings, "_GROUP", 10)
    checks = {"preferred": CheckRecord(passed=True, verdict="A", score=1.0, detail="A, A")}
    made = [pair(number, chosen=HEAD + GOOD, rejected=HEAD + BAD, checks=checks) for number in range(25)]
    (path,), _ = export("parquet", made, tmp_path)
    file = pq.ParquetFile(path)
    assert [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)] == [10, 10, 5]
    assert [row["id"] for row in file.read().to_pylist()] == [one.id for one in made]
    assert file.read().to_pylist()[24]["music"]["checks"] == {
        "preferred": {"passed": True, "verdict": "A", "score": 1.0, "detail": "A, A"}
    }


def test_llama_factory_finds_its_data_by_name(tmp_path: Path) -> None:
    """LLaMA-Factory, data/README.md: `dataset_info.json` describes each data set of its folder; `columns` names those of a
    preference data set, and `ranking` says that it is one."""
    told: list[Diagnostic] = []
    for split in ("train", "validation"):
        write_export("llama_factory", [PAIR], tmp_path, name="music", split=split, report=told.append)
    described = json.loads((tmp_path / "llama_factory" / "dataset_info.json").read_bytes())
    columns = {"messages": "conversations", "chosen": "chosen", "rejected": "rejected"}
    assert described == {
        "music": {"file_name": "train.jsonl", "formatting": "sharegpt", "ranking": True, "columns": columns},
        "music_validation": {
            "file_name": "validation.jsonl",
            "formatting": "sharegpt",
            "ranking": True,
            "columns": columns,
        },
    }
    assert told == []
