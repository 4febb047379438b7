"""Buckets: never more than is allowed in a minute, spread evenly, and guesses put right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicc.runtime.llm.bucket import BURST, Bucket


def pass_through(bucket: Bucket, pauses: list[float]) -> list[float]:
    """When calls of one go that each wish to go some seconds after the one before."""
    now, went = 0.0, []
    for pause in pauses:
        now += pause
        while wait := bucket.wait(1, now):
            now += wait
        bucket.take(1, now)
        went.append(now)
    return went


@given(st.integers(1, 300), st.lists(st.floats(0, 3), min_size=1, max_size=700))
def test_no_minute_has_more_calls_than_allowed(allowed: int, pauses: list[float]) -> None:
    went = pass_through(Bucket.a_minute(allowed, 0.0), pauses)
    for first, last in zip(went, went[allowed:], strict=False):
        assert last - first >= 60.0 - 1e-6


@pytest.mark.parametrize("allowed", [1, 7, 60, 1000, 6000])
def test_a_saturated_bucket_passes_nearly_what_is_allowed_and_passes_it_evenly(allowed: int) -> None:
    went = pass_through(Bucket.a_minute(allowed, 0.0), [0.0] * (5 * allowed))
    assert (len(went) - 1) / max(went[-1], 60.0) >= 0.95 * (allowed - 1) / 60
    assert sum(at < 1.0 for at in went) <= 1 + 2 * BURST * allowed / 60


def test_what_is_larger_than_the_bucket_goes_when_it_is_full_and_leaves_a_debt() -> None:
    bucket = Bucket(10.0, 100.0, 0.0)
    assert bucket.wait(300, 0.0) == 0.0
    bucket.take(300, 0.0)
    assert bucket.wait(1, 0.0) == pytest.approx(20.1)


def test_what_was_not_used_is_put_back_but_not_above_the_brim() -> None:
    bucket = Bucket(10.0, 100.0, 0.0)
    bucket.take(100, 0.0)
    bucket.give(30, 0.0)
    assert bucket.wait(30, 0.0) == 0.0
    assert bucket.wait(40, 0.0) == pytest.approx(1.0)
    bucket.give(1000, 0.0)
    bucket.take(100, 0.0)
    assert bucket.wait(10, 0.0) == pytest.approx(1.0)
    bucket.give(-50, 0.0)
    assert bucket.wait(10, 0.0) == pytest.approx(6.0)
