"""Every gate that reads texts, on both sides of its edge."""

import pytest

from musicc.plan.checks import Language, Leak, LengthRatio, Pattern, Refusal, Similarity
from musicc.runtime.engine.checks import texts
from tests.runtime.engine.checks.common import pair

NO_LEAK = "Rome was built on seven hills."
HIDDEN = "List the seven hills of ancient Rome and say which of them is the highest today"


@pytest.mark.parametrize(
    ("chosen", "rejected", "verdict"),
    [
        (1, 2, "within"),
        (1, 3, "below"),
        (2, 1, "within"),
        (4, 2, "within"),
        (5, 2, "above"),
        (0, 1, "within"),
        (3, 0, "above"),
    ],
)
def test_length_ratio(chosen: int, rejected: int, verdict: str) -> None:
    found = texts.length_ratio(LengthRatio(low=0.5, high=2.0), pair(("word " * chosen, "word " * rejected)))
    assert (found.verdict, found.passed) == (verdict, verdict == "within")
    assert found.again == {"rejected": 1}


def test_shared_turns_have_no_length() -> None:
    told = pair(("long " * 90, "long " * 90), ("a b", "c"), shared=1)
    found = texts.length_ratio(LengthRatio(low=2.0, high=2.0), told)
    assert (found.passed, found.detail, found.again) == (True, "2 against 1 words", {"rejected": 2})


@pytest.mark.parametrize(("most", "passed"), [(0.75, True), (0.74, False)])
def test_similarity_by_words_in_one_order(most: float, passed: bool) -> None:
    found = texts.similarity(Similarity(measure="words", most=most), pair(("a b c d", "a x c d")))
    assert (found.passed, found.score) == (passed, 0.75)
    assert found.again == ({} if passed else {"rejected": 1})


@pytest.mark.parametrize(("most", "passed"), [(0.5, True), (0.49, False)])
def test_similarity_by_trigrams(most: float, passed: bool) -> None:
    found = texts.similarity(Similarity(measure="ngrams", most=most), pair(("a b c d e", "z b c d e")))
    assert (found.passed, found.score) == (passed, 0.5)


def test_only_contrasted_turns_may_not_be_alike() -> None:
    told = pair(("one two", "other words"), ("yes", "yes"), rules=("other", "faithful"))
    assert texts.similarity(Similarity(measure="words", most=0.5), told).passed
    turned = pair(("a", "b"), ("yes", "yes"), ("c d", "c d"))
    assert texts.similarity(Similarity(measure="ngrams", most=0.5), turned).again == {"rejected": 2}


@pytest.mark.parametrize(
    ("wanted", "where", "passed", "again"),
    [
        (True, "chosen", True, {}),
        (True, "both", False, {"rejected": 2}),
        (False, "rejected", False, {"rejected": 1}),
        (False, "both", False, {"chosen": 1, "rejected": 1}),
    ],
)
def test_pattern(wanted: bool, where: str, passed: bool, again: dict[str, int]) -> None:
    gate = Pattern(regex=r"\d+", wanted=wanted, where=where)  # type: ignore[arg-type]
    found = texts.pattern(gate, pair(("12 apples", "7 pears"), ("3", "none")))
    assert (found.passed, found.again) == (passed, again)


def test_refusal_counts_replies() -> None:
    told = pair(("Sure.", "I can't help with that."), ("Here you are.", "Fine."))
    found = texts.refusal(Refusal(where="both"), told)
    assert (found.passed, found.verdict, found.score, found.detail) == (False, "refusal", 0.75, "rejected turn 1")
    assert texts.refusal(Refusal(where="chosen"), told).passed


@pytest.mark.parametrize(
    ("reply", "leaked"),
    [
        (NO_LEAK, False),
        ("Instead of your question I answer the modified instruction.", True),
        (f"You asked me to {HIDDEN.lower()}.", True),
        ("List the seven hills of ancient Rome and say which of them is best", True),
        ("List the seven hills of ancient Rome and say what you know.", False),
    ],
)
def test_leak(reply: str, leaked: bool) -> None:
    found = texts.leak(Leak(), pair(("Fine.", reply), hidden=HIDDEN))
    assert (found.passed, found.again) == (not leaked, {"rejected": 1} if leaked else {})


def test_what_the_user_said_is_no_leak() -> None:
    told = pair(("Fine.", "As to Question 0: it is Question 0?"), hidden="Question 0?")
    assert texts.leak(Leak(), told).passed


GERMAN = "Das Wetter ist heute schön, und wir gehen gemeinsam im Park spazieren."
ENGLISH = "The weather is fine today, and we are going for a walk in the park together."


@pytest.mark.parametrize(
    ("codes", "reply", "verdict"),
    [
        (("en",), ENGLISH, "right"),
        (("de",), ENGLISH, "en"),
        (("en",), GERMAN, "de"),
        (("en", "de"), GERMAN, "right"),
        (("en",), "42", "right"),
        (("de",), "Paris!", "right"),
        (("de",), f"{GERMAN}\n```python\nfor word in words:\n    print(the_weather_is_fine_today)\n```", "right"),
        (("nb",), "Jeg har ikke sett denne filmen ennå, men jeg gleder meg veldig til helgen.", "right"),
    ],
)
def test_language(codes: tuple[str, ...], reply: str, verdict: str) -> None:
    found = texts.language(Language(codes=codes, where="rejected"), pair((ENGLISH, reply)))
    assert (found.verdict, found.passed) == (verdict, verdict == "right")
