"""`musicc build` on a server with all faults at once, against the same build on a server without any.

10 % of the answers are 429, 5 % are 500, 2 % are JSON that breaks off, 2 % are empty replies, 1 % never come (the model's
`timeout` of 2 s ends them), and one row is refused for good. 5 turns, 4 calls a turn, lognormal latency with sigma 0.8.
Besides the ratio of wall times, it is seen whether the other rows are the same, byte by byte.

    python -m benchmarks.faults [--rounds 3] [--seeds 600] [--slots 32] [--median 0.1]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import heading, turn_about
from tests.servers.process import serving_apart

SHARES = {"429": 0.10, "500": 0.05, "cut": 0.02, "empty": 0.02, "hang": 0.01}
FAILS = 7  # the row that is refused
TURNS, CALLS = 5, 4
ENOUGH = 1.5

SPEC = """music 1

import "std/personas" (curious_user, helpful_assistant)
import "std/contrasts" (sidestep)

model fake {{
  url     = "{url}"
  name    = "fake"
  limit   = {{ concurrency: {slots} }}
  timeout = 2s
}}

seeds openings {{
  from    = file("seeds.jsonl")
  context = whole_prompt
}}

dialogue measured {{
  seeds      = openings
  user       = curious_user on fake
  assistant  = helpful_assistant on fake
  turns      = {turns}
  utterances = independent
  rejected {{ turn 1..last sidestep }}
}}
"""


def write_project(folder: Path, url: str, seeds: int, slots: int) -> Path:
    """A spec whose seeds end with the assistant, so that the user voice speaks at every turn."""
    folder.mkdir(parents=True)
    with (folder / "seeds.jsonl").open("w") as lines:
        for number in range(seeds):
            text = f"Seed <{number}>: how would you explain subject {number} to a friend?"
            messages = [{"role": "user", "content": text}, {"role": "assistant", "content": f"About that: {text}"}]
            lines.write(json.dumps({"messages": messages}) + "\n")
    spec = folder / "measured.music"
    spec.write_text(SPEC.format(url=url, slots=slots, turns=TURNS))
    return spec


def server(median: float, *, faults: bool) -> list[str]:
    """The arguments of a fake server, which refuses one row's calls in either case."""
    shares = [f"--fault={name}={share}" for name, share in SHARES.items()] if faults else []
    return ["--median", str(median), "--sigma", "0.8", "--mark", f"Seed <{FAILS}>=400", *shares]


def build(spec: Path) -> float:
    """The seconds that it takes. A build in which some rows fail ends with 0 all the same."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "musicc", "build", spec.name], cwd=spec.parent, check=True, capture_output=True
    )
    return time.perf_counter() - began


def built(spec: Path, name: str) -> bytes:
    return (spec.parent / "build" / "measured" / "default" / name).read_bytes()


def contestant(url: str, seeds: int, slots: int, keep: Path) -> None:
    """One build; prints its figures, and leaves its pairs in `keep`."""
    with tempfile.TemporaryDirectory() as folder:
        spec = write_project(Path(folder) / "project", url, seeds, slots)
        wall = build(spec)
        keep.write_bytes(built(spec, "pairs.jsonl"))
        lost = built(spec, "quarantine.jsonl").count(b"\n")
        manifest = json.loads(built(spec, "manifest.json"))
    retries = sum(model.get("retries", 0) for model in manifest["models"].values())
    rows = keep.read_bytes().count(b"\n")
    print(json.dumps({"wall": wall, "rows": rows, "lost": lost, "retries": retries}))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--as", dest="contestant", metavar="URL")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=600)
    parser.add_argument("--slots", type=int, default=32)
    parser.add_argument("--median", type=float, default=0.1, metavar="SECONDS")
    given = parser.parse_args()
    if given.contestant:
        contestant(given.contestant, given.seeds, given.slots, given.keep)
        return 0
    return compare(given.rounds, given.seeds, given.slots, given.median)


def compare(rounds: int, seeds: int, slots: int, median: float) -> int:
    with (
        tempfile.TemporaryDirectory() as folder,
        serving_apart(*server(median, faults=False)) as calm,
        serving_apart(*server(median, faults=True)) as rough,
    ):
        kept = {name: Path(folder) / name for name in ("calm", "rough")}
        here = ["-m", "benchmarks.faults", "--seeds", str(seeds), "--slots", str(slots)]
        figures = turn_about(
            {name: [*here, "--as", url, "--keep", str(kept[name])] for name, url in (("calm", calm), ("rough", rough))},
            rounds,
        )
        same = kept["calm"].read_bytes() == kept["rough"].read_bytes()
    heading(f"{seeds * TURNS * CALLS:,} calls, {slots} slots, median latency {1000 * median:.0f} ms, {rounds} rounds")
    for name, one in figures.items():
        print(
            f"  {name:6} {one['wall']:7.2f} s wall {one['rows']:7,.0f} rows {one['lost']:3.0f} quarantined "
            f"{one['retries']:7,.0f} calls tried again"
        )
    ratio = figures["rough"]["wall"] / figures["calm"]["wall"]
    print(f"  ratio  {ratio:7.2f}        the pairs are {'the same' if same else 'NOT THE SAME'}")
    return 0 if same and ratio <= ENOUGH else 1


if __name__ == "__main__":
    sys.exit(main())
