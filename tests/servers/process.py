"""The fake server in a process of its own, for builds that run in processes of theirs."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]


@contextmanager
def serving_apart(*arguments: str, module: str = "tests.servers.openai", **environment: str) -> Iterator[str]:
    """The URL of `python -m MODULE` with these arguments; the process is killed when the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
