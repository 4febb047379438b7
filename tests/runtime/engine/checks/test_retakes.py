"""Rows that are drawn again: only from what failed, the same whatever else happens."""

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicc.plan.checks import Gate, LengthRatio, Pattern, TurnJudge
from musicc.plan.document import Check, Plan
from musicc.runtime.data.pairs import to_line
from musicc.runtime.engine.checks.examine import Examined
from musicc.runtime.llm.types import Rejected, Request
from tests.runtime.engine.checks.test_judges import PAIRWISE, TURNWISE
from tests.runtime.engine.theatre import (
    FAITHFUL,
    REPLAY,
    VOICE,
    Actor,
    Memory,
    call,
    make_plan,
    on,
    perform,
    speak,
    verdict,
    write_seeds,
)

TURNS = 4
RULES = ("faithful", "other", "stale", "forget", "cut", "sidestep", "rewrite")


def checks(*gates: Gate, retries: int = 2, then: str = "mark") -> tuple[Check, ...]:
    return tuple(Check(name=f"c{at}", gate=gate, retries=retries, then=then) for at, gate in enumerate(gates))  # type: ignore[arg-type]


def moody(request: Request) -> str:
    """Judges by a hash of what it is shown."""
    if not request.messages[-1]["content"].startswith("Judge"):
        return speak(request)
    drawn = int(speak(request)[:6], 16) % 10
    asked_of_turn = "/" in request.messages[-1]["content"][:10]
    return (
        ("yes" if drawn < 6 else "no")
        if asked_of_turn
        else ("A", "A", "A", "B", "B", "B", "tie", "hm", "A", "B")[drawn]
    )


def plan(gates: tuple[Gate, ...], rules: tuple[str, ...], voice: bool, **fields: Any) -> Plan:
    user = VOICE if voice else REPLAY
    played = [on((1, 2), *rules[:2]), on((3, "last"), *rules[2:])]
    return make_plan(*played, user=user, turns=(2, TURNS), checks=checks(*gates), **fields)


def written(found: dict[int, Examined]) -> list[bytes]:
    return [to_line(found[row].pair) for row in sorted(found)]


GATES: tuple[Gate, ...] = (PAIRWISE, TURNWISE, Pattern(regex="^[0-7]", wanted=True), LengthRatio(low=0.95, high=1.3))
plans = st.builds(
    plan,
    st.lists(st.sampled_from(GATES), min_size=1, max_size=3, unique=True).map(tuple),
    st.lists(st.sampled_from(RULES), min_size=4, max_size=4).map(tuple),
    st.booleans(),
)


@given(plans, st.integers(1, 9), st.integers(1, 9), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_neither_concurrency_nor_what_was_stored_changes_a_byte(
    tmp_path_factory: pytest.TempPathFactory, spec: Plan, one: int, other: int, chance: random.Random
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    write_seeds(folder, user_turns=TURNS)
    store = Memory()
    first = perform(spec, folder, Actor(text=moody), store, window=one)
    kept = Memory({key: value for key, value in store.items() if chance.random() < 0.5})
    slow = Actor(text=moody, delay=lambda number: chance.choice((0.0, 0.001)))
    second = perform(spec, folder, slow, kept, window=other)
    assert written(first.examined) == written(second.examined)
    assert {row: one.findings for row, one in first.examined.items()} == {
        row: one.findings for row, one in second.examined.items()
    }
    assert kept == store, "a run makes the calls that another one would make"


@given(plans)
@settings(max_examples=30, deadline=None)
def test_a_retake_changes_nothing_before_what_failed(tmp_path_factory: pytest.TempPathFactory, spec: Plan) -> None:
    folder = tmp_path_factory.mktemp("rows")
    write_seeds(folder, user_turns=TURNS)
    before, after = (perform(one, folder, Actor(text=moody)) for one in (_unchecked(spec), spec))
    for row, examined in after.examined.items():
        for old, new in zip(before.examined[row].players, examined.players, strict=True):
            kept = next((at for at, take in enumerate(new.takes) if take), len(new.takes))
            shared = min(kept, _along(examined)) if new.lead else kept
            assert new.played[:shared] == old.played[:shared]
            assert new.history[: 2 * shared] == old.history[: 2 * shared]
            if shared < len(new.takes) and not new.lead:
                assert new.history[2 * shared] == old.history[2 * shared], "what the user said stays"


def _along(examined: Examined) -> int:
    """How many turns of the rejected branch are left when it went along with the chosen one."""
    chosen, _ = examined.players
    return next((at for at, take in enumerate(chosen.takes) if take), len(chosen.takes))


@given(plans)
@settings(max_examples=20, deadline=None)
def test_shared_turns_stay_shared(tmp_path_factory: pytest.TempPathFactory, spec: Plan) -> None:
    folder = tmp_path_factory.mktemp("rows")
    write_seeds(folder, user_turns=TURNS)
    for examined in perform(spec, folder, Actor(text=moody)).examined.values():
        pair = examined.pair
        for turn in pair.turns:
            if turn.shared:
                at = pair.context + 2 * turn.turn
                assert pair.chosen[:at] == pair.rejected[:at]


def last_turn(**fields: Any) -> Plan:
    given: dict[str, Any] = {"user": REPLAY, "turns": (3, 3)} | fields
    return make_plan(on((3, 3), "forget"), **given)


def test_a_pair_is_drawn_again_from_its_first_contrasted_turn(tmp_path: Path) -> None:
    write_seeds(tmp_path, count=1)
    actor = Actor(text=lambda request: "B" if request.messages[-1]["content"].startswith("Judge") else speak(request))
    found = perform(last_turn(checks=checks(PAIRWISE)), tmp_path, actor).examined[0]
    chosen, rejected = found.players
    assert (chosen.takes, rejected.takes) == ([0, 0, 0], [0, 0, 2])
    assert found.retakes == {"c0": 2}
    spoken = [request for request in actor.asked if not request.messages[-1]["content"].startswith("Judge")]
    assert len(spoken) == 3 + 1 + 2, "the chosen branch, the contrast, and twice more the contrast alone"
    assert found.first["c0"].finding.verdict == "tie"


def test_a_chosen_turn_takes_the_shared_one_along(tmp_path: Path) -> None:
    write_seeds(tmp_path, count=1)
    first = perform(last_turn(), tmp_path, Actor()).examined[0].pair.chosen[3]["content"]

    def text(request: Request) -> str:
        asked = request.messages[-1]["content"]
        if not asked.startswith("Judge"):
            return speak(request)
        return "no" if asked.endswith(first) or asked.startswith("Judge 3") else "yes"

    gate = TurnJudge(call=verdict("turnwise"), verdicts=("yes", "no"))
    found = perform(last_turn(checks=checks(gate, retries=1)), tmp_path, Actor(text=text)).examined[0]
    chosen, rejected = found.players
    assert chosen.takes == [0, 1, 1]
    assert chosen.history[:3] == rejected.history[:3]
    assert chosen.history[3]["content"] != first
    assert chosen.history[:4] == rejected.history[:4]


def test_a_retake_that_fails_leaves_the_last_whole_take(tmp_path: Path) -> None:
    write_seeds(tmp_path, count=1)
    plain = perform(last_turn(), tmp_path, Actor()).examined[0]
    spoken = 0

    def text(request: Request) -> str:
        nonlocal spoken
        if request.messages[-1]["content"].startswith("Judge"):
            return "B"
        spoken += 1
        if spoken > 4:
            raise Rejected("no more", status=400)
        return speak(request)

    found = perform(last_turn(checks=checks(PAIRWISE)), tmp_path, Actor(text=text)).examined[0]
    assert found.pair == plain.pair
    assert (found.retakes, found.findings["c0"].passed, found.dropped) == ({"c0": 2}, False, None)


def test_a_dropped_pair_costs_no_judging(tmp_path: Path) -> None:
    write_seeds(tmp_path)
    actor = Actor()
    gates = (Check(name="no", gate=Pattern(regex="^$", wanted=True)), Check(name="judge", gate=PAIRWISE))
    found = perform(last_turn(checks=gates), tmp_path, actor).examined
    assert not any(request.messages[-1]["content"].startswith("Judge") for request in actor.asked)
    assert {(one.dropped, *one.findings) for one in found.values()} == {("no", "no")}


def test_what_a_retake_passes_is_checked_anew(tmp_path: Path) -> None:
    """The first check is made again on the take that the second one asked for."""
    write_seeds(tmp_path)
    gates = (LengthRatio(low=0.1, high=10.0), Pattern(regex="^[0-7]", wanted=True, where="rejected"))
    found = perform(last_turn(checks=checks(*gates, retries=9)), tmp_path, Actor()).examined
    assert any(one.retakes["c1"] for one in found.values())
    for one in found.values():
        assert list(one.findings) == ["c0", "c1"]
        assert one.findings["c0"].detail.split()[0] == str(len(one.pair.chosen[-1]["content"].split()))


def test_keys_of_first_takes_are_as_they_were(tmp_path: Path) -> None:
    write_seeds(tmp_path)
    store = Memory()
    perform(last_turn(), tmp_path, Actor(), store)
    actor = Actor(text=lambda request: "hm" if request.messages[-1]["content"].startswith("Judge") else "never said")
    perform(last_turn(checks=checks(PAIRWISE, retries=0)), tmp_path, actor, store)
    assert all(request.messages[-1]["content"].startswith("Judge") for request in actor.asked)


def test_a_branch_that_departed_before_is_left_alone(tmp_path: Path) -> None:
    write_seeds(tmp_path)

    def text(request: Request) -> str:
        bad = "part 1?" in request.messages[-1]["content"]
        return f"{'bad' if bad else 'good'} {speak(request)}" if not request.fields else speak(request)

    gates = checks(Pattern(regex="^good", wanted=True, where="chosen"))
    spec = make_plan(on((1, 1), "sidestep"), user=REPLAY, turns=(3, 3), checks=gates)
    performed = perform(spec, tmp_path, Actor(text=text))
    assert {tuple(one.players[0].takes) for one in performed.examined.values()} == {(0, 2, 2)}
    assert {tuple(one.players[1].takes) for one in performed.examined.values()} == {(0, 0, 0)}
    assert performed.tally.reused == 0


def test_steps_without_a_call_are_drawn_again_as_well(tmp_path: Path) -> None:
    write_seeds(tmp_path, count=20)
    for rule in ("other", "cut"):
        spec = make_plan(on((3, 3), rule), user=REPLAY, turns=(3, 3), checks=checks(PAIRWISE, retries=1))
        says = lambda request: "B" if request.messages[-1]["content"].startswith("Judge") else speak(request)  # noqa: E731
        last = [
            [one.pair.rejected[-1]["content"] for one in perform(each, tmp_path, Actor(text=says)).examined.values()]
            for each in (spec, _unchecked(spec))
        ]
        assert sum(one != other for one, other in zip(*last, strict=True)) >= 10


def _unchecked(spec: Plan) -> Plan:
    (dialogue,) = spec.dialogues
    return spec.model_copy(update={"dialogues": (dialogue.model_copy(update={"checks": ()}),)})


def test_what_branches_share_needs_no_sharing_pass(tmp_path: Path) -> None:
    """The rejected branch asks for what the chosen one was asked for, retakes included, and gets the same reply."""
    write_seeds(tmp_path)
    alone = FAITHFUL.model_copy(update={"steps": (call("reply"),)})
    told = [
        perform(last_turn(checks=checks(TURNWISE), **fields), tmp_path, Actor(text=moody))
        for fields in ({}, {"faithful": alone})
    ]
    assert any(one.players[0].takes[0] for one in told[0].examined.values())
    assert written(told[0].examined) == written(told[1].examined)
