"""Datasets as files: what is left out of them, and folders that appear whole."""

from dataclasses import replace
from hashlib import sha256

import pytest

from musicc.diagnostics import DiagnosticError
from musicc.plan.datasets import Dataset
from musicc.runtime.data.mixing import Made
from tests.runtime.data.common import only
from tests.runtime.data.mixing.common import Build, built, dataset, of, prompt, record
from tests.runtime.data.mixing.conftest import OWN, TALK

# What is left out


def test_equal_pairs_are_there_once_and_the_dialogues_stays(build: Build) -> None:
    same = record(3)
    talk = replace(built(99), chosen=tuple(same["chosen"]), rejected=tuple(same["rejected"]))
    build.pairs = [*TALK, talk, replace(talk, id="talk-again")]
    made = build.make(dataset(of("own.pairs", weight=1), of("talk", weight=1), deduplicate=True))["mixed"]
    assert (made.parts["own.pairs"].duplicates, made.parts["talk"].duplicates) == (1, 1)
    assert talk.id in build.ids()
    assert len(build.ids()) == 40 + 1 + 29
    untouched = build.make(dataset(of("own.pairs", weight=1), of("talk", weight=1)))["mixed"]
    assert untouched.train == 72


def test_near_duplicates_across_parts(build: Build) -> None:
    text = " ".join(f"word{number}" for number in range(60))
    alike = [record(number, text) for number in range(3)]
    other = record(4, " ".join(f"else{number}" for number in range(60)))
    talk = built(1, prompt=text + " indeed")
    build.pairs, build.sources = [talk], {"own": [*alike, other]}
    made = build.make(dataset(of("own.pairs", weight=1), of("talk", weight=1), deduplicate=True, near=0.6))["mixed"]
    assert (made.parts["own.pairs"].duplicates, made.parts["talk"].duplicates) == (3, 0)
    assert talk.id in build.ids()


def test_pairs_with_a_prompt_to_keep_out(build: Build) -> None:
    build.sources = {"own": OWN, "test": [{"prompt": "QUESTION 5"}, {"prompt": "Task 6."}]}
    wanted = dataset(of("own.pairs", weight=1), of("talk", count=39), apart=("test",))
    made = build.make(wanted)["mixed"]
    assert (made.parts["own.pairs"].apart, made.parts["talk"].apart) == (1, 1)
    assert not {"question 5", "task 6"} & {prompt(line) for line in build.lines()}
    assert build.told == [], "what is left out is not wanted"


def test_of_seeds_to_keep_out_the_ones_that_are_taken_count(build: Build) -> None:
    build.sources = {"own": OWN}
    plan = build.plan(dataset(of("own.pairs", weight=1), apart=("first",)))
    first = plan.seeds["own"].model_copy(update={"take": 10})
    plan = plan.model_copy(update={"seeds": {**plan.seeds, "first": first}})
    assert build.make(plan=plan)["mixed"].parts["own.pairs"].apart == 10


# The folder


def test_exports_lie_beside_and_what_is_no_longer_asked_for_goes(build: Build) -> None:
    wanted = dataset(of("talk", weight=1), validation=0.2, exports=("parquet", "trl"))
    files = set(build.make(wanted, dataset(of("own.pairs", count=3), name="second"))["mixed"].files)
    assert {"parquet/train.parquet", "trl/validation.jsonl", "train.jsonl", "validation.jsonl"} <= files
    folder = build.folder / "datasets"
    build.make(wanted.model_copy(update={"validation": 0.0, "exports": ("trl",)}))
    assert [path.name for path in folder.iterdir()] == ["mixed"]
    left = {path.relative_to(folder / "mixed").as_posix() for path in folder.rglob("*") if path.is_file()}
    assert left == {"README.md", "train.jsonl", "trl/train.jsonl"}
    build.make()
    assert not folder.exists()


def test_the_digests_are_those_of_the_files(build: Build) -> None:
    made: Made = build.make(dataset(of("talk", weight=1), validation=0.2, exports=("hh",)))["mixed"]
    home = build.folder / "datasets/mixed"
    assert made.files == {
        path.relative_to(home).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in home.rglob("*")
        if path.is_file()
    }


def test_what_a_kill_left_is_no_hindrance(build: Build) -> None:
    home = build.folder / "datasets"
    for name in (".new.mixed", ".old.mixed"):
        (home / name).mkdir(parents=True)
        (home / name / "train.jsonl").write_text("half")
    made = build.make(dataset(of("talk", weight=1)))
    assert [path.name for path in home.iterdir()] == ["mixed"]
    assert made["mixed"].train == 40


def test_a_fault_while_writing_leaves_the_old_folder(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    build.make(dataset(of("talk", weight=1)))
    before = build.lines()

    def broken(*arguments: object, **named: object) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr("musicc.runtime.data.mixing.publish.write_export", broken)
    with pytest.raises(RuntimeError):
        build.make(dataset(of("talk", count=3), exports=("trl",)))
    assert build.lines() == before


def test_a_dataset_without_a_pair_has_no_folder(build: Build) -> None:
    build.pairs = []
    made = build.make(dataset(of("own.pairs", share=0.5), of("talk", share=0.5)))["mixed"]
    assert (made.train, made.files) == (0, {})
    assert not (build.folder / "datasets").exists()


def test_an_export_that_leaves_pairs_out_names_the_file_as_it_will_be_called(build: Build) -> None:
    told = replace(built(1), chosen=(*built(1).chosen[:1], {"role": "assistant", "content": "So.\n\nHuman: no"}))
    build.pairs = [told, built(2)]
    build.make(dataset(of("talk", weight=1), exports=("hh",)))
    assert [fault.code.id for fault in build.told] == ["M483"]
    assert build.told[0].at == str(build.folder / "datasets/mixed/hh/train.jsonl.gz")


def test_a_source_that_is_not_there_is_told_before_anything_is_made(build: Build) -> None:
    wanted: Dataset = dataset(of("own.pairs", weight=1))
    plan = build.plan(wanted)
    gone = plan.seeds["own"].model_copy(
        update={"origin": plan.seeds["own"].origin.model_copy(update={"path": "x.jsonl"})}
    )
    with pytest.raises(DiagnosticError) as raised:
        build.make(plan=plan.model_copy(update={"seeds": {"own": gone}}))
    assert only(raised.value)[0] == "M454"


def test_broken_lines_of_a_source_are_told_as_those_of_seeds(build: Build) -> None:
    build.sources = {"own": [*OWN, {"prompt": "alone"}, {"text": "?"}]}
    assert build.make(dataset(of("own.pairs", weight=1)))["mixed"].train == 30
    assert [fault.code.id for fault in build.told] == ["M451"]


def test_every_split_loads_as_one_table(build: Build) -> None:
    datasets = pytest.importorskip("datasets")
    build.make(dataset(of("talk", weight=1), of("own.pairs", weight=1), validation=0.2))
    home = build.folder / "datasets/mixed"
    files = {split: str(home / f"{split}.jsonl") for split in ("train", "validation")}
    loaded = datasets.load_dataset("json", data_files=files, cache_dir=str(build.folder / "cache"))
    assert sum(map(len, loaded.values())) == 70
