"""kill -9 or Ctrl-C at random moments of a build with a judge, then the same command: equal bytes, no call paid for twice.

python -m benchmarks.crash [--kills 100] [--interrupts 20]
"""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import heading
from tests.crash import GRACE, crash


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--interrupts", type=int, default=20)
    given = parser.parse_args()
    kills = _run("kills", given.kills, signal.SIGKILL)
    return int(not (kills and _run("interrupts", given.interrupts, signal.SIGINT)))


def _run(what: str, number: int, ending: signal.Signals) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        seen = crash(Path(folder), number, seeds=6 * number, median=0.1, ending=ending)
    heading(f"{number} {what} at random moments of one build, {seen.calls:,} calls")
    print(f"  pairs.jsonl equal to an undisturbed build's: {'yes' if seen.same_bytes else 'NO'}")
    print(f"  calls made again whose reply was older than {1000 * GRACE:.0f} ms at the end: {seen.repeated}")
    return seen.same_bytes and seen.repeated == 0


if __name__ == "__main__":
    sys.exit(main())
