"""Estimates that can be checked by hand; what is assumed can be replaced; conversations that do not fit are found."""

from collections import Counter
from dataclasses import replace

import pytest

from musicc.diagnostics import Diagnostic
from musicc.plan.compile import compile_module
from musicc.plan.cost import Estimate, Usage, estimate
from musicc.plan.document import When as PlanWhen
from musicc.plan.fits import fits
from musicc.plan.present import present
from musicc.plan.statistics import SeedFacts, Statistics, seed_facts
from musicc.plan.turns import satisfiable
from musicc.semantics.module import Dialogue, Judge, Limit, Prefix, Price, Replay, Variant, When
from tests.plan import golden
from tests.plan.modules import (
    BIG,
    CURIOUS,
    CUT,
    EITHER,
    FORGET,
    HELPFUL,
    LAST,
    OTHER,
    PAIRWISE,
    REFUSAL,
    SIDESTEP,
    SMALL,
    TURNWISE,
    any_turns,
    check,
    dialogue,
    judged,
    model,
    module,
    persona,
    rule,
    seeds,
    text,
    turn,
    voice,
)

ALWAYS = turn(1, "last")
MUTE = persona("mute", "assistant", Variant(1.0, None, None))
GEMINI = model("gemini", price=Price(1.25, 5.0), context=4000)


def priced(talk: Dialogue, statistics: Statistics | None = None, rows: int = 1) -> Estimate:
    return estimate(compile_module(module(talk)), {"talk": rows}, statistics or Statistics())


def calls(talk: Dialogue, statistics: Statistics | None = None) -> dict[str, float]:
    """By role, whichever model makes them."""
    made: Counter[str] = Counter()
    for line in priced(talk, statistics).lines:
        made[line.role] += line.usage.calls  # type: ignore[assignment]
    return {role: round(number, 9) for role, number in made.items()}


class TestCalls:
    def test_a_departed_row_pays_for_both_branches(self) -> None:
        assert calls(dialogue(rule(ALWAYS, OTHER), turns=(3, 3))) == {"user": 4, "chosen": 3, "rejected": 3}

    def test_until_it_departs_it_pays_once(self) -> None:
        assert calls(dialogue(rule(turn(3), OTHER), turns=(3, 3))) == {"user": 2, "chosen": 3, "rejected": 1}

    def test_independent_utterances_are_paid_twice(self) -> None:
        talk = dialogue(rule(turn(3), OTHER), turns=(3, 3), independent=True)
        assert calls(talk) == {"user": 4, "chosen": 3, "rejected": 2}

    def test_a_cut_reply_is_paid_once(self) -> None:
        assert calls(dialogue(rule(turn(2), CUT))) == {"user": 1, "chosen": 2}

    def test_a_question_that_the_chosen_branch_asked_is_not_asked_again(self) -> None:
        """The chosen reply of turn 1 is cut, and the rejected branch says the whole of it."""
        assert calls(dialogue(rule(turn(2), OTHER), chosen=(rule(turn(1), CUT),))) == {
            "user": 2,
            "chosen": 2,
            "rejected": 1,
        }

    def test_two_calls_where_two_models_speak(self) -> None:
        assert calls(dialogue(rule(turn(2), EITHER, on=SMALL)))["rejected"] == 2
        assert calls(dialogue(rule(turn(2), EITHER)))["rejected"] == 1

    def test_replay_is_free_and_ends_with_the_seed(self) -> None:
        talk = dialogue(rule(ALWAYS, OTHER), turns=(4, 4), user=(Replay(),))
        half = Statistics({"start": SeedFacts({2: 0.5, 4: 0.5})})
        assert calls(talk) == {"chosen": 4, "rejected": 4}
        assert calls(talk, half) == {"chosen": 3, "rejected": 3}

    def test_a_voice_goes_on_where_replay_ends(self) -> None:
        talk = dialogue(rule(ALWAYS, OTHER), turns=(4, 4), user=(Replay(), voice(CURIOUS, BIG)))
        assert calls(talk, Statistics({"start": SeedFacts({3: 1.0})})) == {"user": 2, "chosen": 4, "rejected": 4}

    def test_weights_are_probabilities(self) -> None:
        talk = dialogue(rule(turn(2), [(0.25, OTHER), (0.75, None)]))
        assert calls(talk) == {"user": 1, "chosen": 2, "rejected": 0.25}

    def test_turns_are_drawn_evenly(self) -> None:
        assert calls(dialogue(rule(turn("last"), OTHER), turns=(1, 3)))["chosen"] == 2

    def test_drawn_turns(self) -> None:
        """One of three turns departs: then 3, 2 or 1 turns are the rejected branch's own."""
        assert calls(dialogue(rule(any_turns(1), OTHER), turns=(3, 3)))["rejected"] == 2

    def test_a_condition_holds_as_often_as_is_said(self) -> None:
        talk = dialogue(rule(turn(2), OTHER, when=When("words", ">", 5)))
        assert calls(talk)["rejected"] == 1
        assert calls(talk, Statistics(holds=0.5))["rejected"] == 0.5

    def test_rows_count(self) -> None:
        talk = dialogue(rule(turn(2), OTHER))
        assert priced(talk, rows=1000).calls == pytest.approx(1000 * priced(talk).calls)


class TestJudges:
    TALK = dialogue(rule(turn(2), OTHER), turns=(3, 3))

    def judging(self, *judges: Judge, talk: Dialogue = TALK, **statistics: object) -> dict[str, float]:
        """Calls by check."""
        checks = tuple(check(judge.name, judged(judge), talk) for judge in judges)
        plan = compile_module(module(talk, checks=(*checks, check("free", REFUSAL, talk))))
        found = estimate(plan, {"talk": 1}, Statistics(**statistics))  # type: ignore[arg-type]
        return {line.check: round(line.usage.calls, 9) for line in found.lines if line.role == "judge"}

    def test_a_pair_is_judged_once_or_in_both_orders(self) -> None:
        assert self.judging(PAIRWISE, LAST) == {"pairwise": 2, "last": 1}

    def test_turns_are_judged_in_both_branches_and_shared_ones_once(self) -> None:
        assert self.judging(TURNWISE) == {"turnwise": 3 + 2}

    def test_rows_that_never_part_are_not_judged(self) -> None:
        talk = dialogue(rule(turn(2), [(0.25, OTHER), (0.75, None)]), turns=(3, 3))
        assert self.judging(PAIRWISE, TURNWISE, talk=talk) == {"pairwise": 0.5, "turnwise": 0.25 * 5}

    def test_checks_come_in_the_order_in_which_they_are_made(self) -> None:
        assert list(self.judging(TURNWISE, LAST, PAIRWISE)) == ["turnwise", "last", "pairwise"]

    def test_a_judge_reads_both_conversations(self) -> None:
        """Seeds of 10 tokens and replies of 50: each conversation has 3 times 60; the texts have 2 and 1 tokens."""
        talk = dialogue(
            rule(turn(2), OTHER), turns=(3, 3), user=(Replay(),), assistant=voice(MUTE, BIG, max_tokens=100)
        )
        plan = compile_module(module(talk, checks=(check("c", judged(PAIRWISE), talk),)))
        facts = Statistics({"start": SeedFacts({4: 1.0}, user=10.0, reply=30.0)}, fill=0.5)
        (line,) = (line for line in estimate(plan, {"talk": 1}, facts).lines if line.check)
        texts = (len("Be fair.") + len(" or ?")) / 4
        assert line.usage.input == 2 * (texts + 360)
        assert (line.usage.output, line.usage.most_output) == (8, 16)

    def test_judges_are_asked_one_check_after_the_other(self) -> None:
        def path(*judges: Judge) -> int:
            checks = tuple(check(judge.name, judged(judge), self.TALK) for judge in judges)
            return estimate(compile_module(module(self.TALK, checks=checks)), {"talk": 1}).paths["talk"].calls

        assert path(PAIRWISE, TURNWISE) == path() + 2

    def test_a_judge_s_context_may_be_too_small_for_two_conversations(self) -> None:
        long = dialogue(rule(ALWAYS, OTHER), turns=(8, 8))
        checked = module(long, checks=(check("preferred", judged(PAIRWISE, GEMINI), long),))
        (fault,) = fits(compile_module(checked), checked)
        assert (fault.code.id, fault.at) == ("M320", checked.checks["preferred"].span)
        assert fault.message.startswith("what `preferred` asks a judge takes about")


class TestTokens:
    """Seeds of 10 tokens, replies of half their 100: the arithmetic is in the test."""

    FACTS = Statistics({"start": SeedFacts({4: 1.0}, user=10.0, reply=30.0)}, fill=0.5)

    def usage(self, *rules: object, role: str = "chosen", **place: object) -> Usage:
        talk = dialogue(
            *rules,  # type: ignore[arg-type]
            user=(Replay(),),
            assistant=voice(MUTE, BIG, max_tokens=100),
            **place,  # type: ignore[arg-type]
        )
        return next(line.usage for line in priced(talk, self.FACTS).lines if line.role == role)

    def test_history_grows(self) -> None:
        usage = self.usage(rule(turn(3), OTHER), turns=(3, 3))
        assert usage.input == 10 + (60 + 10) + (120 + 10)
        assert usage.output == 150

    def test_at_most_every_reply_is_full(self) -> None:
        usage = self.usage(rule(turn(3), OTHER), turns=(3, 3))
        assert usage.most_input == 10 + (110 + 10) + (220 + 10)
        assert usage.most_output == 300

    def test_the_context_is_history(self) -> None:
        usage = self.usage(rule(turn(1), OTHER), turns=(1, 1), start=seeds(context=Prefix("prefix", 2, 2)))
        assert usage.input == (10 + 30) + 10

    def test_a_forgotten_history_is_not_sent(self) -> None:
        assert self.usage(rule(turn(3), FORGET), turns=(3, 3), role="rejected").input == 10

    def test_measured_lengths_replace_assumed_ones(self) -> None:
        measured = Statistics(measured_fill={"big": 0.1})
        talk = dialogue(rule(turn(2), OTHER), assistant=voice(MUTE, BIG, max_tokens=100))
        assert next(line for line in priced(talk, measured).lines if line.role == "chosen").usage.output == 20


class TestMoney:
    def test_tokens_times_prices(self) -> None:
        usage = priced(dialogue(rule(turn(2), OTHER), assistant=voice(HELPFUL, GEMINI))).of_model("gemini")
        assert usage.usd == pytest.approx((usage.input * 1.25 + usage.output * 5.0) / 1e6)
        assert usage.most_usd == pytest.approx((usage.most_input * 1.25 + usage.most_output * 5.0) / 1e6)

    def test_without_a_price_nothing_is_guessed(self) -> None:
        found = priced(dialogue(rule(turn(2), OTHER)))
        assert found.total.usd is None

    def test_a_sum_is_of_what_has_a_price(self) -> None:
        assert (Usage(usd=2.0) + Usage()).usd == 2.0
        assert (Usage(usd=2.0) + Usage(usd=0.5)).usd == 2.5
        assert (Usage() + Usage()).usd is None


class TestTime:
    def test_a_row_waits_for_its_longest_branch(self) -> None:
        """User and chosen branch: 1 + 2 calls; the rejected branch: 1 + 1 + 2, for the rewrite of turn 2."""
        path = priced(dialogue(rule(turn(2), EITHER, on=SMALL))).paths["talk"]
        assert path.calls == 4

    def test_slots_are_kept_busy(self) -> None:
        talk = dialogue(rule(turn(2), OTHER))
        one, many = priced(talk, rows=1).seconds, priced(talk, rows=1000).seconds
        assert one == priced(talk).paths["talk"].seconds
        speed = Statistics()
        usage = priced(talk, rows=1000).total
        assert many == pytest.approx((usage.calls * speed.first_token + usage.output / speed.tokens_per_second) / 16)

    def test_limits_slow_down(self) -> None:
        slow = replace(model("slow"), limit=Limit(16, 60, None))
        assert priced(dialogue(rule(turn(2), OTHER), assistant=voice(HELPFUL, slow)), rows=1000).seconds == 3000

    def test_no_rows_take_no_time(self) -> None:
        assert priced(dialogue(rule(turn(2), OTHER)), rows=0).seconds == 0


def told(talk: Dialogue) -> list[Diagnostic]:
    checked = module(talk)
    return fits(compile_module(checked), checked)


class TestFits:
    def long(self, turns: int) -> Dialogue:
        return dialogue(rule(ALWAYS, OTHER), turns=(turns, turns), assistant=voice(HELPFUL, GEMINI))

    def test_a_conversation_that_outgrows_its_model(self) -> None:
        (fault,) = told(self.long(20))
        assert (fault.code.id, fault.at, fault.is_error) == ("M320", self.long(20).span, False)
        assert fault.message.startswith("turn 20 of `talk` takes about")
        assert fault.message.endswith("and `gemini` holds 4,000")

    def test_one_that_fits(self) -> None:
        assert told(self.long(5)) == []

    def test_where_no_context_is_declared_nothing_is_said(self) -> None:
        assert told(dialogue(rule(ALWAYS, OTHER), turns=(50, 50))) == []


class TestPresent:
    def test_golden(self) -> None:
        reader = persona("reader", "user", Variant(1.0, None, text("{{ transcript }} Go on.")), history="transcript")
        first = dialogue(
            rule(ALWAYS, SIDESTEP), turns=(5, 5), user=(voice(reader, GEMINI),), assistant=voice(HELPFUL, GEMINI)
        )
        second = dialogue(
            rule(turn(2, "last"), [(0.5, CUT), (0.5, FORGET)]),
            turns=(3, 7),
            user=(Replay(), voice(CURIOUS, GEMINI)),
            name="weaker",
        )
        plan = compile_module(module(first, second))
        expected = estimate(plan, {"talk": 31_000, "weaker": 500})
        shown = present(plan, expected, left=Usage(1204, usd=3.39), held=48_796)
        assert max(map(len, shown.splitlines())) <= 100
        golden.check("plan.txt", shown)

    def test_checks_are_further_lines(self) -> None:
        talk = dialogue(rule(turn(2), OTHER))
        checks = (check("preferred", judged(PAIRWISE, GEMINI), talk), check("each_turn", judged(TURNWISE), talk))
        plan = compile_module(module(talk, checks=(*checks, check("helpful", REFUSAL, talk))))
        shown = present(plan, estimate(plan, {"talk": 100}), left=Usage(1), held=0)
        golden.check("plan_checks.txt", shown)

    def test_without_prices_there_is_no_money(self) -> None:
        plan = compile_module(module(dialogue(rule(turn(2), OTHER))))
        shown = present(plan, estimate(plan, {"talk": 1}), left=Usage(1), held=0, sampled=True)
        assert "USD" not in shown
        assert shown.endswith("Plan: about 1 call to make, about 0 reused\n")


class TestSeedFacts:
    def test_means_of_what_is_there(self) -> None:
        def said(*lengths: int) -> list[dict[str, object]]:
            roles = ("user", "assistant")
            return [{"role": roles[at % 2], "content": "x" * length} for at, length in enumerate(lengths)]

        system = [{"role": "system", "content": "y" * 80}]
        facts = seed_facts([said(40, 400, 80), [*system, *said(60)]])
        assert facts == SeedFacts({1: 0.5, 2: 0.5}, answered=0.0, user=15.0, reply=100.0, system=10.0)

    def test_nothing_known(self) -> None:
        assert seed_facts([]) == SeedFacts()


@pytest.mark.parametrize(
    ("comparison", "bound", "possible"),
    [
        ("<", 0, False),
        ("<", 1, True),
        ("<=", -1, False),
        ("<=", 0, True),
        ("==", 2.5, False),
        ("==", -1, False),
        ("==", 0, True),
        (">", 1e9, True),
        (">=", -3, True),
        ("!=", 0, True),
    ],
)
def test_what_a_condition_can_fulfil(comparison: str, bound: float, possible: bool) -> None:
    when = PlanWhen.model_validate({"measure": "words", "comparison": comparison, "bound": bound})
    assert satisfiable(when) is possible
