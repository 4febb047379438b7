"""kill -9 at random moments of a build, then the same command: equal bytes, and no call paid for twice.

python -m benchmarks.crash [--kills 20]
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import heading
from tests.crash import GRACE, crash


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    kills = parser.parse_args().kills
    with tempfile.TemporaryDirectory() as folder:
        seen = crash(Path(folder), kills, seeds=40 * kills, median=0.1)
    heading(f"{seen.kills} kills at random moments of one build, {seen.calls:,} calls")
    print(f"  pairs.jsonl equal to an undisturbed build's: {'yes' if seen.same_bytes else 'NO'}")
    print(f"  calls made again whose reply was older than {1000 * GRACE:.0f} ms at the kill: {seen.repeated}")
    return 0 if seen.same_bytes and seen.repeated == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
