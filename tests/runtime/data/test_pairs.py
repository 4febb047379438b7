"""A pair's line: the same bytes each time, one schema for `datasets`, TRL's format, and back again."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicc.diagnostics import DiagnosticError
from musicc.runtime.data.pairs import (
    UNMADE,
    CheckRecord,
    Models,
    Pair,
    Personas,
    TurnRecord,
    pair_id,
    read_pairs,
    to_line,
)
from musicc.runtime.data.source import original_pairs
from tests.runtime.data.common import assistant, jsonl, only, seeds, skywork, user


def turn(number: int = 1, **fields: Any) -> TurnRecord:
    plain: dict[str, Any] = {
        "shared": False,
        "rule": "sidestep",
        "hidden": "",
        "marks": (),
        "chosen_rule": "faithful",
        "chosen_hidden": "",
        "chosen_marks": (),
    }
    return TurnRecord(turn=number, **(plain | fields))


def pair(number: int = 1, **fields: Any) -> Pair:
    plain: dict[str, Any] = {
        "id": f"{number:016x}",
        "chosen": (user("Hi"), assistant("Hello!")),
        "rejected": (user("Hi"), assistant("No.")),
        "seed": "f" * 16,
        "dialogue": "contrastive",
        "context": 0,
        "turns": (turn(),),
        "plan": "p" * 64,
    }
    return Pair(**(plain | fields))


def test_the_line(tmp_path: Path) -> None:
    short = CheckRecord(passed=False, verdict="above", score=2.5, detail="5 against 2 words")
    told = pair(
        models=Models("", "m"),
        personas=Personas(assistant=2),
        checks={"short": short},
        turns=(turn(hidden="Sing.", marks=("truncated", "repeated")),),
    )
    assert to_line(told).decode() == (
        '{"id":"0000000000000001",'
        '"chosen":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello!"}],'
        '"rejected":[{"role":"user","content":"Hi"},{"role":"assistant","content":"No."}],'
        '"music":{"seed":"ffffffffffffffff","dialogue":"contrastive","context":0,'
        '"turns":[{"turn":1,"shared":false,"rule":"sidestep","hidden":"Sing.","marks":"truncated repeated",'
        '"chosen_rule":"faithful","chosen_hidden":"","chosen_marks":""}],'
        f'"models":{{"user":"","assistant":"m","contrast":""}},"personas":{{"user":0,"assistant":2}},"plan":"{"p" * 64}",'
        '"checks":{"short":{"passed":false,"verdict":"above","score":2.5,"detail":"5 against 2 words"}}}}\n'
    )


def test_a_plan_without_checks_leaves_no_key() -> None:
    assert b'"checks"' not in to_line(pair())


def test_the_order_of_a_messages_keys_is_ours() -> None:
    turned = pair(chosen=({"content": "Hi", "role": "user"}, {"content": "Hello!", "role": "assistant", "name": "x"}))
    assert to_line(turned) == to_line(pair())


texts = st.text(st.characters(codec="utf-8"))
names = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1)
messages = st.lists(
    st.builds(dict, role=st.sampled_from(["user", "assistant", "system"]), content=texts), min_size=1, max_size=4
).map(tuple)
turns = st.builds(
    TurnRecord,
    turn=st.integers(1, 99),
    shared=st.booleans(),
    rule=names,
    hidden=texts,
    marks=st.lists(names, max_size=3).map(tuple),
    chosen_rule=names,
    chosen_hidden=texts,
    chosen_marks=st.lists(names, max_size=3).map(tuple),
)


@given(
    st.builds(
        Pair,
        id=names,
        chosen=messages,
        rejected=messages,
        seed=names,
        dialogue=names,
        context=st.integers(0, 9),
        turns=st.lists(turns, min_size=1, max_size=4).map(tuple),
        models=st.builds(Models, texts, texts, texts),
        personas=st.builds(Personas, st.integers(0, 9), st.integers(0, 9)),
        plan=names,
        checks=st.dictionaries(names, st.builds(CheckRecord, st.booleans(), names, st.floats(0, 9), texts), max_size=3),
    )
)
def test_there_and_back_again(tmp_path_factory: pytest.TempPathFactory, written: Pair) -> None:
    path = tmp_path_factory.getbasetemp() / "pairs.jsonl"
    path.write_bytes(to_line(written) * 2)
    assert list(read_pairs(path)) == [written, written]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (to_line(pair())[:-40], "breaks off"),
        (b'{"id": oops}\n', "is not JSON"),
        (b'{"id": "a", "chosen": [], "rejected": []}\n', "has no 'music'"),
        (b"[1, 2]\n", "is not a pair"),
        (to_line(pair()).replace(b'"turn":1', b'"round":1'), "is not a pair"),
        (to_line(pair()).replace(b'"role"', b'"from"'), "has no 'role'"),
        (to_line(pair()).replace(b'"marks":""', b'"marks":null'), "is not a pair"),
        (b"\xff\n", "is not JSON"),
    ],
)
def test_a_damaged_line_is_told_with_its_place(tmp_path: Path, line: bytes, reason: str) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(to_line(pair()) + line)
    found = read_pairs(path)
    assert next(found) == pair()
    with pytest.raises(DiagnosticError) as raised:
        next(found)
    assert only(raised.value) == ("M482", f"{path}:2")
    assert reason in raised.value.diagnostics[0].message


def test_the_id_is_the_contents() -> None:
    one, other = (user("a"), assistant("b")), (user("a"), assistant("c"))
    ids = [pair_id(one, other), pair_id(other, one), pair_id(one, one), pair_id((*one, *other), ())]
    assert len(set(ids)) == 4
    assert all(len(found) == 16 for found in ids)


def mixed(tmp_path: Path) -> Path:
    """More than the 10 MB from which `datasets` infers its schema, the sparsest pairs first."""
    jsonl(tmp_path / "seeds.jsonl", [skywork("q" * 2000 + str(number)) for number in range(2700)])
    own = original_pairs("sky", seeds(), tmp_path, plan="p", report=lambda _: None)
    rich = pair(
        models=Models("u", "a", "c"),
        turns=(turn(hidden="h", marks=("empty",), chosen_marks=("empty",)),),
        checks={"short": CheckRecord(passed=False, verdict="above", score=2.5, detail="5 against 2 words")},
    )
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(b"".join(map(to_line, [*(replace(one, checks={"short": UNMADE}) for one in own), rich])))
    assert path.stat().st_size > 10 << 20
    return path


def test_datasets_loads_every_line_and_trl_knows_its_format(tmp_path: Path) -> None:
    """TRL's conversational preference format with an implicit prompt: `chosen` and `rejected`, no `prompt`, both lists of
    messages with `role` and `content`; what they share at the start is taken for the prompt, the rest for completions."""
    datasets = pytest.importorskip("datasets")
    path = mixed(tmp_path)
    table = datasets.load_dataset("json", data_files=str(path), split="train", cache_dir=str(tmp_path / "cache"))
    assert table.column_names == ["id", "chosen", "rejected", "music"]
    for example in table.select([0, len(table) - 1]):
        assert all(set(m) == {"role", "content"} for side in ("chosen", "rejected") for m in example[side])
        chosen, rejected = example["chosen"], example["rejected"]
        shared = next(at for at in range(len(chosen)) if chosen[at] != rejected[at])
        assert shared > 0
        assert chosen[shared:][-1]["role"] == rejected[shared:][-1]["role"] == "assistant"
    assert table[-1]["music"]["checks"]["short"]["score"] == 2.5
    assert table[-1]["music"]["turns"] == orjson.loads(path.read_bytes().splitlines()[-1])["music"]["turns"]
