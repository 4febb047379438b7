"""Small projects on disk, the `musicc` command run on them, and the fake servers that it asks."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.process import ROOT
from tests.warm import Fork, forked

PATIENCE = 280  # seconds that a command may take

SPEC = """music 1

import "std/personas" (curious_user, helpful_assistant)
import "std/contrasts" (sidestep, other_instruction, forget_history)

params {{ pairs = 12 }}

model fake {{
  url   = "{url}"
  name  = "fake"
  limit = {{ concurrency: 8 }}
  {extra}
}}

seeds openings {{
  from    = file("seeds.jsonl")
  context = first_user_turn
  take    = pairs
}}

dialogue contrastive {{
  seeds     = openings
  user      = curious_user on fake
  assistant = helpful_assistant on fake
  turns     = 3

  rejected {{
    turn 1        other_instruction
    turn 2..last  50% sidestep | 50% forget_history
  }}
}}
"""


@dataclass(frozen=True)
class Done:
    """How a command ended; never with a traceback."""

    code: int | None
    out: str
    err: str

    def __post_init__(self) -> None:
        assert "Traceback" not in self.err, self.err


@dataclass(frozen=True)
class Project:
    """A folder with `test.music`, its seeds, a store and a build folder."""

    folder: Path

    @property
    def spec(self) -> Path:
        return self.folder / "test.music"

    @property
    def pairs(self) -> bytes:
        return (self.folder / "build" / "test" / "default" / "pairs.jsonl").read_bytes()

    @property
    def manifest(self) -> dict[str, object]:
        value: dict[str, object] = json.loads((self.folder / "build/test/default/manifest.json").read_bytes())
        return value

    def write(self, url: str, *, seeds: int = 12, spec: str = SPEC, extra: str = "") -> "Project":
        """The project as it is to be built against the server at `url`."""
        self.folder.mkdir(exist_ok=True)
        (self.folder / ".git").mkdir(exist_ok=True)
        self.spec.write_text(spec.format(url=url, extra=extra))
        lines = (f'{{"prompt": "Question {n}: what should I know about subject {n}?"}}\n' for n in range(seeds))
        (self.folder / "seeds.jsonl").write_text("".join(lines))
        return self

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        """`musicc …` in the project's folder, as a user starts it: to be interrupted, killed, met while it runs."""
        return subprocess.Popen(
            [sys.executable, "-m", "musicc", *arguments],
            cwd=self.folder,
            env=variables(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def going(self, *arguments: str, **environment: str) -> AbstractContextManager[Fork]:
        """`musicc …` in the project's folder, in a fork (`tests/warm.py`), which is killed when the block ends."""
        return forked("musicc", *arguments, cwd=self.folder, environment=variables(environment))

    def run(self, *arguments: str, **environment: str) -> Done:
        """`musicc …` in the project's folder, from its start to its end."""
        with self.going(*arguments, **environment) as fork:
            fork.process.join(PATIENCE)
            return Done(fork.process.exitcode, fork.out.read_text(), fork.err.read_text())

    def run_anew(self, *arguments: str) -> Done:
        """The same in a process that shares nothing with those before it, not even the order of sets."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=PATIENCE)
        return Done(process.returncode, out, err)

    def build(self, *arguments: str, **environment: str) -> Done:
        return self.run("build", "test.music", *arguments, **environment)


def variables(more: dict[str, str]) -> dict[str, str]:
    """The environment of a process that finds the project wherever it runs."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


@contextmanager
def serving(module: str, *arguments: str, **environment: str) -> Iterator[str]:
    """The URL of the fake server `python -m MODULE`, which is killed when the block ends."""
    with forked(module, *arguments, cwd=ROOT, environment=variables(environment)) as fork:
        wait_for(fork.out)
        yield fork.out.read_text().strip()


def endpoint(log: Path, *arguments: str, **environment: str) -> AbstractContextManager[str]:
    """The URL of a fake server of its own, which logs what it answers."""
    return serving("tests.servers.openai", "--log", str(log), *arguments, **environment)


def answered(log: Path) -> Counter[str]:
    """How often each request was answered with a completion, by its digest."""
    lines = log.read_text().splitlines() if log.exists() else []
    return Counter(line.split()[1] for line in lines if line.endswith(" 200"))


def wait_for(path: Path) -> None:
    """Returns when the file holds something."""
    for _ in range(1000):
        if path.exists() and path.stat().st_size:
            return
        time.sleep(0.01)
    raise AssertionError(f"{path} did not appear")
