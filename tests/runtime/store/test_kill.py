"""kill -9 of a process that writes."""

import random
import subprocess
import sys
import time
from pathlib import Path

from musicc.runtime.store import Store
from tests.runtime.store.common import key, value

ROOT = Path(__file__).parents[3]
WRITE = """
import sys
from pathlib import Path
from musicc.runtime.store import Store
from tests.runtime.store.common import key, value
with Store.open(Path(sys.argv[1])) as store:
    number = int(sys.argv[2])
    while True:
        for _ in range(20):
            store.put(key(number), value(number))
            number += 1
        store.flush()
        print(number, flush=True)
"""


def write_and_kill(folder: Path, first: int, seconds: float) -> int:
    """Up to which number the process had flushed."""
    command = [sys.executable, "-c", WRITE, str(folder), str(first)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        time.sleep(seconds)
        process.kill()
        flushed = process.stdout.read().split("\n")
    return max(map(int, filter(None, flushed[:-1])), default=first)


def test_what_was_flushed_outlives_kills_and_nothing_wrong_is_found(tmp_path):
    draw, first = random.Random(7), 0
    for _ in range(6):
        flushed = write_and_kill(tmp_path, first, draw.uniform(0, 0.05))
        with Store.open(tmp_path) as store:
            assert all(store.get(key(number)) == value(number) for number in range(flushed))
            beyond = [store.get(key(number)) for number in range(flushed, flushed + 60)]
            assert all(found in (None, value(number)) for number, found in enumerate(beyond, flushed))
            assert not store.damaged
        first = flushed
    assert first > 100
