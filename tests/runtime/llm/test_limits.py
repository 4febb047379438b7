"""Limits in virtual time: declared rates, pauses that the server asks for, and limits that only its refusals tell."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicc.plan.document import Access
from musicc.runtime.llm.limits import Limits, estimate
from musicc.runtime.llm.types import Rejected, Reply, Request, Transient
from tests.runtime.llm.support import request
from tests.runtime.llm.virtual import REPLY, Endpoint, now, play, press

MEAN = 1.377  # of the latency, where its median is 1


def pressed(endpoint: Endpoint, seconds: float = 90.0, callers: int = 256, **access: Any) -> Limits:
    """The limits after callers without a break."""

    async def main() -> Limits:
        limits = Limits(Access(**({"concurrency": callers} | access)), now)
        await press(limits, endpoint, request(), callers, seconds)
        return limits

    return play(main)


def test_declared_requests_a_minute_are_kept_in_every_minute() -> None:
    pressed(endpoint := Endpoint(), 300.0, requests_per_minute=120)
    sent = endpoint.answered
    assert all(last - first >= 60.0 - 1e-6 for first, last in zip(sent, sent[120:], strict=False))
    assert endpoint.rate(60, 300) >= 0.95 * 2
    assert endpoint.rate(0, 5) <= 2 * 2


def test_declared_tokens_a_minute_are_those_that_replies_used() -> None:
    pressed(endpoint := Endpoint(), 300.0, tokens_per_minute=6000)
    used = REPLY.prompt_tokens + REPLY.completion_tokens
    assert estimate(request()) > 2 * used
    assert 0.85 * 100 <= endpoint.rate(60, 300) * used <= 100 * 1.05


@settings(max_examples=25)
@given(st.integers(1, 200), st.lists(st.tuples(st.floats(0, 20), st.integers(1, 40)), min_size=1, max_size=30))
def test_no_minute_has_more_calls_or_tokens_than_declared(allowed: int, plans: list[tuple[float, int]]) -> None:
    """Whatever comes when, and however large: over the tokens goes at most the call that is larger than what is left."""
    sent: list[tuple[float, int]] = []

    async def main() -> None:
        limits = Limits(Access(requests_per_minute=allowed, tokens_per_minute=40 * allowed), now)

        async def call(after: float, tokens: int) -> None:
            asked = request("", max_tokens=tokens)

            async def send(_: Request) -> Reply:
                sent.append((now(), estimate(asked)))
                return Reply("", "stop", 0, estimate(asked))

            await asyncio.sleep(after)
            await limits.attempt(asked, 0, send)

        await asyncio.gather(*(call(*plan) for plan in plans for _ in range(3)))

    play(main)
    largest = max(tokens for _, tokens in sent)
    for first, _ in sent:
        minute = [tokens for at, tokens in sent if first <= at < first + 60.0 - 1e-6]
        assert len(minute) <= allowed
        assert sum(minute) <= 40 * allowed + largest


def test_a_reply_without_usage_is_taken_to_have_used_what_was_guessed() -> None:
    async def main() -> float:
        limits = Limits(Access(tokens_per_minute=60 * estimate(request())), now)

        async def send(_: Request) -> Reply:
            return Reply("Hello", "stop", 0, 0)

        for _ in range(11):
            await limits.attempt(request(), 0, send)
        return now()

    assert play(main) == pytest.approx(10.0, rel=0.1)


def test_who_waits_for_the_rate_goes_by_priority_and_holds_no_slot() -> None:
    async def main() -> list[int]:
        limits, order = Limits(Access(requests_per_minute=60), now), []

        async def call(priority: int) -> None:
            async def send(_: Request) -> Reply:
                order.append(priority)
                assert limits.slots.held == 1
                return REPLY

            await limits.attempt(request(), priority, send)

        async with asyncio.TaskGroup() as group:
            for priority in (0, 3, 1, 2):
                group.create_task(call(priority))
            await asyncio.sleep(0.5)
            assert limits.slots.held == 0
        return order

    assert play(main) == [0, 1, 2, 3]


def test_a_call_that_is_cancelled_while_it_waits_for_the_rate_leaves_the_line() -> None:
    async def main() -> float:
        limits, endpoint = Limits(Access(requests_per_minute=60), now), Endpoint(latency=0.0)
        await limits.attempt(request(), 0, endpoint)
        waiting = asyncio.create_task(limits.attempt(request(), 0, endpoint))
        await asyncio.sleep(0.1)
        waiting.cancel()
        await asyncio.wait([waiting])
        await limits.attempt(request(), 1, endpoint)
        return now()

    assert play(main) == pytest.approx(1.0)


@pytest.mark.parametrize("asks", [None, 1.0])
@pytest.mark.parametrize("latency", [0.05, 1.0])
def test_the_rate_of_a_server_is_found_and_kept_with_few_refusals(latency: float, asks: float | None) -> None:
    pressed(endpoint := Endpoint(a_second=40, latency=latency, asks=asks))
    assert endpoint.rate(30, 90) >= 0.95 * 40
    assert endpoint.share(30, 90) <= 0.02


@pytest.mark.parametrize("seed", [3, 8])
def test_a_rate_that_was_raised_while_slots_were_short_is_not_taken_for_proved(seed: int) -> None:
    pressed(endpoint := Endpoint(a_second=40, latency=1.0, asks=1.0, seed=seed))
    assert endpoint.rate(30, 90) >= 0.95 * 40


@pytest.mark.parametrize("asks", [None, 1.0])
@pytest.mark.parametrize("latency", [0.2, 1.0])
def test_the_slots_of_a_server_are_found_and_kept_with_few_refusals(latency: float, asks: float | None) -> None:
    pressed(endpoint := Endpoint(at_once=10, latency=latency, asks=asks))
    pressed(told := Endpoint(at_once=10, latency=latency), concurrency=10)
    assert endpoint.rate(30, 90) >= 0.95 * told.rate(30, 90)
    assert endpoint.share(30, 90) <= 0.02


def test_a_limit_that_falls_is_found_again() -> None:
    class Falling(Endpoint):
        async def __call__(self, request: Request) -> Reply:
            self.a_second = 40 if now() < 60 else 10
            return await super().__call__(request)

    pressed(endpoint := Falling(latency=0.3), 150.0)
    assert endpoint.rate(30, 60) >= 0.95 * 40
    assert endpoint.rate(90, 150) >= 0.9 * 10
    assert endpoint.share(90, 150) <= 0.03


def test_a_limit_that_rises_is_found_again() -> None:
    class Rising(Endpoint):
        async def __call__(self, request: Request) -> Reply:
            self.a_second = 10 if now() < 60 else 40
            return await super().__call__(request)

    pressed(endpoint := Rising(latency=0.3), 360.0)
    assert endpoint.rate(300, 360) >= 0.75 * 40


def test_a_quota_by_the_minute_is_waited_for_with_few_refusals() -> None:
    class ByTheMinute(Endpoint):
        async def __call__(self, request: Request) -> Reply:
            minute = now() // 60
            self.a_second = 1000 if sum(at // 60 == minute for at in self.answered[-600:]) < 600 else -1
            return await super().__call__(request)

    pressed(endpoint := ByTheMinute(latency=0.3), 360.0, callers=64)
    assert endpoint.rate(60, 360) >= 0.7 * 10
    assert endpoint.share(60, 360) <= 0.1


def test_a_server_without_limits_is_asked_as_fast_as_slots_allow() -> None:
    pressed(endpoint := Endpoint(latency=0.5), 30.0)
    assert endpoint.peak == 256
    assert endpoint.rate(0, 30) >= 0.97 * 256 / (0.5 * MEAN)


def test_refusals_by_chance_do_not_slow_a_model_down() -> None:
    pressed(free := Endpoint(latency=1.0), 45.0)
    pressed(noisy := Endpoint(latency=1.0, noise=0.1), 45.0)
    assert noisy.rate(0, 45) >= 0.85 * free.rate(0, 45)


def test_where_slowing_down_brings_no_fewer_refusals_it_is_given_up() -> None:
    pressed(endpoint := Endpoint(latency=0.5, noise=0.4), 60.0)
    assert endpoint.rate(30, 60) >= 20


def test_slots_are_never_more_than_declared() -> None:
    limits = pressed(endpoint := Endpoint(), 30.0, concurrency=50)
    assert endpoint.peak == limits.slots.size == 50


def test_all_calls_pause_for_as_long_as_the_server_asks() -> None:
    pressed(endpoint := Endpoint(a_second=40, asks=3.0), 20.0)
    first = endpoint.refused[0] + 0.011  # the refusal is on its way for 10 ms
    assert not [at for at in endpoint.answered + endpoint.refused if first < at < first + 2.98]
    assert endpoint.rate(first + 3, 20) > 0


def test_a_server_that_refuses_everything_is_asked_ever_more_seldom() -> None:
    pressed(endpoint := Endpoint(noise=1.0), 240.0, callers=64)
    assert sum(at < 60 for at in endpoint.refused) < 200
    assert sum(at >= 120 for at in endpoint.refused) <= 5


def test_a_wait_beyond_all_patience_is_no_pause() -> None:
    async def main() -> float:
        limits = Limits(Access(), now)
        limits.pause(86400.0)
        await limits.attempt(request(), 0, Endpoint(latency=0.0))
        return now()

    assert play(main) < 1.0


@pytest.mark.parametrize("failure", [Rejected("400", status=400), Transient("500", status=500)])
def test_other_failures_change_no_limit(failure: Exception) -> None:
    async def main() -> Limits:
        limits = Limits(Access(), now)

        async def send(_: Request) -> Reply:
            raise failure

        for _ in range(100):
            with pytest.raises(type(failure)):
                await limits.attempt(request(), 0, send)
        assert now() == 0
        return limits

    limits = play(main)
    assert (limits.slots.held, limits.slots.size) == (0, 16)


def test_failures_of_a_server_put_off_raises() -> None:
    class Failing(Endpoint):
        async def __call__(self, request: Request) -> Reply:
            reply = await super().__call__(request)
            if self.fail:
                raise Transient("500", status=500)
            return reply

        fail = False

    async def rate_after(fail: bool) -> float:
        endpoint = Failing(a_second=40, latency=0.05)
        limits = Limits(Access(concurrency=64), now)
        await press(limits, endpoint, request(), 64, 1.5)
        endpoint.a_second, endpoint.fail = 0, fail
        await press(limits, endpoint, request(), 64, 1.0)
        endpoint.fail = False
        began = now()
        await press(limits, endpoint, request(), 64, 4.0)
        return endpoint.rate(began, now())

    assert play(lambda: rate_after(True)) < play(lambda: rate_after(False))
