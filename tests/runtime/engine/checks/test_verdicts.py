"""Judges' replies, read on both sides of what can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicc.runtime.engine.checks.verdicts import read_verdict

AB = ("A", "B", "tie")
YES = ("yes", "no", "unclear")


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("A", "A"),
        ("b", "B"),
        (" **B**. ", "B"),
        ('"tie"', "tie"),
        ("A keeps to the topic and B does not.\n\nA", "A"),
        ("Both are fine, but A forgets the condition.\nVerdict: B", "B"),
        ("Final verdict: **B**", "B"),
        ("The answer is A.", "A"),
        ("My first verdict: A. On a second look the winner is B.", "B"),
        ("[[A]]", "A"),
        ("A is short and B is long: [[B]]", "B"),
        ("<think>A? B? The verdict is A.</think>\nB", "B"),
        ("<think>one</think> A <think>two</think> tie", "tie"),
        ("Assistant A did better.", "A"),
        ("I would say that B wins, clearly B.", "B"),
        ("It is a tie.", "tie"),
        ("A closer look shows that B kept to the question.", "B"),
    ],
)
def test_a_verdict_that_is_given(reply: str, verdict: str) -> None:
    assert read_verdict(reply, AB) == AB.index(verdict)


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "I cannot say.",
        "A and B are alike",
        "a reply is better than none",
        "[[A]] or [[B]]",
        "<think>The verdict is A.",
        "Applause to both",
        "Verdict: A or B, I cannot decide",
        "A-level work",
    ],
)
def test_a_verdict_that_is_not(reply: str) -> None:
    assert read_verdict(reply, AB) is None


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [("Yes.", "yes"), ("NO", "no"), ("The reply is unclear", "unclear"), ("Yes and no", None), ("Nobody knows", None)],
)
def test_words_as_verdicts(reply: str, verdict: str | None) -> None:
    assert read_verdict(reply, YES) == (None if verdict is None else YES.index(verdict))


@given(
    st.sampled_from(AB),
    st.sampled_from(["{}", "{}.", "**{}**", "[[{}]]", "Verdict: {}", "Reasons.\n{}", "<think>no</think>{}"]),
)
def test_every_form_reads_every_verdict(verdict: str, form: str) -> None:
    assert read_verdict(form.format(verdict), AB) == AB.index(verdict)


@given(st.text(max_size=200))
def test_any_text_is_read_or_not(reply: str) -> None:
    assert read_verdict(reply, AB) in (None, 0, 1, 2)
