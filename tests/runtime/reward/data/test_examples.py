"""What a reward model is trained on: read from builds and sources, sifted, counted and told of."""

import gzip
import json
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from musicc.diagnostics import DiagnosticError
from musicc.plan.datasets import DatasetPairs, DialoguePairs, SeedPairs
from musicc.plan.document import HubSource, Seeds
from musicc.runtime.data.pairs import TurnRecord, pair_id, to_line
from musicc.runtime.data.records import Record
from tests.runtime.data.common import assistant, jsonl, only, seeds, skywork, user
from tests.runtime.data.mixing.common import Build, built, dataset, of, record
from tests.runtime.data.test_pairs import pair
from tests.runtime.reward.data.common import read

OWN, TALK, MIXED = SeedPairs(name="chats"), DialoguePairs(name="talk"), DatasetPairs(name="mixed")
ASKED, GOOD, BAD = user("What is a fugue?"), assistant("A piece of music."), assistant("A cake.")


def whole(**columns: Any) -> dict[str, Any]:
    return {"chosen": [ASKED, GOOD], "rejected": [ASKED, BAD]} | columns


# Where they are from


def test_a_dataset_has_two_sides_and_keeps_what_it_repeats(tmp_path: Path) -> None:
    build = Build(tmp_path, [built(number) for number in range(20)], {"own": [record(number) for number in range(5)]})
    build.make(dataset(of("talk", weight=2), of("own.pairs", weight=1), validation=0.2))
    found, told = read(tmp_path, MIXED)
    assert not told
    assert len(found.train) + len(found.validation) == 45
    assert found.validation
    assert not {one.seed for one in found.train} & {one.seed for one in found.validation}
    both = [*found.train, *found.validation]
    assert Counter(one.source for one in both) == {"talk": 40, "own.pairs": 5}
    assert {one.rules for one in both if one.source == "own.pairs"} == {()}
    assert {(one.rules, one.contrasted) for one in both if one.source == "talk"} == {(("sidestep",), 1)}
    folder = tmp_path / "datasets" / "mixed"
    assert found.digests == {
        str(folder / name): sha256((folder / name).read_bytes()).hexdigest()
        for name in ("train.jsonl", "validation.jsonl")
    }
    assert found.train[0].place == f"{folder}/train.jsonl:1"


def test_a_dataset_without_a_validation_side(tmp_path: Path) -> None:
    Build(tmp_path, [built(1)]).make(dataset(of("talk", weight=1)))
    found, _ = read(tmp_path, MIXED)
    assert (len(found.train), found.validation, len(found.digests)) == (1, [], 1)


def test_of_a_build_the_pairs_of_one_dialogue(tmp_path: Path) -> None:
    Build(tmp_path, [built(1), built(2, of="other"), built(3)]).make()
    found, told = read(tmp_path, TALK)
    assert [one.place.rpartition(":")[2] for one in found.train] == ["1", "3"]
    assert [one.id for one in found.train] == [built(1).id, built(3).id]
    assert [one.seed for one in found.train] == [built(1).seed, built(3).seed]
    assert not found.dropped
    assert not told


def test_what_a_build_tells_of_a_pair(tmp_path: Path) -> None:
    turns = [
        TurnRecord(1, True, "faithful", "", (), "faithful", "", ()),
        TurnRecord(2, False, "sidestep", "", (), "faithful", "", ()),
        TurnRecord(3, False, "aside", "", (), "faithful", "", ()),
        TurnRecord(4, False, "sidestep", "", (), "faithful", "", ()),
    ]
    made = pair(turns=tuple(turns), dialogue="talk")
    (tmp_path / "pairs.jsonl").write_bytes(to_line(made))
    (found,) = read(tmp_path, TALK, margin="turns")[0].train
    assert (found.rules, found.contrasted, found.margin, found.weight) == (("aside", "sidestep"), 3, 3.0, 1.0)
    assert found.turns == len(made.chosen) // 2


SCHEMAS: dict[str, dict[str, Any]] = {
    "messages": whole(),
    "transcripts": {
        "chosen": "\n\nHuman: What is a fugue?\n\nAssistant: A piece of music.",
        "rejected": "\n\nHuman: What is a fugue?\n\nAssistant: A cake.",
    },
    "prompt and replies": {"prompt": "What is a fugue?", "chosen": "A piece of music.", "rejected": "A cake."},
}


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_source_with_pairs_of_its_own(schema: str, tmp_path: Path) -> None:
    jsonl(tmp_path / "seeds.jsonl", [SCHEMAS[schema]])
    (found,) = read(tmp_path, OWN)[0].train
    assert (list(found.chosen), list(found.rejected)) == ([ASKED, GOOD], [ASKED, BAD])
    assert (found.place, found.source, found.rules, found.turns) == ("seeds.jsonl:1", "chats.pairs", (), 1)
    assert found.id == pair_id(found.chosen, found.rejected)


def test_the_branches_of_a_pair_need_not_open_alike(tmp_path: Path) -> None:
    other = {"chosen": [ASKED, GOOD], "rejected": [user("Name a cake."), BAD]}
    again = {"chosen": [ASKED, assistant("Music.")], "rejected": [user("Name a pie."), BAD]}
    jsonl(tmp_path / "seeds.jsonl", [other, again])
    found, told = read(tmp_path, OWN)
    assert not told
    assert len({one.seed for one in found.train}) == 1


def test_equal_pairs_of_a_source_count_once(tmp_path: Path) -> None:
    jsonl(tmp_path / "seeds.jsonl", [whole(), skywork("Name a fruit."), whole(source="elsewhere")])
    found, told = read(tmp_path, OWN)
    assert [one.place for one in found.train] == ["seeds.jsonl:1", "seeds.jsonl:2"]
    assert found.dropped == {"duplicate": 1}
    assert not told


def test_a_named_column_holds_the_prompt(tmp_path: Path) -> None:
    jsonl(
        tmp_path / "seeds.jsonl", [{"asks": "What is a fugue?", "chosen": "A piece of music.", "rejected": "A cake."}]
    )
    (found,) = read(tmp_path, OWN, seeds(field="asks"))[0].train
    assert found.chosen == (ASKED, GOOD)


def test_a_compressed_source(tmp_path: Path) -> None:
    (tmp_path / "seeds.jsonl.gz").write_bytes(gzip.compress(json.dumps(whole()).encode()))
    found, _ = read(tmp_path, OWN, seeds("seeds.jsonl.gz"))
    assert found.digests == {"seeds.jsonl.gz": sha256((tmp_path / "seeds.jsonl.gz").read_bytes()).hexdigest()}


def test_the_digest_of_a_hub_is_that_of_what_was_read(tmp_path: Path) -> None:
    def digest(*records: dict[str, Any], **fields: Any) -> str:
        hub = Seeds(origin=HubSource(repository="org/pairs", split="train"), context="first_user_turn")
        read_of_it = [Record(f"org/pairs/train:{at}", value) for at, value in enumerate(records, 1)]
        with patch("musicc.runtime.data.source.read_hub", return_value=iter(read_of_it)):
            found, _ = read(tmp_path, OWN, hub, **fields)
        assert list(found.digests) == ["org/pairs/train"]
        return found.digests["org/pairs/train"]

    one, other = whole(margin=1), skywork("Name a fruit.") | {"margin": 2}
    assert digest(one, other) == digest(one | {"note": "new"}, other)
    assert len({digest(one, other), digest(other, one), digest(one), digest(one, other, margin_column="margin")}) == 4


# What is left out

BROKEN = b'{"chosen": \n'
FAULTS: dict[str, tuple[str, str, Any]] = {
    "not JSON": ("M611", "unreadable", BROKEN),
    "no rejected": ("M611", "unreadable", {"prompt": "Hi", "chosen": "Hello"}),
    "rejected is null": ("M611", "unreadable", {"prompt": "Hi", "chosen": "Hello", "rejected": None}),
    "no prompt": ("M611", "unreadable", {"chosen": "Hello", "rejected": "No"}),
    "an empty conversation": ("M612", "empty", whole(rejected=[])),
    "an empty reply": ("M612", "empty", {"prompt": "Hi", "chosen": "Hello", "rejected": " "}),
    "an empty message": ("M612", "empty", whole(rejected=[user(" "), BAD])),
    "a message without text": ("M612", "empty", whole(rejected=[{"role": "user"}, BAD])),
    "nothing but a system message": ("M612", "empty", whole(rejected=[{"role": "system", "content": "Be brief."}])),
    "a tool": ("M613", "with an unusable message", whole(rejected=[ASKED, {"role": "tool", "content": "{}"}])),
    "a text that is a number": ("M613", "with an unusable message", whole(rejected=[ASKED, assistant(5)])),  # type: ignore[arg-type]
    "twice the assistant": ("M614", "not alternating", whole(rejected=[ASKED, BAD, BAD])),
    "a system message later on": (
        "M614",
        "not alternating",
        whole(rejected=[ASKED, {"role": "system", "content": "Be brief."}, BAD]),
    ),
    "the user last": ("M615", "ending with the user", whole(rejected=[ASKED, BAD, user("Why?")])),
    "an open transcript": ("M615", "ending with the user", whole(chosen="\n\nHuman: Hi\n\nAssistant:")),
    "twice the same": ("M616", "identical", whole(rejected=[ASKED, GOOD])),
    "no margin": ("M617", "without a margin", whole(weight=1)),
    "a margin of another kind": ("M617", "without a margin", whole(weight=1, margin="large")),
    "no weight": ("M618", "without a weight", whole(margin=0)),
    "a weight of 0": ("M618", "without a weight", whole(margin=0, weight=0)),
}
SOUND = skywork("Name a fruit.") | {"margin": -0.5, "weight": "2.5"}


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be_trained_on_is_left_out_and_told(name: str, tmp_path: Path) -> None:
    code, reason, fault = FAULTS[name]
    lines = [json.dumps(SOUND).encode() + b"\n", fault if isinstance(fault, bytes) else json.dumps(fault).encode()]
    (tmp_path / "seeds.jsonl").write_bytes(b"".join(lines))
    found, told = read(tmp_path, OWN, margin_column="margin", weight_column="weight")
    assert [(one.margin, one.weight) for one in found.train] == [(-0.5, 2.5)]
    assert found.dropped == {reason: 1}
    assert [(one.code.id, one.at, one.is_error) for one in told] == [(code, "seeds.jsonl:2", False)]


def test_the_first_problems_are_told_in_full_and_the_rest_as_numbers(tmp_path: Path) -> None:
    twins = [whole(rejected=[ASKED, GOOD])] * 30
    tools = [whole(rejected=[ASKED, BAD, BAD])] * 3
    jsonl(tmp_path / "seeds.jsonl", [whole(), *twins, *tools])
    found, told = read(tmp_path, OWN)
    assert found.dropped == {"identical": 30, "not alternating": 3}
    assert [str(one.at) for one in told[:20]] == [f"seeds.jsonl:{line}" for line in range(2, 22)]
    assert [(one.code.id, one.message) for one in told[20:]] == [
        ("M616", "10 more records were left out for this reason"),
        ("M614", "3 more records were left out for this reason"),
    ]


def test_a_pair_of_a_build_that_was_edited_is_sifted_as_well(tmp_path: Path) -> None:
    broken = to_line(built(2)).replace(b'"assistant"', b'"nobody"')
    (tmp_path / "pairs.jsonl").write_bytes(to_line(built(1)) + broken + BROKEN + to_line(built(3, of="other")))
    found, told = read(tmp_path, TALK)
    assert len(found.train) == 1
    assert [(one.code.id, one.at) for one in told] == [
        ("M613", f"{tmp_path}/pairs.jsonl:2"),
        ("M611", f"{tmp_path}/pairs.jsonl:3"),
    ]


def test_a_column_within_a_column(tmp_path: Path) -> None:
    jsonl(tmp_path / "seeds.jsonl", [whole(music={"checks": {"preferred": {"score": 0.75}}}), whole(music="jazz")])
    found, told = read(tmp_path, OWN, margin_column="music.checks.preferred.score")
    assert [one.margin for one in found.train] == [0.75]
    assert [one.message for one in told] == ["the margin in `music.checks.preferred.score` is missing"]


@pytest.mark.parametrize("written", ["nan", "inf", "-inf", "1e999", "", "yes"])
def test_of_a_table_only_finite_numbers_are_weights(written: str, tmp_path: Path) -> None:
    (tmp_path / "seeds.csv").write_text(f"prompt,chosen,rejected,w\nHi,Hello,No,{written}\nHi,Hello,Go,0.5\n")
    found, told = read(tmp_path, OWN, seeds("seeds.csv"), weight_column="w")
    assert [one.weight for one in found.train] == [0.5]
    assert [one.code.id for one in told] == ["M618"]


# Nothing left


def nothing(folder: Path, of: Any) -> tuple[str, str, str]:
    with pytest.raises(DiagnosticError) as raised:
        read(folder, of)
    return (*only(raised.value), raised.value.diagnostics[0].message)


def test_a_source_without_pairs(tmp_path: Path) -> None:
    jsonl(tmp_path / "seeds.jsonl", [{"prompt": "What is a fugue?"}])
    code, place, message = nothing(tmp_path, OWN)
    assert (code, place) == ("M619", "seeds.jsonl:1")
    assert message.startswith("of 1 record none can be trained on: no column `chosen` has something in it")


def test_a_build_without_a_pair_of_the_dialogue(tmp_path: Path) -> None:
    Build(tmp_path, [built(1, of="other")]).make()
    assert nothing(tmp_path, TALK) == ("M619", f"{tmp_path}/pairs.jsonl", "there is no pair of `talk`")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert nothing(tmp_path, OWN)[0] == "M454"
