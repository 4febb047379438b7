"""How many pairs each part gives: exact within rounding, and never more than there are but by weight."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicc.runtime.data.mixing.sizes import Size, sizes
from tests.runtime.data.mixing.common import of


def taken(there: list[int], *amounts: dict[str, Any]) -> list[int]:
    mix = [of(f"part{number}", **amount) for number, amount in enumerate(amounts)]
    return [size.of(count) for size, count in zip(sizes(mix, there), there, strict=True)]


@pytest.mark.parametrize(
    ("there", "amounts", "expected"),
    [
        ([100, 100], [{"count": 30}, {"count": 70}], [30, 70]),
        ([100, 10], [{"count": 30}, {"count": 70}], [30, 10]),
        ([100, 10], [{"weight": 1}, {"weight": 2}], [100, 20]),
        ([100, 10], [{"weight": 0.5}, {"weight": 2.5}], [50, 25]),
        ([100, 10], [{"count": 30}, {"weight": 2}], [30, 20]),
        ([100, 10], [{"share": 0.5}, {"share": 0.5}], [10, 10]),
        ([700, 100], [{"share": 0.7}, {"share": 0.3}], [233, 100]),
        ([100, 0], [{"share": 0.5}, {"share": 0.5}], [0, 0]),
        ([0, 5], [{"count": 3}, {"weight": 1}], [0, 5]),
    ],
)
def test_a_mix(there: list[int], amounts: list[dict[str, Any]], expected: list[int]) -> None:
    assert taken(there, *amounts) == expected


def test_of_a_weight_each_is_taken_as_often_as_it_is_whole() -> None:
    assert sizes([of("talk", weight=2.25)], [8]) == [Size(2, 2)]


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 100)), min_size=1, max_size=5))
def test_shares_are_shares_and_the_scarcest_part_is_used_up(parts: list[tuple[int, int]]) -> None:
    whole = sum(share for _, share in parts)
    there = [count for count, _ in parts]
    got = taken(there, *({"share": share / whole} for _, share in parts))
    assert all(one <= count for one, count in zip(got, there, strict=True))
    assert any(one == count for one, count in zip(got, there, strict=True))
    total = min(count * whole / share for count, share in parts)
    for one, (_, share) in zip(got, parts, strict=True):
        assert abs(one - total * share / whole) <= 0.5 + 1e-6


@given(st.integers(0, 10**6), st.floats(0.001, 1000))
def test_weights_are_exact_within_rounding(there: int, weight: float) -> None:
    assert abs(taken([there], {"weight": weight})[0] - weight * there) <= 0.5 + 1e-6
