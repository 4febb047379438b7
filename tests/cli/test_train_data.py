"""`musicc train` and its data: what is left out and told, what is cut, what counts how much, what is read once."""

import json
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.cli.rewards import OWN, PAIRS, REWARD, SPEC, built, rewards, said


def test_records_that_cannot_be_trained_on_are_told_and_counted(tmp_path: Path) -> None:
    project = rewards(tmp_path / "project", OWN)
    good = [json.loads(line) for line in (project.folder / "pairs.jsonl").read_text().splitlines()]
    same = {"chosen": good[0]["chosen"], "rejected": good[0]["chosen"]}
    project.records([*good[:5], same, {"text": "no pair"}, *good[5:], good[7]])
    done = project.train(whole=False)
    assert "warning[M616]: `chosen` and `rejected` are equal\n  --> pairs.jsonl:6\n" in done.err
    assert "warning[M611]" in done.err
    assert "  --> pairs.jsonl:7\n" in done.err
    assert "pairs:      48 of 51 (3 dropped: 1 identical, 1 unreadable, 1 duplicate)" in done.err
    assert project.manifest()["data"]["dropped"] == {"identical": 1, "unreadable": 1, "duplicate": 1}
    card = (project.model() / "README.md").read_text()
    assert all(reason in card for reason in ("identical", "unreadable", "duplicate"))


@pytest.mark.parametrize(("overlong", "kept", "cut"), [("drop", 32, 0), ("left", 48, 16)])
def test_overlong_pairs_are_left_out_or_cut(tmp_path: Path, overlong: str, kept: int, cut: int) -> None:
    more = f"train     = own.pairs\n  max_length = 30\n  overlong = {overlong}"
    project = rewards(tmp_path / "project", SPEC + REWARD.replace("train     = d", more))
    done = project.train()
    data = project.manifest()["data"]
    assert (data["train"], data["cut"]) == (kept, cut)
    assert data["dropped"] == ({"too long": 16} if overlong == "drop" else {})
    assert ("(16 dropped: 16 too long)" in done.err) is (overlong == "drop")


def test_margins_and_weights_are_those_of_the_columns(tmp_path: Path) -> None:
    project = rewards(tmp_path / "project", OWN)
    records = [json.loads(line) for line in (project.folder / "pairs.jsonl").read_text().splitlines()]
    project.records([record | {"by": {"votes": 1 + at % 3}, "apart": at / 10} for at, record in enumerate(records)])
    project.train()
    plain = project.made()
    project.changed("batch     = 8", 'batch     = 8\n  weight    = "by.votes"').train()
    weighted = project.made()
    project.changed('weight    = "by.votes"', 'margin    = "apart"').train()
    assert len({plain, weighted, project.made()}) == 3
    project.changed('margin    = "apart"', 'weight    = "by.none"')
    done = project.train()
    assert (done.code, project.made() != plain) == (1, True)
    assert "warning[M618]: the weight in `by.none` is missing\n  --> pairs.jsonl:1\n" in done.err
    assert "error[M619]: of 48 records none can be trained on" in done.err


def test_conversations_may_differ_from_the_first_turn_and_have_a_system_text(tmp_path: Path) -> None:
    head = said("system", "tell me")
    records = [
        {
            "chosen": [head, said("user", f"what {n}"), said("assistant", "is good")],
            "rejected": [head, said("user", "about"), said("assistant", f"the {n} bad")],
        }
        for n in range(16)
    ]
    project = rewards(tmp_path / "project", OWN)
    assert project.records(records).train().code == 0
    assert project.manifest()["data"]["train"] == 16


# Several by one command


def test_what_models_have_in_common_is_read_once(tmp_path: Path) -> None:
    """A baseline and an augmented model: the second reads the conversations that the first had not."""
    two = "reward augmented like rm { train = own.pairs }\n"
    frozen = REWARD.replace("train     = d", "train     = d\n  method    = frozen")
    project = built(tmp_path / "project", SPEC + frozen + two)
    from musicc.runtime.reward.features import Features
    from musicc.runtime.reward.model import find

    read: list[int] = []

    def compute(self: Features, model: object, reading: object, missing: list[object], *rest: object) -> None:
        read.append(len(missing))
        original(self, model, reading, missing, *rest)  # type: ignore[arg-type]

    original = Features.compute
    with (
        patch.object(Features, "compute", compute),
        patch("musicc.runtime.reward.prepare.find", side_effect=find) as found,
    ):
        done = project.train()
        assert (done.code, found.call_count) == (0, 1)
        assert read == [2 * PAIRS, 0]
        project.changed("lr        = 4e-3", "centring  = 0.1").train()
    assert read[2:] == [0, 0]  # they are kept on disk
    assert sorted(path.name for path in (project.build / "reward").iterdir()) == ["augmented", "rm"]
