from hypothesis import given
from hypothesis import strategies as st

from musicc.diagnostics.suggest import closest

NAMES = ["sidestep", "other_instruction", "forget_history"]


def test_the_nearest_name():
    assert closest("forget_histroy", NAMES) == "forget_history"
    assert closest("Sidestep", NAMES) == "sidestep"
    assert closest("sidesteps", [*NAMES, "sides"]) == "sidestep"


def test_nothing_near():
    assert closest("gemini", NAMES) is None
    assert closest("x", []) is None
    assert closest("", NAMES) is None


def test_a_name_is_no_suggestion_for_itself():
    assert closest("sidestep", ["sidestep"]) is None


@given(st.text(), st.lists(st.text(), max_size=8))
def test_the_order_of_candidates_does_not_matter(name, candidates):
    found = closest(name, candidates)
    assert found == closest(name, reversed(candidates)) == closest(name, set(candidates))
    assert found is None or found in candidates
