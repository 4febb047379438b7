"""Slots: never too many, lower numbers first, nothing lost when somebody gives up."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicc.runtime.llm.slots import Slots


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@given(st.integers(1, 4), st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=20))
def test_waiters_go_by_priority_then_arrival_and_the_cancelled_leave_no_trace(
    size: int, waiters: list[tuple[int, bool]]
) -> None:
    async def play() -> None:
        slots, order, gate = Slots(size), [], asyncio.Event()

        async def occupy() -> None:
            async with slots.hold(-1):
                await gate.wait()

        async def wait(number: int, priority: int) -> None:
            async with slots.hold(priority):
                assert slots.held <= size
                order.append(number)
                await asyncio.sleep(0)

        occupants = [asyncio.create_task(occupy()) for _ in range(size)]
        await settle()
        tasks = [asyncio.create_task(wait(number, priority)) for number, (priority, _) in enumerate(waiters)]
        await settle()
        for task, (_, cancelled) in zip(tasks, waiters, strict=True):
            if cancelled:
                task.cancel()
        gate.set()
        await asyncio.gather(*occupants, *tasks, return_exceptions=True)
        staying = [number for number, (_, cancelled) in enumerate(waiters) if not cancelled]
        assert order == sorted(staying, key=lambda number: (waiters[number][0], number))
        assert slots.held == 0

    asyncio.run(play())


@given(st.integers(1, 3), st.lists(st.tuples(st.integers(0, 6), st.integers(0, 12)), min_size=1, max_size=12))
def test_cancelling_at_any_moment_loses_no_slot(size: int, plans: list[tuple[int, int]]) -> None:
    """Each task holds for some loop steps and is cancelled after some, be it waiting, just let in, or holding."""

    async def play() -> None:
        slots = Slots(size)

        async def work(steps: int) -> None:
            async with slots.hold():
                assert slots.held <= size
                for _ in range(steps):
                    await asyncio.sleep(0)

        tasks = [asyncio.create_task(work(steps)) for steps, _ in plans]
        for step in range(14):
            for task, (_, end) in zip(tasks, plans, strict=True):
                if end == step:
                    task.cancel()
            await asyncio.sleep(0)
        await asyncio.gather(*tasks, return_exceptions=True)
        assert slots.held == 0
        async with asyncio.timeout(1), AsyncExitStack() as stack:
            for _ in range(size):
                await stack.enter_async_context(slots.hold())
            assert slots.held == size

    asyncio.run(play())


def test_a_slot_whose_heir_is_cancelled_goes_to_the_next() -> None:
    async def play() -> None:
        slots, gates = Slots(1), [asyncio.Event() for _ in range(3)]

        async def work(gate: asyncio.Event) -> None:
            async with slots.hold():
                await gate.wait()

        first, heir, after = (asyncio.create_task(work(gate)) for gate in gates)
        await settle()
        gates[0].set()
        while not first.done():
            await asyncio.sleep(0)
        heir.cancel()  # it is the heir's turn, and in the same step it gives up
        await settle()
        assert heir.cancelled()
        assert not after.done()
        assert slots.held == 1
        gates[2].set()
        await after
        assert slots.held == 0

    asyncio.run(play())


def test_a_slot_is_given_back_after_an_error() -> None:
    async def play() -> None:
        slots = Slots(1)
        with pytest.raises(RuntimeError, match="oops"):
            async with slots.hold():
                raise RuntimeError("oops")
        assert slots.held == 0

    asyncio.run(play())


def test_there_must_be_a_slot() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Slots(0)
