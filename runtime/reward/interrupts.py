"""Ctrl-C and SIGTERM during long work that can stop only between two steps."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass(slots=True)
class Stop:
    """`asked`: somebody wants the work to end at the next step."""

    asked: bool = False


@contextmanager
def stoppable(asked: Callable[[], None]) -> Iterator[Stop]:
    """The first signal asks to stop, and `asked` is called; a second one raises KeyboardInterrupt at once."""
    stop = Stop()

    def heard(number: int, frame: FrameType | None) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.asked = True
        asked()

    before = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
