import dataclasses

import pytest

from musicc.plan.document import AnyOf, Option, Range, Rule, When
from musicc.runtime.data.seed import Seed
from musicc.runtime.engine.draws import Draws
from musicc.runtime.engine.schedule import Agenda, Row, cues, holds


def option(rule: str, weight: float = 1.0) -> Option:
    return Option(rule=rule, weight=weight, steps=())


def ranged(first: int | str, last: int | str, *options: Option) -> Rule:
    return Rule(turns=Range(first=first, last=last), options=options)  # type: ignore[arg-type]


def played(rules: list[Rule], turns: int, row: str = "row") -> dict[int, str]:
    return {turn: cue.option.rule for turn, cue in cues(rules, "rejected", turns, Draws(7, row)).items()}


def test_last_is_the_last_turn_of_the_row() -> None:
    rules = [ranged("last", "last", option("a"))]
    assert played(rules, 3) == {3: "a"}
    assert played(rules, 5) == {5: "a"}


def test_ranges_end_where_the_row_ends() -> None:
    assert played([ranged(2, 9, option("a"))], 4) == {2: "a", 3: "a", 4: "a"}
    assert played([ranged(3, "last", option("a"))], 2) == {}


def test_any_draws_among_the_turns_without_a_rule() -> None:
    rules = [ranged(1, 1, option("a")), Rule(turns=AnyOf(count=2), options=(option("b"),))]
    for number in range(50):
        drawn = played(rules, 5, f"row{number}")
        assert drawn.pop(1) == "a"
        assert list(drawn.values()) == ["b", "b"]


def test_any_takes_what_there_is() -> None:
    assert played([Rule(turns=AnyOf(count=3), options=(option("b"),))], 2) == {1: "b", 2: "b"}


def test_a_longer_row_keeps_the_draws_of_its_first_turns() -> None:
    rules = [ranged(1, "last", option("a", 0.5), option("b", 0.5))]
    for number in range(20):
        short, long = played(rules, 3, f"row{number}"), played(rules, 6, f"row{number}")
        assert short.items() <= long.items()


@pytest.mark.parametrize(
    ("comparison", "bound", "expected"),
    [("<", 3, False), ("<=", 3, True), (">", 2, True), (">=", 4, False), ("==", 3, True), ("!=", 3, False)],
)
def test_conditions_measure_what_the_user_said(comparison: str, bound: float, expected: bool) -> None:
    when = When(measure="words", comparison=comparison, bound=bound)  # type: ignore[arg-type]
    assert holds(when, "three short words") is expected


def test_characters_are_measured_too() -> None:
    assert holds(When(measure="chars", comparison="==", bound=4), "vier")


def row(opening: str | None, later: tuple[str, ...]) -> Row:
    return Row(0, "r", Seed("s", ()), 0, (), opening, later, 3, Draws(0, "r"))


def test_the_opening_costs_nothing_and_replay_follows_it() -> None:
    scripted = row("first", ("second", "third"))
    assert [scripted.scripted(turn, replay=True) for turn in (1, 2, 3, 4)] == ["first", "second", "third", None]
    assert [scripted.scripted(turn, replay=False) for turn in (1, 2)] == ["first", None]


def test_replay_begins_at_turn_one_where_nobody_has_opened() -> None:
    scripted = row(None, ("second",))
    assert [scripted.scripted(turn, replay=True) for turn in (1, 2)] == ["second", None]
    assert scripted.scripted(1, replay=False) is None


def test_the_oldest_row_goes_first_while_rows_wait_and_the_earliest_turn_afterwards() -> None:
    agenda = Agenda()
    old, young = row("a", ()), row("b", ())
    young = dataclasses.replace(young, index=5)
    assert agenda.priority(old, 3) < agenda.priority(young, 1)
    agenda.rows = 6
    assert agenda.priority(young, 1) < agenda.priority(old, 2)
    assert agenda.priority(young, 1) > 5, "calls that wait already are not overtaken"
