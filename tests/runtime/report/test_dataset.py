"""The facts of a card come from the plan and the files, and are those of the data set alone."""

from pathlib import Path

from musicc.plan.checks import Check, LengthRatio, PairJudge
from musicc.plan.datasets import Dataset, DialoguePairs, Part, SeedPairs
from musicc.plan.document import HubSource, Model, Plan, Seeds
from musicc.runtime.data.pairs import CheckRecord, Pair, to_line
from musicc.runtime.report.dataset import dataset_facts
from musicc.runtime.report.facts import DatasetFacts, ModelFacts, PartFacts, SourceFacts
from tests.runtime.data.test_pairs import pair, turn
from tests.runtime.engine.theatre import make_plan, on, verdict

JUDGE = Check(
    name="preferred",
    gate=PairJudge(call=verdict("pairwise").model_copy(update={"model": "j"}), verdicts=("A", "B"), both_orders=True),
)
LENGTH = Check(name="length", gate=LengthRatio(low=0.5, high=2.0))
HUB = HubSource(repository="org/chats", split="train", revision="abc", config="en")
MIX = Dataset(
    name="mixed",
    mix=(Part(of=DialoguePairs(name="d"), count=2), Part(of=SeedPairs(name="hub"), count=1)),
    license="mit",
    licenses={"hub": "cc0-1.0"},
)


def plan() -> Plan:
    made = make_plan(on((1, "last"), "sidestep"), checks=(LENGTH, JUDGE))
    hub = Seeds(origin=HUB, context="first_user_turn")
    models = made.models | {"j": Model(served="judge", revision="r1"), "idle": Model(served="idle")}
    other = made.dialogues[0].model_copy(update={"name": "other", "seeds": "unused"})
    update = {"seeds": made.seeds | {"hub": hub}, "models": models, "dialogues": (*made.dialogues, other)}
    return made.model_copy(update=update)


def told(folder: Path, train: list[Pair], validation: list[Pair]) -> DatasetFacts:
    for split, pairs in (("train", train), ("validation", validation)):
        (folder / f"{split}.jsonl").write_bytes(b"".join(map(to_line, pairs)))
    (folder / "hh").mkdir()
    (folder / "hh" / "train.jsonl").write_text("not a split")
    return dataset_facts(
        plan(),
        "d" * 64,
        MIX,
        {"d": {"train": 1, "validation": 1}, "hub.pairs": {"train": 1, "validation": 0}},
        folder=folder,
        files=["hh/train.jsonl", "train.jsonl", "validation.jsonl"],
        taken_out={"duplicates": 3, "near": 0},
    )


def test_the_facts(tmp_path: Path) -> None:
    found = told(tmp_path, [pair(1), pair(2)], [])
    assert found.parts == (
        PartFacts("d", "s", {"train": 1, "validation": 1}),
        PartFacts("hub.pairs", "hub", {"train": 1, "validation": 0}),
    )
    assert found.sources == (
        SourceFacts("s", "seeds.jsonl"),
        SourceFacts("hub", "org/chats, configuration en, split train", "abc", "cc0-1.0"),
    )
    assert found.pairs == {"train": 2, "validation": 1}
    assert (found.spec, found.seed, found.plan, found.license) == ("test.music", 7, "d" * 64, "mit")
    assert found.taken_out == {"duplicates": 3}


def test_models_are_those_that_its_dialogues_ask_with_their_parts(tmp_path: Path) -> None:
    found = told(tmp_path, [], [])
    assert found.models == (ModelFacts("m", ("user", "assistant", "contrast")), ModelFacts("judge", ("judge",), "r1"))


def test_rules_and_verdicts_are_counted_over_all_splits(tmp_path: Path) -> None:
    def checked(verdict: str) -> dict[str, CheckRecord]:
        return {"preferred": CheckRecord(passed=True, verdict=verdict, score=1.0, detail="")}

    train = [
        pair(1, turns=(turn(1), turn(2, rule="faithful")), checks=checked("A")),
        pair(2, turns=(turn(1, rule="cut"), turn(2)), checks=checked("B")),
    ]
    found = told(tmp_path, train, [pair(3, turns=(turn(1),), checks=checked("A"))])
    assert found.rules == {"cut": 1, "sidestep": 3}
    assert found.checks == {"preferred": {"A": 2, "B": 1}}
