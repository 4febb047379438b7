"""What becomes of the calls when a dialogue is another: counted by rehearsals, with a reason for every call."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from musicc.plan.compile import compile_module
from musicc.plan.cost import Usage
from musicc.plan.diff import Difference, Rehearsed, compare
from musicc.plan.diff_text import EQUAL, EQUAL_SO_FAR, present
from musicc.plan.document import Plan
from musicc.plan.reasons import FOLLOWS, NEW_ROWS, Reason, reasons
from musicc.plan.traffic import total
from musicc.runtime.preview import Planned, Preview, previews
from musicc.semantics.module import (
    Choice,
    Contrast,
    Dialogue,
    Gate,
    Module,
    Policy,
    Price,
    Replay,
    Rule,
    Sampling,
    Variant,
)
from tests.plan.modules import (
    BIG,
    CUT,
    FORGET,
    HELPFUL,
    OTHER,
    PAIRWISE,
    REFUSAL,
    REWRITE,
    SIDESTEP,
    SMALL,
    START,
    TURNWISE,
    USER,
    bounds,
    check,
    dialogue,
    judged,
    module,
    persona,
    rule,
    text,
    turn,
    voice,
)
from tests.plan.strategies import dialogues
from tests.runtime.engine.theatre import write_seeds

ROWS, USER_TURNS = 6, 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A spec's folder with seeds where `modules.DATA` has them."""
    spec_folder = tmp_path_factory.mktemp("specs")
    (spec_folder / "data").mkdir()
    write_seeds(spec_folder / "data", ROWS, USER_TURNS)
    return spec_folder


def rehearsed(folder: Path, *plans: Plan) -> list[Preview]:
    """Nothing is in the store."""
    return previews([Planned(plan, folder) for plan in plans], folder / "no-store", lambda fault: None)


def difference(folder: Path, old: Dialogue, new: Dialogue) -> tuple[Difference, Preview, Preview]:
    return of_specs(folder, module(old), module(new))


def of_specs(folder: Path, *specs: Module) -> tuple[Difference, Preview, Preview]:
    plans = [compile_module(spec) for spec in specs]
    seen = rehearsed(folder, *plans)
    sides = [Rehearsed(plan, one.asked, one.stored) for plan, one in zip(plans, seen, strict=True)]
    return compare(*sides, sampled=False), *seen


def calls(found: Sequence[Reason]) -> float:
    return sum(reason.usage.calls for reason in found)


PROPERTY = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@PROPERTY
@given(talk=dialogues())
def test_a_dialogue_does_not_differ_from_itself(folder: Path, talk: Dialogue) -> None:
    found, _, seen = difference(folder, talk, talk)
    assert found.same_calls
    assert calls(found.kept) == len(seen.asked) == found.held
    assert found.left == Usage()


@PROPERTY
@given(old=dialogues(), new=dialogues())
def test_the_totals_are_those_of_both_plans(folder: Path, old: Dialogue, new: Dialogue) -> None:
    found, before, after = difference(folder, old, new)
    assert calls(found.added) + calls(found.kept) == total(after.asked.values()).calls
    assert calls(found.gone) + calls(found.kept) == total(before.asked.values()).calls
    assert found.left.calls == calls(found.added)
    assert found.left.calls + found.held == after.left.calls + after.held
    assert all(reason.text for reason in found.added)


AT_A_TURN = (SIDESTEP, REWRITE, OTHER, FORGET, CUT, None)


@PROPERTY
@given(
    rules=st.lists(st.sampled_from(AT_A_TURN), min_size=3, max_size=3),
    at=st.integers(0, 2),
    other=st.sampled_from(AT_A_TURN),
)
def test_a_change_of_a_turn_leaves_the_turns_before_it(
    folder: Path, rules: list[Contrast | None], at: int, other: Contrast | None
) -> None:
    assume(rules[at] != other)

    def talk(contrasts: Sequence[Contrast | None]) -> Dialogue:
        return dialogue(*(rule(turn(number), what) for number, what in enumerate(contrasts, 1)), turns=(3, 3))

    found, _, _ = difference(folder, talk(rules), talk([*rules[:at], other, *rules[at + 1 :]]))
    assert all(reason.turns[0] > at for reason in (*found.added, *found.gone))


def test_builds_that_the_store_holds_are_not_made_again(folder: Path) -> None:
    """What is new may be in the store from elsewhere: it is added, and not to be made."""
    plans = [compile_module(module(dialogue(rule(turn(2), what)))) for what in (OTHER, FORGET)]
    old, new = rehearsed(folder, *plans)
    stored = frozenset(new.asked)
    found = compare(Rehearsed(plans[0], old.asked, old.stored), Rehearsed(plans[1], new.asked, stored), sampled=False)
    assert calls(found.added) > 0 == found.left.calls
    assert found.held == len(new.asked)


ALWAYS = rule(turn(1, "last"), SIDESTEP)
TALK = dialogue(ALWAYS)
POLITE = persona("helpful", "assistant", Variant(1.0, text("You are very polite."), None))
MOODY = persona("helpful", "assistant", Variant(0.5, text("Cheer."), None), Variant(0.5, text("Sulk."), None))
MOODIER = replace(MOODY, variants=(replace(MOODY.variants[0], weight=0.1), replace(MOODY.variants[1], weight=0.9)))
BETTER = replace(BIG, served="served-better")
RENAMED = replace(BIG, name="huge")

REASONS: dict[str, tuple[Dialogue, Dialogue, set[str]]] = {
    "a name of a model": (TALK, dialogue(ALWAYS, assistant=voice(HELPFUL, RENAMED)), set()),
    "a price": (TALK, dialogue(ALWAYS, assistant=voice(HELPFUL, replace(BIG, price=Price(1.0, 2.0)))), set()),
    "a name of a dialogue": (TALK, dialogue(ALWAYS, name="chat"), set()),
    "another dialogue": (
        TALK,
        dialogue(rule(turn(1), FORGET), name="chat", assistant=voice(POLITE, BIG)),
        {"the dialogue is new"},
    ),
    "a model": (
        TALK,
        dialogue(ALWAYS, assistant=voice(HELPFUL, BETTER), user=(voice(USER.persona, BETTER, max_tokens=256),)),
        {"model `big`: name served-big → served-better"},
    ),
    "sampling": (
        TALK,
        dialogue(ALWAYS, user=(voice(USER.persona, BIG, max_tokens=99),)),
        {"sampling on `big`: max_tokens 256 → 99", FOLLOWS},
    ),
    "a system text": (TALK, dialogue(ALWAYS, assistant=voice(POLITE, BIG)), {"the system text differs", FOLLOWS}),
    "a contrast's prompt": (
        dialogue(rule(turn(2), SIDESTEP)),
        dialogue(rule(turn(2), replace(SIDESTEP, prompt=text("Miss {{ instruction }}.")))),
        {"prompt `sidestep.prompt` differs"},
    ),
    "another contrast": (
        dialogue(rule(turn(2), SIDESTEP)),
        dialogue(rule(turn(2), REWRITE)),
        {"`rewrite` is new"},
    ),
    "another form of a contrast": (
        dialogue(rule(turn(2), SIDESTEP)),
        dialogue(rule(turn(2), replace(REWRITE, name="sidestep"))),
        {"`sidestep` asks otherwise"},
    ),
    "a contrast on another model": (
        dialogue(rule(turn(2), SIDESTEP)),
        dialogue(rule(turn(2), SIDESTEP, on=SMALL)),
        {"model `small`: name served-big → served-small"},
    ),
    "more turns": (TALK, dialogue(ALWAYS, turns=(3, 3)), {"turns 2 → 3"}),
    "drawn turns": (dialogue(ALWAYS, turns=(1, 3)), dialogue(ALWAYS, turns=(2, 3)), {"turns 1..3 → 2..3"}),
    "rules": (
        dialogue(rule(turn(2), OTHER), turns=(3, 3)),
        dialogue(rule(turn(3), OTHER), turns=(3, 3)),
        {"the rules of `rejected` differ"},
    ),
    "rows of a seed": (TALK, dialogue(ALWAYS, per_seed=2), {"per_seed 1 → 2"}),
    "more seeds": (
        dialogue(ALWAYS, start=replace(START, take=2)),
        dialogue(ALWAYS, start=replace(START, take=4)),
        {"seeds `start`: take 2 → 4"},
    ),
    "who speaks": (
        dialogue(ALWAYS, turns=(3, 3), user=(Replay(), USER)),
        dialogue(ALWAYS, turns=(3, 3), user=(USER,)),
        {"`user` or `utterances` differ"},
    ),
    "weights of variants": (
        dialogue(ALWAYS, assistant=voice(MOODY, BIG), per_seed=4),
        dialogue(ALWAYS, assistant=voice(MOODIER, BIG), per_seed=4),
        {"the weights of the assistant's variants differ"},
    ),
}


@pytest.mark.parametrize(("old", "new", "expected"), REASONS.values(), ids=REASONS)
def test_each_added_call_has_its_reason(folder: Path, old: Dialogue, new: Dialogue, expected: set[str]) -> None:
    found, _, _ = difference(folder, old, new)
    assert {reason.text for reason in found.added} == expected


def test_a_seed_of_the_spec(folder: Path) -> None:
    talk = module(dialogue(rule(turn(1, "last"), [(0.5, OTHER), (0.5, FORGET)]), turns=(1, 3)))
    old, new = compile_module(talk), compile_module(replace(talk, seed=8))
    before, after = rehearsed(folder, old, new)
    found = compare(
        Rehearsed(old, before.asked, before.stored), Rehearsed(new, after.asked, after.stored), sampled=False
    )
    assert {reason.text for reason in found.added} == {"param seed 7 → 8"}


def test_rows_without_any_other_reason_are_new(folder: Path) -> None:
    plan = compile_module(module(TALK))
    (seen,) = rehearsed(folder, plan)
    assert {reason.text for reason in reasons(seen.asked.values(), plan, plan)} == {NEW_ROWS}


def test_equal_plans_are_called_so(folder: Path) -> None:
    found, _, _ = difference(folder, TALK, dialogue(ALWAYS, name="chat"))
    assert EQUAL in present([], found, "old")


def test_what_becomes_of_bad_replies_is_not_forgotten(folder: Path) -> None:
    found, _, _ = difference(folder, TALK, replace(TALK, replies=dict.fromkeys(TALK.replies, Policy(1, "mark"))))
    assert EQUAL_SO_FAR in present([], found, "old")


ELSEWHERE = dialogue(rule(turn(1, "last"), OTHER))


def checked(*gates: Gate, **fail: object) -> Module:
    return module(ELSEWHERE, checks=tuple(check(f"c{at}", gate, ELSEWHERE, **fail) for at, gate in enumerate(gates)))  # type: ignore[arg-type]


ASKED = replace(PAIRWISE, prompt=text("Which of {{ transcript_a }} and {{ transcript_b }}?"))
JUDGES = {
    "new": ((), (judged(PAIRWISE),), "check `c0` is new"),
    "prompt": ((judged(PAIRWISE),), (judged(ASKED),), "prompt `pairwise.prompt` differs"),
    "model": ((judged(PAIRWISE),), (judged(PAIRWISE, BIG),), "model `big`: name served-small → served-big"),
    "orders": (
        (judged(replace(PAIRWISE, both_orders=False)),),
        (judged(PAIRWISE),),
        "check `c0`: both_orders false → true",
    ),
    "another": ((judged(PAIRWISE),), (judged(PAIRWISE), judged(TURNWISE)), "prompt `turnwise.prompt` is new"),
}


@pytest.mark.parametrize("case", JUDGES)
def test_the_calls_of_a_judge_have_a_reason(folder: Path, case: str) -> None:
    old, new, reason = JUDGES[case]
    found, _, _ = of_specs(folder, checked(*old), checked(*new))
    assert {one.text for one in found.added} == {reason}


def test_a_judge_is_asked_again_about_conversations_that_differ(folder: Path) -> None:
    other = dialogue(rule(turn(1, "last"), FORGET))
    specs = (module(talk, checks=(check("c", judged(PAIRWISE), talk),)) for talk in (ELSEWHERE, other))
    found, _, _ = of_specs(folder, *specs)
    verdicts = {one.text for one in found.added for asked in one.asked if asked.call.out == "verdict"}
    assert verdicts == {"the rules of `rejected` differ"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (checked(bounds("length_ratio", 0.5, 2.0)), checked(bounds("length_ratio", 0.4, 2.0))),
        (checked(), checked(REFUSAL)),
        (checked(judged(PAIRWISE)), checked(judged(PAIRWISE), retries=2)),
    ],
    ids=["bounds", "another", "retries"],
)
def test_what_becomes_of_bad_pairs_is_not_forgotten(folder: Path, old: Module, new: Module) -> None:
    found, _, _ = of_specs(folder, old, new)
    assert EQUAL_SO_FAR in present([], found, "old")


def test_money_is_that_of_the_calls_to_make(folder: Path) -> None:
    priced = replace(BIG, price=Price(1.0, 10.0))
    old = dialogue(rule(turn(2), SIDESTEP), assistant=voice(HELPFUL, priced), user=(Replay(),))
    new = replace(old, rejected=(Rule(turn(2), (Choice(1.0, FORGET, None, Sampling()),), None, ALWAYS.span),))
    found, _, after = difference(folder, old, new)
    assert found.left.usd == pytest.approx((found.left.input + 10 * found.left.output) / 1e6)
    assert after.left.usd == pytest.approx(found.left.usd + total(one for r in found.kept for one in r.asked).usd)
