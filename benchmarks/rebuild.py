"""A build that changes nothing: every reply is in the store. Against a plain copy of the pairs that come of it.

31,000 rows of 5 turns, about 18 calls a row, replies of 90 words. The store is filled by a backend that answers at once.

    python -m benchmarks.rebuild [--rows 31000] [--rounds 3]
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import heading, turn_about

SPEC = """music 1

import "std/personas" (curious_user, helpful_assistant)
import "std/contrasts" (sidestep)

model nobody {
  url   = "http://127.0.0.1:9/v1"
  name  = "nobody"
  limit = { concurrency: 256 }
}

seeds many { from = file("seeds.jsonl")  context = first_user_turn }

dialogue measured {
  seeds     = many
  user      = curious_user on nobody
  assistant = helpful_assistant on nobody
  turns     = 5
  rejected { turn 1..last sidestep }
}
"""
WORDS = 90


def write_project(folder: Path, rows: int) -> Path:
    with (folder / "seeds.jsonl").open("w") as lines:
        for number in range(rows):
            lines.write(json.dumps({"prompt": f"Question {number}: what follows from {number}, and why?"}) + "\n")
    spec = folder / "many.music"
    spec.write_text(SPEC)
    return spec


@dataclass(frozen=True)
class Prompt:
    """A backend that answers at once: words that only this request gets."""

    async def complete(self, request: "Request", priority: int = 0) -> "Reply":  # noqa: F821
        from musicc.runtime.llm.types import Reply

        text = " ".join(f"word{(request.seed >> (number % 23)) % 9973}" for number in range(WORDS))
        if request.fields or "instruction" in request.messages[-1]["content"][-600:]:
            text = f"<instruction>Instead, {text[:60]}</instruction>\n<answer>{text}</answer>"
        return Reply(text, "stop", 200, 130)


def fill(spec: Path) -> None:
    """Plays every row once and keeps every reply."""
    from musicc.plan.compile import compile_module
    from musicc.runtime.engine.caller import Tally
    from musicc.runtime.engine.local import play
    from musicc.runtime.loop import run
    from musicc.runtime.stages import all_rows, make_stages, open_pools
    from musicc.runtime.store import Store
    from musicc.semantics import load

    module = load(spec).module
    assert module is not None
    plan = compile_module(module)
    with ExitStack() as held:
        store = held.enter_context(Store.open(spec.parent / "store"))
        pools = open_pools(plan, spec.parent, spec.parent, print, held)
        tallies = {name: Tally() for name in plan.models}
        stages = make_stages(plan, spec.parent, pools, Prompt(), store, tallies)
        run(play(all_rows(plan, stages), 64, lambda *played: None))
        print(f"  {sum(tally.made for tally in tallies.values()):,} calls in the store", flush=True)


def rebuild(spec: Path) -> None:
    """The command, in this process, as a user runs it."""
    from musicc.cli.main import main as musicc

    pairs = spec.parent / "build" / "pairs.jsonl"
    before = Clock()
    sys.argv = [
        "musicc",
        "build",
        str(spec),
        "--store",
        str(spec.parent / "store"),
        "--out",
        str(spec.parent / "build"),
    ]
    try:
        musicc()
    except SystemExit as ended:
        assert not ended.code, ended.code
    before.report(pairs)


def copy(spec: Path) -> None:
    """What reading and writing the pairs alone takes."""
    source, target = spec.parent / "build" / "pairs.jsonl", spec.parent / "copy.jsonl"
    before = Clock()
    with source.open() as lines, target.open("w") as out:
        for line in lines:
            out.write(json.dumps(json.loads(line)) + "\n")
    before.report(target)


class Clock:
    """`cpu`: of this process and of those that it has started."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), sum(os.times()[:4])

    def report(self, pairs: Path) -> None:
        figures = {
            "wall": time.perf_counter() - self.wall,
            "cpu": sum(os.times()[:4]) - self.cpu,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "pairs": pairs.read_bytes().count(b"\n"),
        }
        print(json.dumps(figures))


def compare(rows: int, rounds: int) -> None:
    heading(f"a rebuild of {rows:,} rows of 5 turns that changes nothing, {rounds} rounds")
    with tempfile.TemporaryDirectory() as folder:
        spec = write_project(Path(folder), rows)
        here = [sys.executable, "-m", "benchmarks.rebuild", "--spec", str(spec)]
        subprocess.run([*here, "--as", "fill"], check=True)
        subprocess.run([*here, "--as", "musicc"], check=True, stdout=subprocess.DEVNULL)  # the first one publishes
        figures = turn_about({name: [*here[1:], "--as", name] for name in ("copy", "musicc")}, rounds)
    for name, one in figures.items():
        ratio = one["wall"] / figures["copy"]["wall"]
        print(
            f"  {name:7} {one['wall']:7.2f} s wall ({ratio:5.1f} x) {one['cpu']:7.2f} s CPU "
            f"{one['peak_mb']:6.0f} MB {one['pairs']:7,.0f} pairs"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=31_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--as", dest="contestant", choices=("fill", "copy", "musicc"))
    parser.add_argument("--spec", type=Path)
    given = parser.parse_args()
    if given.contestant:
        {"fill": fill, "copy": copy, "musicc": rebuild}[given.contestant](given.spec)
    else:
        compare(given.rows, given.rounds)


if __name__ == "__main__":
    main()
