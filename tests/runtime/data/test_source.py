"""Files found, problems told, and a source's own pairs."""

import shutil
from pathlib import Path

import orjson
import pytest

import musicc.std
from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.runtime.data.pairs import Pair
from musicc.runtime.data.records import Record
from musicc.runtime.data.source import SeedReader, original_pairs, records
from tests.runtime.data.common import assistant, jsonl, only, seeds, skywork, user


def places(base: Path, path: str) -> list[str]:
    return [item.place for item in records(seeds(path).origin, base) if isinstance(item, Record)]


def pairs(base: Path, told: list[Diagnostic] | None = None, **fields: object) -> list[Pair]:
    report = (lambda _: None) if told is None else told.append
    return list(original_pairs("sky", seeds(**fields), base, plan="p" * 64, report=report))  # type: ignore[arg-type]


def test_paths_count_from_the_base_and_are_named_as_written(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    jsonl(tmp_path / "a.jsonl", [{"prompt": "Hi"}])
    assert places(tmp_path / "specs", "../a.jsonl") == ["../a.jsonl:1"]
    assert places(tmp_path / "specs", str(tmp_path / "a.jsonl")) == [f"{tmp_path}/a.jsonl:1"]


def test_a_folder_and_a_pattern_stand_for_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in (
        "shards/b-2.jsonl",
        "shards/a-1.jsonl",
        "shards/deep/c.jsonl",
        "shards/b-10.jsonl",
        "shards/README.md",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        jsonl(tmp_path / name, [{"prompt": name}])
    (tmp_path / "shards" / "odd.jsonl").mkdir()
    assert places(tmp_path, "shards") == [f"shards/{name}.jsonl:1" for name in ("a-1", "b-10", "b-2", "deep/c")]
    assert places(tmp_path, "shards/b-*.jsonl") == ["shards/b-10.jsonl:1", "shards/b-2.jsonl:1"]


def test_std_is_the_standard_librarys_data(tmp_path: Path) -> None:
    data = Path(str(musicc.std.__file__)).parent / "data"
    with pytest.raises(DiagnosticError) as raised:
        places(tmp_path, "std/no-such-file.jsonl")
    assert only(raised.value) == ("M454", str(data / "no-such-file.jsonl"))


@pytest.mark.parametrize("path", ["nowhere.jsonl", "no/where.jsonl", "none-*.jsonl", "folder"])
def test_a_source_without_a_file(tmp_path: Path, path: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(DiagnosticError) as raised:
        places(tmp_path, path)
    assert only(raised.value) == ("M454", str(tmp_path / path))


def test_a_file_that_goes_away(tmp_path: Path) -> None:
    """Found when the pass began, gone when its turn comes."""
    (tmp_path / "shards").mkdir()
    for name in ("a.jsonl", "b.jsonl"):
        jsonl(tmp_path / "shards" / name, [{"prompt": name}])
    items = records(seeds("shards").origin, tmp_path)
    next(items)
    shutil.rmtree(tmp_path / "shards")
    with pytest.raises(DiagnosticError) as raised:
        list(items)
    assert only(raised.value) == ("M456", "shards/b.jsonl")


def test_mixed_schemas_in_one_file(tmp_path: Path) -> None:
    jsonl(
        tmp_path / "seeds.jsonl",
        [
            {"prompt": "one"},
            skywork("two"),
            {"text": "not known"},
            {"conversations": [{"from": "human", "value": "three"}]},
            {"messages": [user("a"), user("b"), assistant("c")]},
            {"turns": ["four", "five"]},
        ],
    )
    told: list[Diagnostic] = []
    reader = SeedReader(seeds(), tmp_path, told.append)
    assert [seed.user_turns[0] for seed in reader] == ["one", "two 1", "three", "four"]
    assert (reader.read, reader.malformed) == (6, 2)
    assert [(fault.code.id, fault.at) for fault in told] == [("M451", "seeds.jsonl:3"), ("M452", "seeds.jsonl:5")]


def test_many_problems_are_summed_up(tmp_path: Path) -> None:
    jsonl(tmp_path / "seeds.jsonl", [{"prompt": "fine"}, *({"text": n} for n in range(1025))])
    told: list[Diagnostic] = []
    assert len(list(SeedReader(seeds(), tmp_path, told.append))) == 1
    assert len(told) == 21
    assert (told[-1].code.id, told[-1].at, told[-1].message) == (
        "M450",
        "seeds.jsonl",
        "1,005 more records were left out as well",
    )


def test_a_source_that_is_empty(tmp_path: Path) -> None:
    (tmp_path / "seeds.jsonl").write_bytes(b"\n\n")
    with pytest.raises(DiagnosticError, match="the source is empty") as raised:
        list(SeedReader(seeds(), tmp_path, print))
    assert only(raised.value) == ("M453", "seeds.jsonl")


def test_a_source_of_nothing_usable_says_why(tmp_path: Path) -> None:
    (tmp_path / "seeds.csv").write_text("What is 2 + 2?,4\nWhat is 3 + 3?,6\n")
    told: list[Diagnostic] = []
    with pytest.raises(DiagnosticError) as raised:
        list(SeedReader(seeds("seeds.csv"), tmp_path, told.append))
    (fault,) = raised.value.diagnostics
    assert (fault.code.id, fault.at) == ("M453", "seeds.csv:2")
    assert fault.message == (
        "none of its 1 records can be used: no column is known for a conversation or prompt; "
        "there are `What is 2 + 2?`, `4`"
    )


def test_original_pairs(tmp_path: Path) -> None:
    jsonl(tmp_path / "seeds.jsonl", [skywork("one", turns=2), skywork("two")])
    one, two = pairs(tmp_path)
    assert [m["content"] for m in one.chosen] == ["one 1", "answer 1", "one 2", "good"]
    assert one.rejected[-1]["content"] == "bad"
    assert (one.dialogue, one.plan, one.context, two.context) == ("sky.pairs", "p" * 64, 2, 0)
    assert [(turn.turn, turn.rule, turn.chosen_rule, turn.contrasted) for turn in one.turns] == [
        (1, "source", "faithful", True)
    ]
    assert len({one.id, two.id, one.seed, two.seed}) == 4


def test_pairs_of_one_seed_share_its_id_and_equal_pairs_are_one(tmp_path: Path) -> None:
    again = {**skywork("one"), "source": "elsewhere"}
    other = {**skywork("one"), "rejected": [user("one 1"), assistant("worse")]}
    jsonl(tmp_path / "seeds.jsonl", [skywork("one"), again, other])
    one, two = pairs(tmp_path)
    assert one.seed == two.seed
    assert one.id != two.id


def test_branches_that_go_on_apart_have_more_turns(tmp_path: Path) -> None:
    long = [user("q"), assistant("bad"), user("what?"), assistant("worse"), user("no"), assistant("worst")]
    jsonl(tmp_path / "seeds.jsonl", [{"chosen": [user("q"), assistant("good")], "rejected": long}])
    (pair,) = pairs(tmp_path)
    assert (pair.context, [turn.turn for turn in pair.turns]) == (0, [1, 2, 3])


def test_branches_may_share_a_reply(tmp_path: Path) -> None:
    opening = [user("q"), assistant("a")]
    record = {"chosen": [*opening, user("b"), assistant("c")], "rejected": [*opening, user("d"), assistant("e")]}
    jsonl(tmp_path / "seeds.jsonl", [record])
    (pair,) = pairs(tmp_path)
    assert (pair.context, len(pair.turns)) == (2, 1)


def test_pairs_are_not_chosen_by_the_filters_of_seeds(tmp_path: Path) -> None:
    jsonl(tmp_path / "seeds.jsonl", [skywork(f"q{n}") for n in range(5)])
    assert pairs(tmp_path, take=2, shuffle=True, min_turns=3, max_chars=1) == pairs(tmp_path)


def test_records_without_a_pair_are_no_pairs_and_no_problem(tmp_path: Path) -> None:
    jsonl(tmp_path / "seeds.jsonl", [skywork("one"), {"prompt": "alone"}])
    told: list[Diagnostic] = []
    assert len(pairs(tmp_path, told)) == 1
    assert told == []


def test_a_source_without_pairs(tmp_path: Path) -> None:
    jsonl(tmp_path / "seeds.jsonl", [{"prompt": "alone"}])
    with pytest.raises(DiagnosticError) as raised:
        pairs(tmp_path)
    assert only(raised.value)[0] == "M463"


def test_bad_bytes_in_columns_that_are_not_used_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "seeds.csv").write_bytes(b"prompt,note\nfine,\xff\n\xff,fine\n")
    told: list[Diagnostic] = []
    assert [seed.user_turns for seed in SeedReader(seeds("seeds.csv"), tmp_path, told.append)] == [("fine",)]
    assert [(fault.code.id, fault.at) for fault in told] == [("M452", "seeds.csv:3")]
    assert orjson.dumps(told[0].message)
