"""Ctrl-C and SIGTERM: once to stop at the next step, twice to stop at once."""

import os
import signal

import pytest

from musicc.runtime.reward.interrupts import stoppable


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_asks_and_the_second_interrupts(number: signal.Signals) -> None:
    heard: list[str] = []
    with stoppable(lambda: heard.append("asked")) as stop:
        assert not stop.asked
        os.kill(os.getpid(), number)
        assert stop.asked
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert heard == ["asked"]


def test_handlers_are_given_back_also_after_a_fault() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(ValueError, match="fault"), stoppable(lambda: None):
        raise ValueError("fault")
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
