"""Datasets in the plan: what they are read from, what of them counts, and how they are told."""

from dataclasses import replace
from typing import get_args

import pytest

from musicc.plan import datasets as doc
from musicc.plan.compile import compile_module
from musicc.plan.document import Plan
from musicc.plan.mix_text import told
from musicc.plan.serialise import digest, dump, load
from musicc.semantics.module import Benchmark, Dataset, Export, Hub, Module, Part, Seeds
from tests.plan.modules import DATA, SIDESTEP, SPAN, START, dialogue, module, rule, seeds, turn

TALK = dialogue(rule(turn(1), SIDESTEP))
OTHER = replace(seeds("other"), origin=Hub("org/repo", "train", "0" * 40, None), license="mit")
BENCH = Benchmark("bench", SPAN, Hub("org/bench", "test", None, None), "pairs")


def dataset(*mix: Part, name: str = "mixed", validation: float = 0.01, **fields: object) -> Dataset:
    return Dataset(name, SPAN, mix, validation, **fields)  # type: ignore[arg-type]


MIXED = dataset(
    Part(TALK, count=31_000),
    Part(OTHER, weight=2.0),
    deduplicate=0.8,
    apart_from=(START, BENCH),
    export=("trl",),
    license="cc-by-4.0",
)


def spec(*datasets: Dataset, talks: bool = True) -> Module:
    made = module(*([TALK] if talks else []))
    return replace(made, datasets={one.name: one for one in datasets})


def plan(*datasets: Dataset) -> Plan:
    return compile_module(spec(*datasets))


def test_a_dataset_is_lowered() -> None:
    (made,) = plan(MIXED).datasets
    assert made == doc.Dataset(
        name="mixed",
        mix=(
            doc.Part(of=doc.DialoguePairs(name="talk"), count=31_000),
            doc.Part(of=doc.SeedPairs(name="other"), weight=2.0),
        ),
        validation=0.01,
        deduplicate=True,
        near=0.8,
        apart=("start", "bench"),
        exports=("trl",),
        license="cc-by-4.0",
        licenses={"other": "mit"},
    )


@pytest.mark.parametrize(("asked", "found"), [(None, (False, None)), ("exact", (True, None)), (1.0, (True, 1.0))])
def test_which_pairs_are_duplicates(asked: object, found: tuple[bool, float | None]) -> None:
    (made,) = plan(dataset(Part(TALK, count=1), deduplicate=asked)).datasets
    assert (made.deduplicate, made.near) == found


def test_what_it_is_read_from_joins_the_seeds() -> None:
    made = plan(MIXED)
    assert made.seeds.keys() == {"start", "other", "bench"}
    assert made.seeds["bench"].origin.kind == "hub"
    assert load(dump(made)) == made


def test_seeds_of_one_name_are_told_apart() -> None:
    """A library may have its own of that name; those of the dialogues keep theirs."""
    other = replace(OTHER, name="start")
    made = plan(dataset(Part(other, count=1)))
    assert made.dialogues[0].seeds == "start"
    assert made.datasets[0].mix[0].of.name == "start~2"


def test_a_dataset_changes_no_pair() -> None:
    assert digest(plan(MIXED)) == digest(plan()) == digest(plan(dataset(Part(OTHER, count=5))))
    assert dump(plan(MIXED)) != dump(plan())


def test_a_dataset_needs_no_dialogue() -> None:
    made = compile_module(spec(dataset(Part(OTHER, count=5)), talks=False))
    assert (made.dialogues, list(made.seeds)) == ((), ["other"])


def test_formats_are_called_the_same_in_specs_and_plans() -> None:
    assert get_args(Export) == get_args(doc.Export)


OLD = plan(MIXED)
SHARES = dataset(Part(TALK, share=0.255), Part(OTHER, share=0.745), name="shares")


def line(now: Plan, before: Plan | None) -> str:
    head, *lines = told(now, before)
    assert head == "Datasets, made of finished pairs without a call:"
    return "\n".join(" ".join(one.split()) for one in lines)


def with_seeds(changed: Seeds) -> Plan:
    return plan(replace(MIXED, mix=(MIXED.mix[0], replace(MIXED.mix[1], source=changed))))


def test_a_plan_without_datasets_tells_nothing() -> None:
    assert told(plan(), None) == told(plan(), plan()) == []


@pytest.mark.parametrize(
    ("now", "before", "reason"),
    [
        (OLD, None, "never built"),
        (OLD, plan(), "new"),
        (OLD, OLD, "as it is"),
        (plan(replace(MIXED, validation=0.5)), OLD, "`validation` changed"),
        (plan(replace(MIXED, deduplicate=None, apart_from=())), OLD, "`deduplicate`, `apart_from` changed"),
        (plan(replace(MIXED, deduplicate=0.9)), OLD, "`deduplicate` changed"),
        (with_seeds(replace(OTHER, origin=DATA)), OLD, "its seeds changed"),
        (compile_module(replace(spec(MIXED), seed=8)), OLD, "of other pairs"),
    ],
)
def test_one_line_and_one_reason(now: Plan, before: Plan | None, reason: str) -> None:
    assert line(now, before) == f"mixed 31,000 talk, 2x other.pairs {reason}"


def test_shares_and_what_is_gone() -> None:
    assert line(plan(SHARES), OLD) == "shares 25.5% talk, 74.5% other.pairs new\nmixed gone"
