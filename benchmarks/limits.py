"""Servers with a limit that they do not tell: 40 requests a second, or 10 at once, and 429 for the rest.

Callers ask one call after the other through a backend that may use 256 slots. Beside the replies a second, once settled,
stands what the server can give: its limit, or what a backend that was told of the 10 slots gets from it, turn about. The
share of refusals is that of the settled time; it is settled 30 seconds after the first call.

    python -m benchmarks.limits [--seconds 90] [--median 0.05 1.0] [--only rate|slots]
"""

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks.measure import heading
from musicc.plan.document import Access, Model
from musicc.runtime.llm.backend import ModelBackend, open_backend
from musicc.runtime.llm.types import Request
from musicc.runtime.loop import run
from tests.servers.process import serving_apart

RATE, AT_ONCE = 40, 10
CALLERS = SLOTS = 256
SETTLED = 30  # seconds
ENOUGH, FEW = 0.95, 0.02


async def ask(url: str, seconds: float, slots: int) -> None:
    """What all callers ask, until the time is over."""
    models = {"fake": Model(served="fake", access=Access(urls=(url,), concurrency=slots))}
    with suppress(TimeoutError):
        async with open_backend(models) as backend, asyncio.timeout(seconds), asyncio.TaskGroup() as group:
            for caller in range(CALLERS):
                group.create_task(call(backend, caller))


async def call(backend: ModelBackend, caller: int) -> None:
    number = 0
    while True:
        number += 1
        asked = f"{caller} {number}"
        key, said = asked.encode(), ({"role": "user", "content": asked},)
        await backend.complete(Request("fake", said, 1.0, 1.0, 64, (), (), number, key))  # type: ignore[arg-type]


def seen(log: Path) -> tuple[Counter[int], Counter[int]]:
    """Replies and refusals in each second since the first answer."""
    lines = [line.split() for line in log.read_text().splitlines()]
    began = min(float(at) for at, _, _ in lines)
    counts: dict[str, Counter[int]] = {"200": Counter(), "429": Counter()}
    for at, _, status in lines:
        counts[status][int(float(at) - began)] += 1
    return counts["200"], counts["429"]


def measure(server: Sequence[str], seconds: int, slots: int = SLOTS) -> tuple[float, float, int]:
    """Replies a second and the share of refusals once settled, and the number of refusals before."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with serving_apart("--sigma", "0.8", "--log", str(log), *server) as url:
            run(ask(url, seconds, slots))
        replies, refusals = seen(log)
    steady = range(SETTLED, seconds - 1)
    good, bad = (sum(counts[second] for second in steady) for counts in (replies, refusals))
    return good / len(steady), bad / (good + bad), sum(refusals[second] for second in range(SETTLED))


def compare(kind: str, median: float, asks: str | None, seconds: int) -> bool:
    """Prints one line; whether the server was used well."""
    server = ["--median", str(median), *(["--asks", asks] if asks else [])]
    limit = ["--limit", str(RATE)] if kind == "rate" else ["--at-once", str(AT_ONCE)]
    rate, share, before = measure([*server, *limit], seconds)
    most = float(RATE) if kind == "rate" else measure([*server, *limit], seconds, AT_ONCE)[0]
    print(
        f"  {kind:5} median {1000 * median:5.0f} ms  Retry-After {asks or '–':>2}   {rate:6.1f} of {most:6.1f} a second   "
        f"ratio {rate / most:5.3f}   refused {share:6.2%}, and {before} before it was settled",
        flush=True,
    )
    return rate / most >= ENOUGH and share <= FEW


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=90)
    parser.add_argument("--median", type=float, nargs="+", default=[0.05, 1.0], metavar="SECONDS")
    parser.add_argument("--only", choices=("rate", "slots"))
    given = parser.parse_args()
    heading(f"{RATE} requests a second, or {AT_ONCE} at once; {CALLERS} callers, {SLOTS} slots, {given.seconds} s")
    kinds = [given.only] if given.only else ["rate", "slots"]
    cases = [(kind, median, asks) for kind in kinds for median in given.median for asks in (None, "1")]
    kept = [compare(*case, given.seconds) for case in cases]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
