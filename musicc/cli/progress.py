"""How a build goes, told while it goes: a live line on a terminal, a plain line now and then elsewhere."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from musicc.cli.edge import note
from musicc.runtime.progress import Away, Sum

TERMINAL_INTERVAL = 0.2  # seconds
PLAIN_INTERVAL = 10.0
BATCH_INTERVAL = 60.0


@asynccontextmanager
async def told(progress: Sum) -> AsyncIterator[None]:
    """Tells about `progress` until the block ends, and once more then."""
    teller = asyncio.create_task(_on_terminal(progress) if sys.stderr.isatty() else _plainly(progress))
    try:
        yield
    finally:
        teller.cancel()
        await asyncio.wait([teller])


async def _plainly(progress: Sum) -> None:
    started = time.monotonic()
    try:
        while True:
            await asyncio.sleep(PLAIN_INTERVAL if progress.away is None else BATCH_INTERVAL)
            note(line(progress, time.monotonic() - started))
    finally:
        note(line(progress, time.monotonic() - started))


async def _on_terminal(progress: Sum) -> None:
    from rich.console import Console
    from rich.live import Live
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    def view() -> Table:
        grid = Table.grid(padding=(0, 1))
        bar = ProgressBar(total=max(progress.rows, 1), completed=progress.done, width=24)
        grid.add_row(bar, line(progress, time.monotonic() - started))
        return grid

    started = time.monotonic()
    with Live(get_renderable=view, console=Console(stderr=True), auto_refresh=False, transient=False) as live:
        try:
            while True:
                live.refresh()
                await asyncio.sleep(TERMINAL_INTERVAL)
        finally:
            live.refresh()


def line(progress: Sum, elapsed: float) -> str:
    """One line: rows, calls, rate, what is left, tokens, money. `elapsed` in seconds."""
    rate = progress.made / elapsed if elapsed > 0 else 0.0
    left = max(progress.expected_calls - progress.made - progress.reused, 0)
    parts = [
        f"{progress.done:,}/{progress.rows:,} rows",
        f"{progress.made:,} calls made ({rate:.1f}/s), {progress.reused:,} reused, about {left:,.0f} left",
        f"{_short_count(progress.prompt_tokens)} tokens in, {_short_count(progress.completion_tokens)} out",
    ]
    if progress.spent is not None:
        parts.append(f"${progress.spent:.2f}")
    if progress.away:
        parts.insert(1, away_line(progress.away()))
    if progress.retries:
        parts.append(f"{progress.retries.total():,} tried again")
    if progress.failed:
        parts.append(f"{progress.failed.total():,} quarantined")
    if progress.dropped:
        parts.append(f"{progress.dropped.total():,} dropped")
    return " · ".join(parts)


def away_line(away: Away) -> str:
    """What is in batches, and when there is news."""
    if not away.batches:
        return f"round {away.rounds}"
    held = f"{away.batches:,} batch{'es' * (away.batches > 1)}"
    return f"round {away.rounds}: {away.done:,} of {away.calls:,} calls done in {held}, next look in {away.look:.0f} s"


def _short_count(number: float) -> str:
    for bound, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if number >= bound:
            return f"{number / bound:.1f}{unit}"
    return f"{number:.0f}"
