"""Near duplicates: against the Jaccard similarity itself, worked out for every two texts."""

import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicc.runtime.data.near import NearIndex, text_of
from musicc.runtime.data.words import normalised, runs, words
from tests.runtime.data.common import assistant, user
from tests.runtime.data.mixing.common import built


def likeness(one: str, other: str) -> float:
    first, second = (set(runs(words(text), 3)) for text in (one, other))
    return len(first & second) / len(first | second)


def sifted(texts: list[str], least: float, folder: Path) -> list[bool]:
    with NearIndex(least, folder) as index:
        return [index.seen(text) for text in texts]


def expected(texts: list[str], least: float) -> list[bool]:
    kept: list[str] = []
    found = []
    for text in texts:
        found.append(any(likeness(text, other) >= least - 1e-9 for other in kept))
        if not found[-1]:
            kept.append(text)
    return found


short = st.text(st.sampled_from("ab .é漢\n"), max_size=12)


@given(st.lists(short, max_size=12))
def test_equal_texts_are_always_found(texts: list[str]) -> None:
    with TemporaryDirectory() as folder:
        assert sifted(texts, 1.0, Path(folder)) == expected(texts, 1.0)


@pytest.mark.parametrize("least", [0.5, 0.8, 0.95])
def test_what_is_seen_is_what_the_similarity_says(least: float, tmp_path: Path) -> None:
    """A text that is just like enough may be missed, once in two hundred; here none is, and none is seen too much."""
    draw = random.Random(5)
    texts = [" ".join(draw.choices([f"w{n}" for n in range(500)], k=60)) for _ in range(40)]
    for text in list(texts):
        said = text.split()
        for place in draw.sample(range(60), draw.randrange(12)):
            said[place] = "other"
        texts.append(" ".join(said))
    draw.shuffle(texts)
    want = expected(texts, least)
    assert sifted(texts, least, tmp_path) == want
    assert 0 < sum(want) < len(texts) / 2


def test_case_punctuation_and_the_writing_of_a_letter_make_no_other_words() -> None:
    assert normalised("What is  a “Fugue”?") == normalised("what is a fugue")
    assert normalised("Caf\u00e9") == normalised("cafe\u0301")
    assert normalised("?!") != normalised("!?")
    assert words("a漢字b c") == ["a", "漢", "字", "b", "c"]


def test_nothing_is_left_on_the_disk(tmp_path: Path) -> None:
    with NearIndex(0.8, tmp_path / "new") as index:
        index.seen("one")
    assert list((tmp_path / "new").iterdir()) == []


def test_of_a_pair_the_common_beginning_counts_once() -> None:
    pair = built(1, prompt="Hello there")
    assert text_of(pair) == "Hello there\nRight 1 of talk\nWrong 1 of talk"
    opening = (user("a"), assistant("b"))
    longer = pair.__class__("i", (*opening, user("c"), assistant("d")), opening, "0", "talk", 0, pair.turns)
    assert text_of(longer) == "a\nb\nc\nd"
