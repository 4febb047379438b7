"""Checks as gates of the plan: what each asks, in the order of what it costs."""

import pytest

from musicc.plan import checks as doc
from musicc.plan.compile import compile_module
from musicc.plan.lower import lower
from musicc.plan.steps import Call, Sampling
from musicc.semantics.module import Gate, Languages, Wording
from tests.plan import golden
from tests.plan.modules import (
    BIG,
    GERMAN,
    LAST,
    LEAK,
    NUMBER,
    OTHER,
    PAIRWISE,
    REFUSAL,
    SMALL,
    TURNWISE,
    bounds,
    check,
    dialogue,
    judged,
    module,
    rule,
    turn,
)
from tests.plan.outline import outline

TALK = dialogue(rule(turn(1, "last"), OTHER))
CHAT = dialogue(rule(turn(2), OTHER), name="chat")
EVERY = {
    "balanced": bounds("chosen_longer", 0.4, 0.6),
    "new": bounds("duplicates", 0.8, 1.0),
    "preferred": judged(PAIRWISE),
    "each": judged(TURNWISE, BIG),
    "ratio": bounds("length_ratio", 0.5, 2.0),
    "unlike": bounds("max_similarity", 0.0, 0.8),
    "apart": bounds("max_overlap", 0.0, 0.5),
    "helpful": REFUSAL,
    "tight": LEAK,
    "counted": NUMBER,
    "german": GERMAN,
    "last": judged(LAST),
}


def test_what_costs_nothing_comes_first_and_what_needs_all_pairs_last() -> None:
    plan = compile_module(module(TALK, checks=tuple(check(name, gate, TALK) for name, gate in EVERY.items())))
    golden.check("lower/checks.txt", outline(plan))
    local, judges = ("ratio", "unlike", "apart", "helpful", "tight", "counted", "german"), ("preferred", "each", "last")
    assert [one.name for one in plan.dialogues[0].checks] == [*local, *judges, "new", "balanced"]


def test_a_check_is_of_its_own_dialogue() -> None:
    spec = module(TALK, CHAT, checks=(check("one", REFUSAL, CHAT), check("other", LEAK, TALK)))
    assert [[one.name for one in talk.checks] for talk in lower(spec).dialogues] == [["other"], ["one"]]


@pytest.mark.parametrize(
    ("gate", "lowered"),
    [
        (bounds("length_ratio", 0.5, 2.0), doc.LengthRatio(low=0.5, high=2.0)),
        (bounds("max_similarity", 0.0, 0.8), doc.Similarity(measure="words", most=0.8)),
        (bounds("max_overlap", 0.0, 0.5), doc.Similarity(measure="ngrams", most=0.5)),
        (bounds("duplicates", 0.8, 1.0), doc.Duplicates(least=0.8)),
        (bounds("chosen_longer", 0.4, 0.6), doc.Longer(low=0.4, high=0.6)),
        (REFUSAL, doc.Refusal(where="chosen")),
        (LEAK, doc.Leak()),
        (NUMBER, doc.Pattern(regex=r"\d", wanted=True, where="both")),
        (Wording("regex", "x", wanted=False, where="rejected"), doc.Pattern(regex="x", wanted=False, where="rejected")),
        (Languages(("de", "en"), "chosen"), doc.Language(codes=("de", "en"), where="chosen")),
    ],
)
def test_each_gate(gate: Gate, lowered: doc.Gate) -> None:
    (found,) = lower(module(TALK, checks=(check("c", gate, TALK, 2, "mark"),))).dialogues[0].checks
    assert found == doc.Check(name="c", gate=lowered, retries=2, then="mark")


def test_a_judge_asks_with_its_own_texts_and_sampling() -> None:
    plan = lower(module(TALK, checks=(check("c", judged(TURNWISE), TALK),)))
    call = Call(
        out="verdict",
        model="small",
        sampling=Sampling(temperature=0.0, top_p=1.0, max_tokens=8),
        system="turnwise.system",
        history="none",
        ask="turnwise.prompt",
    )
    assert plan.dialogues[0].checks[0].gate == doc.TurnJudge(call=call, verdicts=("yes", "no"))
    assert set(plan.templates["turnwise.prompt"].variables) > {"instruction", "reply", "transcript"}


def test_what_only_a_judge_uses_is_not_pruned() -> None:
    plan = compile_module(module(TALK, checks=(check("c", judged(PAIRWISE, SMALL), TALK),)))
    assert {"small"} <= plan.models.keys()
    assert {"pairwise.system", "pairwise.prompt"} <= plan.templates.keys()
    assert plan == lower(module(TALK, checks=(check("c", judged(PAIRWISE, SMALL), TALK),))).model_copy(
        update={"dialogues": plan.dialogues}
    )
