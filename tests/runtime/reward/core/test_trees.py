"""Rows hold every conversation whole, each token once where conversations start alike, and never more than they did."""

from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from musicc.runtime.reward.trees import WORTH, Row, Slice, lay_out, shared_prefix
from musicc.runtime.reward.types import Tokens

quickly = settings(max_examples=50)


@st.composite
def families(draw: st.DrawFn) -> list[Tokens]:
    """Conversations that start alike more or less, in any order: prefixes of two long ones, and an end of their own."""
    stems = draw(st.lists(st.lists(st.integers(0, 3), min_size=40, max_size=60), min_size=1, max_size=2))
    kept = st.tuples(st.sampled_from(stems), st.integers(0, 60), st.lists(st.integers(0, 3), max_size=30))
    drawn = draw(st.lists(kept, min_size=1, max_size=8))
    return [[*stem[:count], *end] or [0] for stem, count, end in drawn]


def read(row: Row, slices: tuple[Slice, ...], values: list[int]) -> list[int]:
    return [value for start, stop in slices for value in values[start:stop]]


def conversation(row: Row, end: int, values: list[int]) -> list[int]:
    """What is seen at the end of a conversation, and itself."""
    limb = next(limb for limb in row.limbs if limb.own[0] <= end < limb.own[1])
    return read(row, (*limb.before, limb.own), values)


@quickly
@given(families(), st.booleans())
def test_each_end_sees_its_conversation_and_the_places_in_it(given: list[Tokens], share: bool) -> None:
    row = lay_out(given, share=share)
    for tokens, end in zip(given, row.ends, strict=True):
        assert conversation(row, end, row.tokens) == tokens
        assert conversation(row, end, row.positions) == list(range(len(tokens)))


@quickly
@given(families(), st.booleans())
def test_limbs_fill_the_row_and_look_back_only(given: list[Tokens], share: bool) -> None:
    row = lay_out(given, share=share)
    edges = [limb.own for limb in row.limbs]
    assert [start for start, _ in edges] == [0, *(stop for _, stop in edges[:-1])]
    assert edges[-1][1] == len(row.tokens) == len(row.positions)
    assert sorted(row.ends) == [stop - 1 for _, stop in edges]
    assert all(start < stop for start, stop in edges)
    for limb in row.limbs:
        assert limb.start == sum(stop - start for start, stop in limb.before)
        assert all(0 <= start < stop <= limb.own[0] for start, stop in limb.before)


@quickly
@given(families())
def test_never_more_tokens_than_apart_and_as_many_without_sharing(given: list[Tokens]) -> None:
    apart = sum(map(len, given))
    assert len(lay_out(given).tokens) <= apart
    assert len(lay_out(given, share=False).tokens) == apart
    assert all(not limb.before for limb in lay_out(given, share=False).limbs)


@quickly
@given(families())
def test_a_conversation_shares_with_the_one_before_it_all_that_is_worth_it(given: list[Tokens]) -> None:
    order = sorted(given, key=tuple)
    common = [0, *(min(shared_prefix(one, two), len(two) - 1) for one, two in pairwise(order))]
    saved = sum(tokens for tokens in common if tokens >= WORTH)
    assert len(lay_out(given).tokens) == sum(map(len, given)) - saved


@quickly
@given(families(), st.randoms(use_true_random=False))
def test_the_order_of_the_conversations_does_not_change_the_row(given: list[Tokens], order: Random) -> None:
    assert lay_out(order.sample(given, len(given))).tokens == lay_out(given).tokens


def test_of_equal_conversations_the_second_keeps_its_last_token() -> None:
    tokens = list(range(30))
    row = lay_out([tokens, tokens])
    assert row.tokens == [*tokens, 29]
    assert row.positions == [*range(30), 29]
    assert sorted(row.ends) == [29, 30]


def test_a_conversation_that_is_the_beginning_of_another() -> None:
    tokens = list(range(30))
    row = lay_out([tokens, tokens[:20]])
    assert row.tokens == tokens
    assert row.ends == (29, 19)
