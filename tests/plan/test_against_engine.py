"""What the estimate expects is what the engine does, on as many rows as it takes to see it."""

from dataclasses import replace
from pathlib import Path

import pytest

from musicc.plan.compile import compile_module
from musicc.plan.cost import estimate
from musicc.plan.lower import lower
from musicc.plan.statistics import SeedFacts, Statistics
from musicc.runtime.engine.conversation import BranchPlayer
from musicc.runtime.engine.local import Failed
from musicc.semantics.module import Dialogue, File, Judge, Prefix, Replay
from tests.plan.modules import (
    CURIOUS,
    CUT,
    EITHER,
    FOLDER,
    FORGET,
    HELPFUL,
    LAST,
    OTHER,
    PAIRWISE,
    REWRITE,
    SIDESTEP,
    STALE,
    TURNWISE,
    WORD,
    any_turns,
    check,
    dialogue,
    judged,
    model,
    module,
    rule,
    seeds,
    turn,
    voice,
)
from tests.runtime.engine.theatre import Actor, perform, speak, write_seeds

ROWS, USER_TURNS = 150, 3
M = replace(model("m"), structured=True)
FILE = File(FOLDER / "seeds.jsonl", "seeds.jsonl")
FACTS = Statistics({"start": SeedFacts({USER_TURNS: 1.0})})

DIALOGUES = {
    "voice": dialogue(
        rule(turn(2, "last"), [(0.3, SIDESTEP), (0.3, CUT), (0.4, None)]),
        turns=(2, 4),
        user=(voice(CURIOUS, M),),
        assistant=voice(HELPFUL, M),
        start=seeds(origin=FILE),
    ),
    "replay then voice, prefix": dialogue(
        rule(turn(1), [(0.5, FORGET), (0.5, STALE)]),
        rule(any_turns(1), [(0.5, REWRITE), (0.5, EITHER)]),
        turns=(3, 4),
        user=(Replay(), voice(CURIOUS, M)),
        assistant=voice(HELPFUL, M),
        start=seeds(origin=FILE, context=Prefix("prefix", 1, 2)),
    ),
    "replay, independent": dialogue(
        rule(turn("last"), OTHER),
        chosen=(rule(turn(2), [(0.5, CUT), (0.5, None)]),),
        turns=(2, 5),
        user=(Replay(),),
        assistant=voice(HELPFUL, M),
        start=seeds(origin=FILE),
        independent=True,
    ),
    "independent voice": dialogue(
        rule(turn(3, "last"), FORGET),
        turns=(3, 3),
        user=(voice(CURIOUS, M),),
        assistant=voice(HELPFUL, M),
        start=seeds(origin=FILE),
        independent=True,
    ),
}


@pytest.mark.parametrize("talk", DIALOGUES.values(), ids=DIALOGUES)
def test_the_engine_makes_as_many_calls_as_expected(talk: Dialogue, tmp_path: Path) -> None:
    plan = compile_module(module(talk))
    write_seeds(tmp_path, ROWS, USER_TURNS)
    made = perform(plan, tmp_path, Actor()).tally.made
    assert made == pytest.approx(estimate(plan, {"talk": ROWS}, FACTS).calls, rel=0.05)


@pytest.mark.parametrize("talk", DIALOGUES.values(), ids=DIALOGUES)
@pytest.mark.parametrize("judge", [PAIRWISE, LAST, TURNWISE], ids=lambda judge: judge.name)
def test_judges_are_asked_as_often_as_expected(talk: Dialogue, judge: Judge, tmp_path: Path) -> None:
    """Whatever they say."""
    plan = compile_module(module(talk, checks=(check("c", judged(judge, M), talk),)))
    write_seeds(tmp_path, ROWS, USER_TURNS)
    actor = Actor(lambda request: judge.verdicts[0] if request.max_tokens == WORD.max_tokens else speak(request))
    perform(plan, tmp_path, actor)
    asked = sum(request.max_tokens == WORD.max_tokens for request in actor.asked)
    assert asked == pytest.approx(
        sum(line.usage.calls for line in estimate(plan, {"talk": ROWS}, FACTS).lines if line.role == "judge"), rel=0.1
    )


@pytest.mark.parametrize("talk", DIALOGUES.values(), ids=DIALOGUES)
def test_passes_change_nothing_that_is_said(talk: Dialogue, tmp_path: Path) -> None:
    """But for the hidden instructions: a rewrite is put behind a system text, or fused with its answer."""
    write_seeds(tmp_path, 30, USER_TURNS)
    told = []
    for plan in (lower(module(talk)), compile_module(module(talk))):
        outcomes = perform(plan, tmp_path, Actor()).outcomes
        told.append([_told(outcomes[row]) for row in range(30)])
    assert told[0] == told[1]


def _told(outcome: tuple[BranchPlayer, BranchPlayer] | Failed) -> object:
    if isinstance(outcome, Failed):
        return outcome.reason
    return [(played.turn, played.rule, played.shared) for player in outcome for played in player.played]
