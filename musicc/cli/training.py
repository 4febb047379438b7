"""How a training goes, told while it goes: a bar on a terminal, a plain line now and then elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from musicc.cli.edge import note
from musicc.cli.progress import PLAIN_INTERVAL

if TYPE_CHECKING:
    from musicc.runtime.reward.job import Tell, Told


@contextmanager
def training(steps: int) -> "Iterator[Tell]":
    """What it gives is called after each of the steps, and when the model was evaluated."""
    started = time.monotonic()
    if sys.stderr.isatty():
        with _bar(steps) as show:
            yield lambda told: show(told, line(told, steps, time.monotonic() - started))
    else:
        yield _plainly(steps, started)


def _plainly(steps: int, started: float) -> "Tell":
    last = started

    def tell(told: "Told") -> None:
        nonlocal last
        now = time.monotonic()
        due = "loss" in told.logs and (now - last >= PLAIN_INTERVAL or told.step == steps)
        if due or "eval_accuracy" in told.logs:
            last = now
            note(line(told, steps, now - started))

    return tell


@contextmanager
def _bar(steps: int) -> "Iterator[Callable[[Told, str], None]]":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    with Progress(BarColumn(24), TextColumn("{task.description}"), console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=steps)

        def show(told: "Told", text: str) -> None:
            if "loss" in told.logs:
                bar.update(task, completed=told.step, description=text)
            elif "eval_accuracy" in told.logs:
                bar.console.print(text, highlight=False)

        yield show


def line(told: "Told", steps: int, elapsed: float) -> str:
    """One line: steps, loss, accuracy, speed, what is left. `elapsed`: seconds since the start, or since it was resumed."""
    if "eval_accuracy" in told.logs:
        loss = f"loss {told.logs['eval_loss']:.4f}, " if "eval_loss" in told.logs else ""
        return f"step {told.step:,}: validation {loss}accuracy {told.logs['eval_accuracy']:.1%}"
    parts = [f"step {told.step:,}/{steps:,}"]
    if "loss" in told.logs:
        parts.append(f"loss {told.logs['loss']:.4f}, accuracy {told.logs['accuracy']:.0%}")
    if told.done and elapsed > 0:
        parts.append(f"{told.pairs / elapsed:,.1f} pairs/s, {told.tokens / elapsed:,.0f} tokens/s")
        parts.append(f"{duration((steps - told.step) * elapsed / told.done)} left")
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """`1 h 20 min`, `3 min`, `40 s`."""
    minutes = round(seconds / 60)
    if seconds >= 3600:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min" if seconds >= 90 else f"{seconds:.0f} s"
