"""Budgets: never a call too many, none too few, and those on their way are waited for."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicc.diagnostics import DiagnosticError
from musicc.diagnostics.codes import budgets
from musicc.plan.document import Access, Model
from musicc.runtime.budget import Allowance, Budget
from musicc.runtime.llm.limits import guessed_prompt
from musicc.runtime.llm.types import Rejected, Reply, Request, Unusable
from musicc.runtime.progress import Sum
from tests.runtime.llm.support import request
from tests.runtime.llm.virtual import play

DEAR = Model(served="g", access=Access(urls=("http://x/v1",), input_price=1e6, output_price=1e6))  # a dollar a token


class Endpoint:
    """Replies of `used` tokens after a second; `paid` is what they cost."""

    def __init__(self, used: int = 10) -> None:
        self.used, self.begun, self.ended, self.paid = used, 0, 0, 0

    async def ask(self, asked: Request, priority: int, on_retry: Callable[[], None]) -> Reply:
        self.begun += 1
        await asyncio.sleep(1.0)
        self.ended += 1
        if asked.max_tokens == 1:
            raise Rejected("400")
        used = min(self.used, asked.max_tokens)
        self.paid += guessed_prompt(asked) + used
        return Reply("Hello", "stop", guessed_prompt(asked), used)


def pressed(endpoint: Endpoint, allowed: Allowance, calls: list[Request]) -> list[Any]:
    """What came of calls that are made at once."""

    async def main() -> list[Any]:
        nothing = cast(Sum, type("Nothing", (), {"done": 3, "rows": 9}))
        budget = Budget(endpoint, allowed, {"gemma": DEAR}, nothing)
        asked = (budget.ask(call, 0, lambda: None) for call in calls)
        return await asyncio.gather(*asked, return_exceptions=True)

    return play(main)


@given(st.integers(0, 12), st.lists(st.integers(1, 40), max_size=12))
def test_exactly_as_many_calls_go_out_as_are_allowed(most: int, lengths: list[int]) -> None:
    endpoint = Endpoint()
    done = pressed(endpoint, Allowance(calls=most), [request(max_tokens=tokens) for tokens in lengths])
    assert endpoint.begun == endpoint.ended == min(most, len(lengths))
    assert sum(isinstance(one, Unusable) for one in done) == max(0, len(lengths) - most)


@given(st.integers(0, 300), st.lists(st.integers(1, 40), max_size=12), st.integers(1, 40))
def test_no_more_is_spent_than_allowed_and_what_is_left_is_too_little(most: int, lengths: list[int], used: int) -> None:
    endpoint = Endpoint(used)
    calls = [request(max_tokens=tokens) for tokens in lengths]
    done = pressed(endpoint, Allowance(usd=float(most)), calls)
    assert endpoint.paid <= most
    assert endpoint.begun == endpoint.ended
    left = [call for call, one in zip(calls, done, strict=True) if isinstance(one, Unusable)]
    assert all(endpoint.paid + guessed_prompt(call) + call.max_tokens > most for call in left[:1])


def test_a_call_waits_for_what_others_leave_over() -> None:
    endpoint, calls = Endpoint(used=1), [request(max_tokens=50)] * 5
    each = guessed_prompt(calls[0]) + 50
    assert all(isinstance(one, Reply) for one in pressed(endpoint, Allowance(usd=each + 40.0), calls))


def test_nothing_goes_out_once_somebody_was_refused() -> None:
    """The run ends then, and a call on its way would be paid for and lost."""
    endpoint, calls = Endpoint(), [request(max_tokens=50), request(max_tokens=1)]
    done = pressed(endpoint, Allowance(usd=guessed_prompt(calls[1]) + 1.0), calls)
    assert all(isinstance(one, Unusable) for one in done)
    assert endpoint.begun == 0


def test_who_is_refused_hears_so_when_all_others_have_come_back() -> None:
    async def main() -> None:
        endpoint = Endpoint()
        budget = Budget(endpoint, Allowance(calls=2), {"gemma": DEAR}, cast(Sum, type("N", (), {"done": 1, "rows": 9})))
        going = [asyncio.create_task(budget.ask(request(), 0, lambda: None)) for _ in range(2)]
        await asyncio.sleep(0)  # these two are first
        with pytest.raises(Unusable) as caught:
            await budget.ask(request(), 0, lambda: None)
        assert endpoint.ended == 2
        assert caught.value.diagnostic.code is budgets.USED_UP
        assert "2 calls were made for $" in str(caught.value)
        await asyncio.gather(*going)

    play(main)


def test_who_is_cancelled_in_the_line_takes_nothing() -> None:
    async def main() -> None:
        endpoint = Endpoint(used=1)
        price = guessed_prompt(request()) + 100
        budget = Budget(endpoint, Allowance(usd=price + 50.0), {"gemma": DEAR}, cast(Sum, None))
        first, heir, after = (asyncio.create_task(budget.ask(request(), 0, lambda: None)) for _ in range(3))
        await asyncio.sleep(0.5)
        heir.cancel()
        await asyncio.gather(first, after)
        assert endpoint.begun == budget.calls == 2

    play(main)


def test_money_is_bounded_only_where_every_price_is_known() -> None:
    models = {"own": Model(served="w", weights="w"), "far": Model(served="f", access=Access(urls=("http://x",)))}
    with pytest.raises(DiagnosticError) as caught:
        Budget(Endpoint(), Allowance(usd=1.0), models, cast(Sum, None))
    assert ["`far`" in one.message for one in caught.value.diagnostics] == [True]
    Budget(Endpoint(), Allowance(calls=1), models, cast(Sum, None))
