"""The engine against plain asyncio + aiohttp making the same 4,000 calls.

200 seeds, 5 turns, 4 calls a turn (each branch: the user's utterance, then a reply), 256 slots, lognormal latency with
sigma 0.8. Wall time, CPU and memory are those of the run itself in a fresh process, imports left out of time and CPU.

    python -m benchmarks.engine [--rounds 5] [--median 0.05 0.5]
"""

import argparse
import asyncio
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import heading, turn_about
from tests.servers.process import serving_apart

SEEDS, TURNS, SLOTS = 200, 5, 256
CALLS = SEEDS * TURNS * 4

SPEC = """music 1

import "std/personas" (curious_user, helpful_assistant)
import "std/contrasts" (forget_history, other_instruction)

model fake {{
  url   = "{url}"
  name  = "fake"
  limit = {{ concurrency: {slots} }}
}}

seeds openings {{
  from    = file("seeds.jsonl")
  context = whole_prompt
}}

dialogue measured {{
  seeds      = openings
  user       = curious_user on fake {{ max_tokens: 256 }}
  assistant  = helpful_assistant on fake {{ max_tokens: 512 }}
  turns      = {turns}
  utterances = independent
  rejected {{ turn 1..last other_instruction }}
}}
"""


def openings() -> list[str]:
    return [f"Seed {number}: how would you explain subject {number} to a friend?" for number in range(SEEDS)]


def write_project(folder: Path, url: str) -> Path:
    """A spec whose seeds end with the assistant, so that the user voice speaks at every turn."""
    with (folder / "seeds.jsonl").open("w") as lines:
        for text in openings():
            asked, answered = {"role": "user", "content": text}, {"role": "assistant", "content": f"About that: {text}"}
            lines.write(json.dumps({"messages": [asked, answered]}) + "\n")
    spec = folder / "measured.music"
    spec.write_text(SPEC.format(url=url, slots=SLOTS, turns=TURNS))
    return spec


async def ours(folder: Path, url: str) -> None:
    """The build as `musicc build` runs it, store and published files included."""
    import musicc.cli  # noqa: F401 - how often garbage is looked for
    from musicc.plan.compile import compile_module
    from musicc.runtime.build import build
    from musicc.runtime.job import Job
    from musicc.runtime.progress import Progress
    from musicc.semantics import load

    spec = write_project(folder, url)
    checked = load(spec)
    assert checked.module is not None, checked.diagnostics
    plan = compile_module(checked.module)
    started = Clock()
    done: Progress = await build(
        Job(plan, folder, folder / "build", folder / "store", print, print), watch=lambda _: Silence()
    )
    started.report(done.made)


class Silence:
    async def __aenter__(self) -> None: ...
    async def __aexit__(self, *_: object) -> None: ...


async def plain(url: str) -> None:
    """What one writes in an afternoon: a semaphore, a session, two branches a seed."""
    import aiohttp

    slots = asyncio.Semaphore(SLOTS)
    calls = 0

    async def ask(session: aiohttp.ClientSession, messages: list[dict[str, str]], tokens: int) -> str:
        nonlocal calls
        body = {"model": "fake", "messages": messages, "temperature": 1.0, "top_p": 1.0, "max_tokens": tokens}
        async with slots, session.post(f"{url}/chat/completions", json=body) as response:
            calls += 1
            answer = await response.json()
        return str(answer["choices"][0]["message"]["content"])

    async def branch(session: aiohttp.ClientSession, opening: str, name: str) -> list[dict[str, str]]:
        history = [{"role": "user", "content": opening}, {"role": "assistant", "content": f"About that: {opening}"}]
        for turn in range(TURNS):
            so_far = "\n\n".join(f"{m['role']}: {m['content']}" for m in history)
            prompt = f"Write what the user says next in this conversation ({name}, turn {turn}).\n\n{so_far}"
            said = await ask(session, [{"role": "user", "content": prompt}], 256)
            asked = [*history, {"role": "user", "content": said if name == "chosen" else f"Instead of {said}"}]
            system = {"role": "system", "content": "You are a helpful assistant."}
            history = [*asked, {"role": "assistant", "content": await ask(session, [system, *asked], 512)}]
        return history

    started = Clock()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        tasks = [branch(session, text, name) for text in openings() for name in ("chosen", "rejected")]
        pairs = await asyncio.gather(*tasks)
    assert len(pairs) == 2 * SEEDS
    started.report(calls)


class Clock:
    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def report(self, calls: int) -> None:
        """Prints wall time (s), CPU (ms a call), peak memory of the process (MB) and the number of calls."""
        wall, cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"wall": wall, "cpu_ms": 1000 * cpu / calls, "peak_mb": peak, "calls": calls}))


def compare(median: float, rounds: int) -> None:
    with serving_apart("--median", str(median), "--sigma", "0.8") as url:
        here = ["-m", "benchmarks.engine"]
        figures = turn_about({"plain": [*here, "--as", "plain", url], "musicc": [*here, "--as", "musicc", url]}, rounds)
    heading(f"{CALLS:,} calls, {SLOTS} slots, median latency {1000 * median:.0f} ms, {rounds} rounds")
    for name, one in figures.items():
        print(
            f"  {name:7} {one['wall']:7.2f} s wall {one['cpu_ms']:7.3f} ms CPU a call "
            f"{one['peak_mb']:6.0f} MB {one['calls']:7,.0f} calls"
        )
    ours_, base = figures["musicc"], figures["plain"]
    print(f"  ratio   {ours_['wall'] / base['wall']:7.2f}       {ours_['cpu_ms'] / base['cpu_ms']:7.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--as", dest="contestant", choices=("plain", "musicc"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--median", type=float, nargs="+", default=[0.05, 0.5], metavar="SECONDS")
    parser.add_argument("url", nargs="?")
    given = parser.parse_args()
    if given.contestant == "plain":
        asyncio.run(plain(given.url))
    elif given.contestant == "musicc":
        from musicc.runtime.loop import run

        with tempfile.TemporaryDirectory() as folder:
            run(ours(Path(folder), given.url))
    else:
        for median in given.median:
            compare(median, given.rounds)


if __name__ == "__main__":
    sys.exit(main())
