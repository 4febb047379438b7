"""What holds for the passes and the estimate on any dialogue, by playing every row of small ones."""

from collections import defaultdict
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from musicc.plan.compile import compile_module
from musicc.plan.cost import Estimate, Usage, estimate
from musicc.plan.document import Plan
from musicc.plan.lower import lower
from musicc.plan.passes import PASSES
from musicc.plan.passes.dead import prune
from musicc.plan.passes.sharing import share
from musicc.plan.serialise import dump, load
from musicc.plan.statistics import Statistics
from musicc.semantics.module import Module
from tests.plan.modules import module
from tests.plan.oracle import Row, Theatre
from tests.plan.strategies import dialogues, modules, statistics

some = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))


def outcomes(
    plan: Plan, facts: Statistics, names: dict[object, int], of: Callable[[Row], object]
) -> dict[object, float]:
    """The distribution of what rows come to."""
    found: defaultdict[object, float] = defaultdict(float)
    for probability, row in Theatre(plan, plan.dialogues[0], facts, names).rows():
        found[of(row)] += probability
    return found


@pytest.mark.parametrize("run", PASSES)
@some
@given(modules())
def test_a_pass_has_nothing_left_to_do(run: Callable[[Plan], Plan], spec: Module) -> None:
    for plan in (lower(spec), compile_module(spec)):
        once = run(plan)
        assert run(once) == once


@some
@given(modules())
def test_a_compiled_plan_is_settled(spec: Module) -> None:
    plan = compile_module(spec)
    assert all(run(plan) == plan for run in PASSES)
    assert load(dump(plan)) == plan


@pytest.mark.parametrize("run", [share, prune])
@some
@given(st.data())
def test_rows_come_to_the_same_conversations(run: Callable[[Plan], Plan], data: st.DataObject) -> None:
    dialogue = data.draw(dialogues())
    facts, names = data.draw(statistics(dialogue.seeds)), dict[object, int]()
    plan = lower(module(dialogue))
    before, after = (outcomes(p, facts, names, lambda row: (row.chosen, row.rejected)) for p in (plan, run(plan)))
    assert after == pytest.approx(before)


@some
@given(st.data())
def test_rows_play_the_same_rules(data: st.DataObject) -> None:
    dialogue = data.draw(dialogues())
    facts = data.draw(statistics(dialogue.seeds))
    plans = (lower(module(dialogue)), compile_module(module(dialogue)))
    before, after = (outcomes(plan, facts, {}, lambda row: tuple(row.played)) for plan in plans)
    assert after == pytest.approx(before)


@some
@given(st.data())
def test_sharing_only_saves(data: st.DataObject) -> None:
    """And before the turn where a dialogue departs, the rejected branch makes no call of its own."""
    dialogue = data.draw(dialogues())
    facts = data.draw(statistics(dialogue.seeds))
    plan = lower(module(dialogue))
    shared = share(plan)
    assert estimate(shared, {"talk": 1}, facts).calls <= estimate(plan, {"talk": 1}, facts).calls + 1e-9
    departs = shared.dialogues[0].departs
    for _, row in Theatre(shared, shared.dialogues[0], facts).rows():
        assert all(turn >= departs for role, _, _, _, turn in row.calls if role == "rejected")
        assert all(turn >= departs for branch, turn, rule in row.played if rule != "faithful")


@pytest.mark.parametrize("compiled", [False, True], ids=["naive", "compiled"])
@some
@given(st.data())
def test_the_estimate_is_the_mean_over_all_rows(compiled: bool, data: st.DataObject) -> None:
    spec = data.draw(modules())
    facts = data.draw(statistics(spec.dialogues["talk"].seeds))
    plan = (compile_module if compiled else lower)(spec)
    found = estimate(plan, {"talk": 1}, facts)
    calls, tokens_in, tokens_out = (defaultdict[tuple[str, str], float](float) for _ in range(3))
    slowest = 0.0
    for probability, row in Theatre(plan, plan.dialogues[0], facts).rows():
        slowest = max(slowest, row.seconds)
        for role, model, prompt, reply, _ in row.calls:
            calls[role, model] += probability
            tokens_in[role, model] += probability * prompt
            tokens_out[role, model] += probability * reply
    assert by_role(found, lambda usage: usage.calls) == pytest.approx(calls)
    assert by_role(found, lambda usage: usage.input) == pytest.approx(tokens_in)
    assert by_role(found, lambda usage: usage.output) == pytest.approx(tokens_out)
    assert found.paths["talk"].seconds >= slowest - 1e-9


def by_role(found: Estimate, of: Callable[[Usage], float]) -> dict[tuple[str, str], float]:
    """By role and model, over all checks."""
    taken: defaultdict[tuple[str, str], float] = defaultdict(float)
    for line in found.lines:
        taken[line.role, line.model] += of(line.usage)
    return taken


@some
@given(st.data())
def test_at_most_is_where_every_reply_is_full(data: st.DataObject) -> None:
    spec = data.draw(modules())
    facts = data.draw(statistics(spec.dialogues["talk"].seeds))
    plan = compile_module(spec)
    theatre = Theatre(plan, plan.dialogues[0], facts, full=True)
    most = sum(probability * call[2] for probability, row in theatre.rows() for call in row.calls)
    assert sum(line.usage.most_input for line in estimate(plan, {"talk": 1}, facts).lines) == pytest.approx(most)
