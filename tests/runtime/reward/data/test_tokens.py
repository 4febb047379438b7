"""Pairs as tokens: in order, with what they share, never longer than allowed and never without their last exchange."""

from array import array
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.runtime.data.conversation import Conversation
from musicc.runtime.reward.template import Renderer
from musicc.runtime.reward.tokens import Tokenised, length, tokenised
from musicc.runtime.reward.types import Example
from tests.runtime.reward.data.common import chatml, example, gemma, said

SHORT = example(said("Hi", "Hello"), said("Hi", "No"), "a:1")
DEEP = example(
    said("What is a fugue?", "Music.", "And a canon?", "A round.", "And a rondo?", "A form."),
    said("What is a fugue?", "A cake.", "And a canon?", "A gun.", "And a rondo?", "A car."),
    "a:2",
)
LONG = example(said("Hi", "Hello " * 50), said("Hi", "No"), "a:3")


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(chatml())


def read(renderer: Renderer, examples: Sequence[Example], max_length: int = 999, overlong: Any = "drop") -> Tokenised:
    return told(renderer, examples, max_length, overlong)[0]


def told(
    renderer: Renderer, examples: Sequence[Example], max_length: int, overlong: Any
) -> tuple[Tokenised, list[Diagnostic]]:
    heard: list[Diagnostic] = []
    return tokenised(examples, renderer, max_length, overlong, heard.append), heard


def shortest(renderer: Renderer, *conversations: Conversation) -> int:
    """The `max_length` that holds these."""
    return max(len(renderer.tokens(one)) for one in conversations)


def test_both_conversations_in_the_order_of_the_examples(renderer: Renderer) -> None:
    found = read(renderer, [DEEP, SHORT, LONG])
    assert [pair.example for pair in found.pairs] == [DEEP, SHORT, LONG]
    for pair in found.pairs:
        assert list(pair.chosen) == renderer.tokens(pair.example.chosen)
        assert list(pair.rejected) == renderer.tokens(pair.example.rejected)
        assert isinstance(pair.chosen, array)
        assert pair.chosen[: pair.shared] == pair.rejected[: pair.shared]
        assert pair.chosen[pair.shared] != pair.rejected[pair.shared]
    assert found.tokens == sum(len(pair.chosen) + len(pair.rejected) for pair in found.pairs)
    assert (found.dropped, found.cut) == ({}, 0)
    assert found.ends == {renderer.tokens(SHORT.chosen)[-1]}


def test_more_pairs_than_are_read_at_once(renderer: Renderer) -> None:
    examples = [example(said("Hi", f"Hello {at}"), said("Hi", f"No {at}"), f"a:{at}") for at in range(1100)]
    assert [pair.example for pair in read(renderer, examples).pairs] == examples


def test_a_conversation_that_goes_on_after_the_other(renderer: Renderer) -> None:
    (pair,) = read(renderer, [example(said("Hi", "Hello"), said("Hi", "Hello", "Well?", "No"))]).pairs
    assert pair.shared == len(pair.chosen) < len(pair.rejected)


def test_pairs_that_are_too_long_are_left_out_and_told(renderer: Renderer) -> None:
    limit = shortest(renderer, SHORT.chosen, SHORT.rejected)
    found, heard = told(renderer, [LONG, SHORT, DEEP], limit, "drop")
    assert [pair.example for pair in found.pairs] == [SHORT]
    assert found.dropped == {"too long": 2}
    ((code, place, message),) = [(one.code.id, one.at, one.message) for one in heard]
    assert (code, place, message) == ("M622", "a:3", f"2 of 3 pairs longer than `max_length = {limit}`: left out")
    assert not told(renderer, [SHORT], limit, "drop")[1]


def test_one_conversation_that_is_too_long_is_enough(renderer: Renderer) -> None:
    limit = shortest(renderer, SHORT.chosen, SHORT.rejected)
    turned = example(LONG.rejected, LONG.chosen)
    assert read(renderer, [LONG, turned, SHORT], limit).dropped == {"too long": 2}


def test_pairs_that_are_too_long_as_an_error(renderer: Renderer) -> None:
    examples = [example(LONG.chosen, LONG.rejected, f"a:{at}") for at in range(9)]
    with pytest.raises(DiagnosticError) as raised:
        read(renderer, [SHORT, *examples], 40, "error")
    faults = raised.value.diagnostics
    assert [(one.code.id, one.at) for one in faults] == [("M623", f"a:{at}") for at in range(5)]
    takes = f"the pair takes {shortest(renderer, LONG.chosen)} tokens, more than `max_length = 40`"
    assert faults[0].message == takes
    assert faults[-1].message == f"{takes}; 4 more pairs are too long as well"


def test_pairs_that_are_too_long_lose_their_oldest_turns(renderer: Renderer) -> None:
    two, one = (DEEP.chosen[-4:], DEEP.rejected[-4:]), (DEEP.chosen[-2:], DEEP.rejected[-2:])
    for kept in (two, one):
        limit = shortest(renderer, *kept)
        found, heard = told(renderer, [DEEP, SHORT], limit, "left")
        assert [pair.example for pair in found.pairs] == [DEEP, SHORT]
        assert [list(found.pairs[0].chosen), list(found.pairs[0].rejected)] == [renderer.tokens(side) for side in kept]
        assert (found.cut, found.dropped) == (1, {})
        assert (
            heard[0].message
            == f"1 of 2 pairs longer than `max_length = {limit}`: 1 lost their oldest turns, 0 left out"
        )


@pytest.mark.parametrize("kind", [chatml, gemma])
def test_the_system_message_stays(kind: Any) -> None:
    renderer = Renderer(kind())
    texts = [message["content"] for message in DEEP.chosen]
    deep = example(said(*texts, system="Be brief."), said(*texts[:-1], "No.", system="Be brief."))
    kept = said(*texts[-2:], system="Be brief.")
    (pair,) = read(renderer, [deep], shortest(renderer, kept), "left").pairs
    assert list(pair.chosen) == renderer.tokens(kept)


def test_branches_of_different_length_lose_as_much(renderer: Renderer) -> None:
    uneven = example(DEEP.chosen, DEEP.rejected[:4])
    limit = shortest(renderer, DEEP.chosen[2:], DEEP.rejected[2:4])
    (pair,) = read(renderer, [uneven], limit, "left").pairs
    assert [list(pair.chosen), list(pair.rejected)] == [
        renderer.tokens(DEEP.chosen[2:]),
        renderer.tokens(DEEP.rejected[2:4]),
    ]
    assert read(renderer, [uneven, SHORT], shortest(renderer, DEEP.rejected[2:4]), "left").dropped == {"too long": 1}


def test_a_last_turn_that_is_too_long_is_left_out(renderer: Renderer) -> None:
    found = read(renderer, [LONG, SHORT], 40, "left")
    assert (len(found.pairs), found.cut, found.dropped) == (1, 0, {"too long": 1})


def test_a_pair_that_differed_in_its_oldest_turn_alone(renderer: Renderer) -> None:
    same = [message["content"] for message in DEEP.chosen[2:]]
    early = example(said("Hi", "Hello", *same), said("Hi", "No", *same))
    limit = shortest(renderer, DEEP.chosen[2:])
    assert read(renderer, [early, SHORT], limit, "left").dropped == {"identical once cut": 1}


def test_a_pair_whose_tokens_are_the_same_teaches_nothing() -> None:
    spaces = example(said("Hi", "Hello"), said("Hi", "Hello "))
    assert read(Renderer(gemma()), [spaces, SHORT]).dropped == {"identical": 1}


def test_nothing_left(renderer: Renderer) -> None:
    with pytest.raises(DiagnosticError) as raised:
        read(renderer, [LONG, DEEP], 5)
    (fault,) = raised.value.diagnostics
    least, most = (shortest(renderer, one.chosen, one.rejected) for one in (DEEP, LONG))
    assert (fault.code.id, fault.message) == ("M624", "of 2 pairs none is left with `max_length = 5`: 2 too long")
    assert fault.help.startswith(f"the shortest takes {least} tokens, the longest {most}: write a larger `max_length`")


def test_no_examples_are_no_fault(renderer: Renderer) -> None:
    assert read(renderer, []) == Tokenised([], {}, 0, 0)  # type: ignore[arg-type]


TURNS = st.lists(
    st.tuples(st.text("ab ", min_size=1, max_size=20), st.text("xy ", min_size=1, max_size=20)), max_size=4
)
LAST = st.text("qrs", min_size=1, max_size=9)


@given(chosen=TURNS, rejected=TURNS, last=LAST, system=st.none() | st.just("Be brief."), limit=st.integers(60, 160))
def test_what_is_cut_fits_and_keeps_its_end(
    renderer: Renderer,
    chosen: list[tuple[str, str]],
    rejected: list[tuple[str, str]],
    last: str,
    system: str | None,
    limit: int,
) -> None:
    sides = [
        said(*(text for turn in side for text in turn), last, word, system=system)
        for side, word in ((chosen, "yes"), (rejected, "no"))
    ]
    ends = [renderer.tokens(said(last, word, system=system)) for word in ("yes", "no")]
    fits = max(map(len, ends)) <= limit
    found = read(renderer, [example(*sides), SHORT], limit, "left")
    assert found.cut + found.dropped.total() <= 1
    for pair in found.pairs[:-1]:
        assert length(pair) <= limit
        tail = renderer.tokens(said(last, "yes")), renderer.tokens(said(last, "no"))
        assert (list(pair.chosen[-len(tail[0]) :]), list(pair.rejected[-len(tail[1]) :])) == tail
    if len(chosen) == len(rejected):
        assert len(found.pairs) == 1 + fits
