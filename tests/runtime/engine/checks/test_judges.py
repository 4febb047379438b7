"""Judges that are asked about pairs and turns: what counts, in which order, and what becomes of a silent one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from musicc.plan.checks import PairJudge, TurnJudge
from musicc.plan.document import Check, Plan
from musicc.runtime.engine.checks.examine import Examined
from musicc.runtime.llm.types import Rejected, Reply, Request, Transient
from tests.runtime.engine.theatre import REPLAY, Actor, Memory, make_plan, on, perform, speak, verdict, write_seeds

PAIRWISE = PairJudge(call=verdict("pairwise"), verdicts=("A", "B", "tie"), both_orders=True)
TURNWISE = TurnJudge(call=verdict("turnwise"), verdicts=("yes", "no", "unclear"))
Says = Callable[[str], str]


def judged(says: Says) -> Actor:
    """Speaks as ever, but where it is asked to judge: then `says` tells what, from the question."""

    def text(request: Request) -> str:
        asked = request.messages[-1]["content"]
        return says(asked) if asked.startswith("Judge") else speak(request)

    return Actor(text=text)


def plan(gate: PairJudge | TurnJudge, turns: int = 2, **fields: object) -> Plan:
    check = Check(name="c", gate=gate, **fields)  # type: ignore[arg-type]
    return make_plan(on((turns, turns), "other"), user=REPLAY, turns=(turns, turns), checks=(check,))


def played(tmp_path: Path, gate: PairJudge | TurnJudge, says: Says, turns: int = 2) -> tuple[Examined, Actor]:
    write_seeds(tmp_path, count=2, user_turns=turns)
    actor = judged(says)
    return perform(plan(gate, turns), tmp_path, actor).examined[0], actor


def place_of_chosen(examined: Examined) -> Says:
    """A judge who knows: A where the chosen branch stands first."""
    last = examined.pair.chosen[-1]["content"]
    return lambda asked: "A" if last in asked.split("B:\n")[0] else "B"


@pytest.mark.parametrize(
    ("first", "second", "expected", "score"),
    [
        ("A", "B", "chosen", 1.0),
        ("B", "A", "rejected", 0.0),
        ("A", "A", "tie", 0.5),
        ("tie", "tie", "tie", 0.5),
        ("A", "tie", "tie", 0.75),
        ("A", "who knows", "unread", 0.75),
    ],
)
def test_only_both_orders_prefer(tmp_path: Path, first: str, second: str, expected: str, score: float) -> None:
    known = place_of_chosen(played(tmp_path, PAIRWISE, lambda _: "A")[0])
    examined, _ = played(tmp_path, PAIRWISE, lambda asked: first if known(asked) == "A" else second)
    found = examined.findings["c"]
    assert (found.verdict, found.score, found.passed) == (expected, score, expected == "chosen")
    assert examined.dropped == (None if expected == "chosen" else "c")


def test_one_order(tmp_path: Path) -> None:
    gate = PAIRWISE.model_copy(update={"both_orders": False})
    examined, actor = played(tmp_path, gate, lambda _: "A")
    assert (examined.findings["c"].verdict, examined.findings["c"].detail) == ("chosen", "chosen as A: A")
    assert sum(request.messages[-1]["content"].startswith("Judge") for request in actor.asked) == 2


def test_a_verdict_that_cannot_be_read_is_drawn_twice_more(tmp_path: Path) -> None:
    gate = PAIRWISE.model_copy(update={"both_orders": False})
    examined, actor = played(tmp_path, gate, lambda _: "hm")
    asked = [request for request in actor.asked if request.messages[-1]["content"].startswith("Judge")]
    assert len(asked) == 2 * 3
    assert len({request.seed for request in asked}) == len(asked)
    assert examined.findings["c"].verdict == "unread"


@pytest.mark.parametrize("error", [Rejected("too long", status=400), Transient("busy")])
def test_a_judge_without_a_reply_quarantines_nothing_and_costs_no_retake(tmp_path: Path, error: Exception) -> None:
    def says(_: str) -> str:
        raise error

    write_seeds(tmp_path, count=2, user_turns=2)
    examined = perform(plan(PAIRWISE, retries=3), tmp_path, judged(says)).examined[0]
    assert (examined.findings["c"].verdict, examined.retakes.total(), examined.dropped) == ("unread", 0, "c")


def right_where(wrong: str) -> Says:
    """Right, but where the reply ends on what `wrong` tells."""
    return lambda asked: "no" if asked.partition("Reply: ")[2] == wrong else "yes"


def test_turns_are_judged_one_by_one(tmp_path: Path) -> None:
    blind, _ = played(tmp_path, TURNWISE, lambda _: "yes")
    last = blind.pair.rejected[-1]["content"]
    examined, actor = played(tmp_path, TURNWISE, right_where(last))
    found = examined.findings["c"]
    assert (found.verdict, found.score, found.passed) == ("agree", 1.0, True)
    assert found.detail == "chosen: turn 1 yes, turn 2 yes; rejected: turn 2 no"
    assert sum(request.messages[-1]["content"].startswith("Judge") for request in actor.asked) == 2 * 3
    assert [(one.branch, one.turn, one.rule, one.agreement) for one in found.opinions] == [
        ("chosen", 1, "faithful", "agree"),
        ("chosen", 2, "faithful", "agree"),
        ("rejected", 2, "other", "agree"),
    ]


@pytest.mark.parametrize(("says", "verdict"), [("unclear", "tie"), ("no", "disagree"), ("mu", "unread")])
def test_the_worst_turn_is_the_verdict(tmp_path: Path, says: str, verdict: str) -> None:
    blind, _ = played(tmp_path, TURNWISE, lambda _: "yes")
    last, first = blind.pair.rejected[-1]["content"], blind.pair.chosen[1]["content"]
    judge = lambda asked: "no" if asked.endswith(last) else says if asked.endswith(first) else "yes"  # noqa: E731
    found = played(tmp_path, TURNWISE, judge)[0].findings["c"]
    assert (found.verdict, found.passed, dict(found.again)) == (verdict, False, {"chosen": 1})


def test_what_a_judge_is_shown(tmp_path: Path) -> None:
    examined, actor = played(tmp_path, TURNWISE, lambda _: "yes")
    shown = {request.messages[-1]["content"] for request in actor.asked}
    user, reply, again, answer = (message["content"] for message in examined.pair.chosen)
    assert f"Judge 1/2:\n\nUser: {user}\nReply: {reply}" in shown
    assert f"Judge 2/2:\nUser: {user}\n\nAssistant: {reply}\nUser: {again}\nReply: {answer}" in shown


def test_verdicts_come_from_the_store_the_second_time(tmp_path: Path) -> None:
    write_seeds(tmp_path, user_turns=2)
    store, actor = Memory(), judged(lambda _: "A")
    perform(plan(PAIRWISE, retries=1), tmp_path, actor, store)
    again = judged(lambda _: "B")
    perform(plan(PAIRWISE, retries=1), tmp_path, again, store)
    assert actor.asked
    assert not again.asked


def test_a_judge_has_no_faults(tmp_path: Path) -> None:
    """A verdict that breaks off at `max_tokens`, or that speaks for a role, is read like any other."""
    write_seeds(tmp_path, count=2, user_turns=2)

    def text(request: Request) -> str | Reply:
        if request.messages[-1]["content"].startswith("Judge"):
            return Reply("A\n\nUser: what else?", "length", 1, 1)
        return speak(request)

    found = perform(plan(PAIRWISE), tmp_path, Actor(text=text)).examined[0].findings["c"]
    assert found.verdict == "tie"
