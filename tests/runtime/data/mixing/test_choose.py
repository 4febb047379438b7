"""Which pairs a dataset takes, on which side and in which order."""

from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicc.plan.checks import Check, Leak
from musicc.runtime.data.pairs import UNMADE, from_line, to_line
from tests.runtime.data.mixing.common import DIGEST, PLAYED, Build, built, dataset, of, prompt, record
from tests.runtime.data.mixing.conftest import OWN, TALK

# Which pairs


def test_a_dialogues_pairs_are_taken_line_by_line(build: Build) -> None:
    build.pairs = [*TALK, *(built(number, of="other") for number in range(5))]
    build.make(dataset(of("talk", weight=1)))
    assert sorted(build.lines()) == sorted(map(to_line, TALK))


def test_a_sources_pairs_say_where_they_are_from(build: Build) -> None:
    build.make(dataset(of("own.pairs", weight=1)))
    pairs = [from_line(line) for line in build.lines()]
    assert {(pair.dialogue, pair.plan) for pair in pairs} == {("own.pairs", DIGEST)}
    assert sorted(pair.chosen[0]["content"] for pair in pairs) == sorted(r["chosen"][0]["content"] for r in OWN)


def test_every_line_has_the_columns_of_the_builds_checks(build: Build) -> None:
    """Or `datasets` would take the mix for two tables."""
    talk = PLAYED.dialogues[0].model_copy(update={"checks": (Check(name="secret", gate=Leak()),)})
    plan = build.plan(dataset(of("own.pairs", count=1))).model_copy(update={"dialogues": (talk,)})
    build.make(plan=plan)
    assert from_line(build.lines()[0]).checks == {"secret": UNMADE}


@pytest.mark.parametrize(("amount", "expected"), [({"count": 7}, 7), ({"weight": 0.25}, 10), ({"weight": 2.5}, 100)])
def test_an_amount(build: Build, amount: dict[str, Any], expected: int) -> None:
    made = build.make(dataset(of("talk", **amount)))["mixed"]
    ids = build.ids()
    assert (len(ids), made.train, made.validation) == (expected, expected, 0)
    times = {ids.count(one) for one in ids}
    assert times == ({2, 3} if expected == 100 else {1})
    assert build.told == []


def test_fewer_than_counted_are_taken_and_told(build: Build) -> None:
    made = build.make(dataset(of("talk", count=1_000), of("own.pairs", count=30)))["mixed"]
    assert made.train == 70
    (fault,) = build.told
    assert (fault.code.id, fault.at) == ("M464", "dataset mixed")
    assert "40 pairs" in fault.message
    assert "1,000" in fault.message


@given(st.integers(0, 30), st.integers(0, 10), st.integers(0, 99))
@settings(deadline=None, max_examples=25)
def test_more_rows_change_few_choices_and_a_smaller_count_is_part_of_a_larger(few: int, new: int, seed: int) -> None:
    with TemporaryDirectory() as folder:
        one = Build(Path(folder), TALK[:30], {}, seed)
        small, large = dataset(of("talk", count=few + 1)), dataset(of("talk", count=few + 5), name="large")
        one.make(small, large)
        before = set(one.ids())
        assert before <= set(one.ids(name="large"))
        one.pairs = [*TALK[30 : 30 + new], *TALK[:30]]
        one.make(small)
        assert len(before - set(one.ids())) <= new


# The split


@st.composite
def clashing(draw: st.DrawFn) -> tuple[list[Any], list[Any]]:
    """Pairs of a dialogue and of a source whose prompts and seeds come from a few."""
    prompts = st.sampled_from(["What is a fugue?", "what is a FUGUE", "Hi", "hi!", "Why?", "1 + 1", "A canon?"])
    talk = [
        built(number, prompt=draw(prompts), seed=draw(st.integers(0, 6))) for number in range(draw(st.integers(0, 12)))
    ]
    own = [record(number, draw(prompts)) for number in range(draw(st.integers(1, 12)))]
    return talk, own


@given(clashing(), st.floats(0.05, 0.9), st.integers(0, 99))
@settings(deadline=None, max_examples=60)
def test_no_prompt_and_no_seed_is_on_both_sides(parts: tuple[list[Any], list[Any]], share: float, seed: int) -> None:
    talk, own = parts
    with TemporaryDirectory() as folder:
        one = Build(Path(folder), talk, {"own": own}, seed)
        made = one.make(dataset(of("talk", weight=2), of("own.pairs", weight=1), validation=share))["mixed"]
        train, validation = one.lines(), one.lines("validation")
        assert (made.train, made.validation) == (len(train), len(validation))
        assert len(train) + len(validation) == 2 * len(talk) + len(own)
        for seen in (prompt, lambda line: orjson.loads(line)["music"]["seed"]):
            assert not {seen(line) for line in train} & {seen(line) for line in validation}


def test_the_smallest_dataset_has_a_validation_pair(build: Build) -> None:
    build.pairs = TALK[:2]
    made = build.make(dataset(of("talk", weight=1), validation=0.01))["mixed"]
    assert (made.train, made.validation) == (1, 1)


def test_without_a_share_there_is_no_second_file(build: Build) -> None:
    made = build.make(dataset(of("talk", weight=1)))["mixed"]
    assert sorted(made.files) == ["README.md", "train.jsonl"]
    assert not (build.folder / "datasets/mixed/validation.jsonl").exists()


# The order


def test_the_order_is_mixed_and_another_seeds_is_another(build: Build) -> None:
    wanted = dataset(of("talk", weight=1), of("own.pairs", weight=1))
    build.make(wanted)
    first = build.ids()
    ours = [id_.startswith("talk-") for id_ in first]
    assert sum(one != other for one, other in pairwise(ours)) > 20
    assert first != sorted(first)
    build.seed = 8
    build.make(wanted)
    assert build.ids() != first
    assert sorted(build.ids()) == sorted(first)


def test_copies_of_a_pair_do_not_stand_together(build: Build) -> None:
    build.make(dataset(of("talk", weight=2)))
    ids = build.ids()
    assert sum(one == other for one, other in pairwise(ids)) < 10


@given(st.permutations(range(12)))
@settings(deadline=None, max_examples=20)
def test_bytes_do_not_depend_on_the_order_in_which_pairs_come(order: list[int]) -> None:
    wanted = dataset(of("talk", count=5), of("own.pairs", count=5), validation=0.3, deduplicate=True)
    with TemporaryDirectory() as folder:
        one = Build(Path(folder), TALK[:12], {"own": OWN[:12]})
        made = one.make(wanted)
        one.pairs, one.sources = [TALK[at] for at in order], {"own": [OWN[at] for at in order]}
        assert one.make(wanted) == made
