"""A head on a frozen SmolLM2-135M (`method = frozen`): accuracy on pairs of other seeds, beside what length alone gives.

Several splits of one file; the first one reads all conversations, the others find them in the store.

    python -m benchmarks.frozen --pairs hh.jsonl.gz [--splits 3] [--layers 15]
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import mean

from benchmarks.measure import heading

SPEC = """music 1

params {{ seed = 1 }}

seeds people {{ from = file("{name}")  context = first_user_turn }}

dataset pairs {{
  mix        = {{ people.pairs: 1x }}
  validation = 22%
}}

reward rm {{
  base       = smollm2_135m
  train      = pairs
  method     = frozen
  layers     = {layers}
  max_length = 1024
}}
"""


def musicc(folder: Path, *arguments: str) -> tuple[float, float]:
    """Runs a command in the project; its seconds, and those of CPU time."""
    started, used = time.monotonic(), cpu()
    command = [sys.executable, "-m", "musicc", *arguments]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started, cpu() - used


def cpu() -> float:
    """CPU seconds of the commands that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--layers", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / ".git").mkdir()
        shutil.copy(options.pairs, folder)
        (folder / "frozen.music").write_text(SPEC.format(name=options.pairs.name, layers=options.layers))
        heading(
            f"the first {options.layers} layers of a frozen SmolLM2-135M, {options.pairs.name}, {os.cpu_count()} cores"
        )
        found = [split(folder, number) for number in range(1, options.splits + 1)]
    print(f"mean accuracy {mean(found):.1%}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"peak memory of a command {peak:,.0f} MB")


def split(folder: Path, seed: int) -> float:
    """Builds and trains with another seed, which splits otherwise. Returns the accuracy."""
    musicc(folder, "build", "frozen.music", "-p", f"seed={seed}")
    seconds, used = musicc(folder, "train", "frozen.music", "-p", f"seed={seed}")
    told = json.loads((folder / "build/frozen/default/reward/rm/manifest.json").read_bytes())
    metrics = told["metrics"]
    low, high = metrics["interval"]
    print(
        f"split {seed}: {told['data']['train']:,} pairs, {metrics['pairs']} others: {metrics['accuracy']:.1%} "
        f"({low:.1%} to {high:.1%}); preferring the longer {metrics['longer']:.1%}, the shorter "
        f"{1 - metrics['longer']:.1%}; {seconds:,.0f} s, {used:,.0f} s of CPU"
    )
    return float(metrics["accuracy"])


if __name__ == "__main__":
    main()
