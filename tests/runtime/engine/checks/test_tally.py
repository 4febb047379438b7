"""What is counted of checks."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from musicc.plan.checks import PairJudge, Refusal
from musicc.plan.document import Check
from musicc.runtime.checked import check_section
from musicc.runtime.data.pairs import Personas
from musicc.runtime.engine.checks.examine import First
from musicc.runtime.engine.checks.finding import Agreement, Finding, Opinion
from musicc.runtime.engine.checks.tally import CheckTally, rate, wilson
from tests.runtime.engine.theatre import verdict

DROP = Check(name="c", gate=Refusal())
MARK = Check(name="c", gate=PairJudge(call=verdict("pairwise"), verdicts=("A", "B"), both_orders=True), then="mark")


def test_wilson() -> None:
    """Against Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    for hits, trials, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert tuple(round(bound, 4) for bound in wilson(hits, trials)) == (low, high)


@given(st.integers(0, 500), st.integers(0, 500))
def test_a_rate_lies_in_its_interval(one: int, other: int) -> None:
    told = rate(one, one + other)
    assert 0 <= told["low"] <= told["high"] <= 1
    assert told["low"] <= told["rate"] <= told["high"]


def test_what_becomes_of_pairs() -> None:
    drop, mark = CheckTally(), CheckTally()
    for passed in (True, False, False):
        drop.count(DROP, passed=passed)
        mark.count(MARK, passed=passed)
    assert drop.facts() == {"passed": 1, "failed": 2, "dropped": 2, "marked": 0, "retaken": 0}
    assert mark.facts() == {"passed": 1, "failed": 2, "dropped": 0, "marked": 2, "retaken": 0}


def first(agreement: Agreement, preferred: str, longer: str, turn: int = 1) -> First:
    finding = Finding(preferred == "chosen", preferred, 0.0, opinions=(Opinion(agreement, turn, "sidestep"),))
    return First(finding, longer)  # type: ignore[arg-type]


def test_what_a_judge_thinks_by_facet() -> None:
    tally = CheckTally()
    tally.hear(first("agree", "chosen", "chosen", 10), Personas(2, 1))
    tally.hear(first("disagree", "rejected", "chosen", 2), Personas(1, 1))
    tally.hear(first("tie", "tie", "chosen", 2), Personas(1, 1))
    tally.hear(first("unread", "unread", "equal", 2), Personas(0, 1))
    told = tally.facts()
    agreement = told["agreement"]
    assert {word: agreement[word] for word in ("agree", "tie", "disagree", "unread", "of")} == {
        "agree": 1,
        "tie": 1,
        "disagree": 1,
        "unread": 1,
        "of": 3,
    }
    assert list(agreement["by_turn"]) == ["2", "10"]
    assert {number: of["of"] for number, of in agreement["by_user"].items()} == {"1": 2, "2": 1}
    assert agreement["by_rule"]["sidestep"]["agree"] == 1
    assert (told["prefers_longer"]["of"], told["prefers_longer"]["rate"]) == (2, 0.5)


AGREEMENTS = st.sampled_from(["agree", "tie", "disagree", "unread"])
SEEN = st.tuples(AGREEMENTS, st.sampled_from(["chosen", "rejected", "tie"]), st.sampled_from(["chosen", "rejected"]))


@given(st.lists(st.tuples(SEEN, st.integers(1, 3), st.booleans())), st.integers(0, 9))
def test_counts_that_are_sent_and_added_are_those_of_all(
    rows: list[tuple[tuple[Agreement, str, str], int, bool]], at: int
) -> None:
    def counted(of: list[tuple[tuple[Agreement, str, str], int, bool]]) -> CheckTally:
        tally = CheckTally()
        for seen, turn, passed in of:
            tally.count(MARK, passed=passed)
            tally.hear(first(*seen, turn), Personas(user=turn, assistant=0))
        return tally

    total = counted(rows[:at])
    total.add(orjson.loads(orjson.dumps(counted(rows[at:]).counts())))
    assert total.facts() == counted(rows).facts()


def test_the_card_tells_of_what_takes_several_values() -> None:
    tally = CheckTally()
    for turn in (1, 2):
        tally.hear(first("agree", "chosen", "chosen", turn), Personas(1, 1))
    told = check_section({"c": {"gate": "pair_judge", **tally.facts()}}, {"chosen_longer": rate(3, 4)})
    assert "| c | turn 2 | 1 | 0 | 0 | 0 | 100 % (21 % to 100 %) |" in told
    assert "rule" not in told
    assert "the chosen one in 75 % (30 % to 95 %)" in told
    assert "`c` in 100 % (34 % to 100 %)" in told


def test_without_checks_the_card_tells_of_lengths_alone() -> None:
    told = check_section({}, {"chosen_longer": rate(0, 0)})
    assert told == "Of pairs whose replies differ in length, the longer branch is the chosen one in –."
