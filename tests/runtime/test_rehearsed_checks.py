"""Rehearsals ask judges as builds do, and take what they make up as passing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from musicc.plan.checks import Gate, LengthRatio, Pattern
from musicc.plan.document import Check, Plan
from musicc.runtime.engine.rehearsal import Overlay, Understudy
from musicc.runtime.llm.types import Request
from tests.runtime.engine.checks.test_judges import PAIRWISE, TURNWISE
from tests.runtime.engine.theatre import REPLAY, Actor, Memory, make_plan, on, perform, speak, write_seeds

ROWS, TURNS = 6, 3
NEVER = Pattern(regex="^nothing$", wanted=True)


def plan(*gates: Gate, retries: int = 2) -> Plan:
    checks = tuple(Check(name=f"c{at}", gate=gate, retries=retries, then="mark") for at, gate in enumerate(gates))
    return make_plan(on((3, 3), "forget"), user=REPLAY, turns=(TURNS, TURNS), checks=checks)


def judging(says: str) -> Callable[[Request], str]:
    return lambda request: says if request.messages[-1]["content"].startswith("Judge") else speak(request)


def rehearsed(spec: Plan, folder: Path, store: Memory) -> tuple[int, int]:
    """How many calls would be made, and how many are held."""
    overlay = Overlay(store)
    understudy = Understudy(lambda model, most: most / 2)
    perform(spec, folder, understudy, overlay)  # type: ignore[arg-type]
    return len(overlay.made_up), len(overlay.held)


@pytest.mark.parametrize(
    ("gates", "judged"),
    [((), 0), ((PAIRWISE,), 2), ((TURNWISE,), 4), ((NEVER, LengthRatio(low=9, high=9), PAIRWISE), 2)],
)
def test_an_empty_store(tmp_path: Path, gates: tuple[Gate, ...], judged: int) -> None:
    """No retake is rehearsed: three turns, the contrast, and the judge."""
    write_seeds(tmp_path, ROWS, TURNS)
    assert rehearsed(plan(*gates), tmp_path, Memory()) == (ROWS * (TURNS + 1 + judged), 0)


@pytest.mark.parametrize("says", ["A", "B"])
def test_what_a_build_asked_is_all_held(tmp_path: Path, says: str) -> None:
    write_seeds(tmp_path, ROWS, TURNS)
    store, spec = Memory(), plan(PAIRWISE)
    perform(spec, tmp_path, Actor(text=judging(says)), store)
    assert rehearsed(spec, tmp_path, store) == (0, len(store))


def test_a_verdict_that_is_held_asks_for_a_retake(tmp_path: Path) -> None:
    write_seeds(tmp_path, ROWS, TURNS)
    store = Memory()
    perform(plan(PAIRWISE, retries=0), tmp_path, Actor(text=judging("tie")), store)
    assert rehearsed(plan(PAIRWISE, retries=1), tmp_path, store) == (ROWS * (1 + 2), len(store))


def test_a_new_judge_is_asked_about_what_is_held(tmp_path: Path) -> None:
    write_seeds(tmp_path, ROWS, TURNS)
    store = Memory()
    perform(plan(), tmp_path, Actor(), store)
    assert rehearsed(plan(TURNWISE), tmp_path, store) == (ROWS * 4, len(store))


def test_texts_that_are_held_are_checked(tmp_path: Path) -> None:
    write_seeds(tmp_path, ROWS, TURNS)
    store = Memory()
    perform(plan(), tmp_path, Actor(), store)
    made, held = rehearsed(plan(NEVER, retries=2), tmp_path, store)
    assert (made, held) == (ROWS * 2, len(store)), "one retake of both last turns, which passes for being made up"


def test_a_pair_that_is_half_held_is_not_drawn_again(tmp_path: Path) -> None:
    write_seeds(tmp_path, ROWS, TURNS)
    store, actor = Memory(), Actor()
    last = {one.pair.chosen[-1]["content"] for one in perform(plan(), tmp_path, actor, store).examined.values()}
    lost = [request for request in actor.asked if speak(request) in last]
    for request in lost:
        del store[request.key]
    rejected = Pattern(regex="^nothing$", wanted=True, where="rejected")
    assert len(lost) == ROWS
    assert rehearsed(plan(rejected), tmp_path, store) == (ROWS, len(store))
