"""How a training is told while it goes: a bar on a terminal, a plain line now and then elsewhere."""

import io
import os
import pty
import re
import select
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from musicc.cli import training
from musicc.cli.edge import note
from musicc.cli.training import duration, line
from musicc.runtime.reward.job import Told
from tests.cli.rewards import REWARD, SPEC, built

LOGS = {"loss": 0.51234, "accuracy": 0.75, "grad_norm": 1.0}
HELD = {"eval_loss": 0.6931, "eval_accuracy": 0.5}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def told(step: int, logs: dict[str, float] = LOGS, done: int | None = None) -> Told:
    done = step if done is None else done
    return Told(step, done, 8 * done, 400 * done, logs)


@pytest.mark.parametrize(
    ("one", "elapsed", "text"),
    [
        (told(3), 6.0, "step 3/1,000 · loss 0.5123, accuracy 75% · 4.0 pairs/s, 200 tokens/s · 33 min left"),
        (
            told(503, done=3),
            6.0,
            "step 503/1,000 · loss 0.5123, accuracy 75% · 4.0 pairs/s, 200 tokens/s · 17 min left",
        ),
        (told(500, done=0), 0.0, "step 500/1,000 · loss 0.5123, accuracy 75%"),
        (told(3, HELD), 6.0, "step 3: validation loss 0.6931, accuracy 50.0%"),
        (told(3, {"eval_accuracy": 0.5}), 6.0, "step 3: validation accuracy 50.0%"),  # no reward is finite
    ],
)
def test_a_line(one: Told, elapsed: float, text: str) -> None:
    assert line(one, 1000, elapsed) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (89, "89 s"),
        (91, "2 min"),
        (3599, "60 min"),
        (3600, "1 h 0 min"),
        (7199, "2 h 0 min"),
        (9000, "2 h 30 min"),
    ],
)
def test_how_long_something_takes(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_plain_line_now_and_then(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(training.time, "monotonic", lambda: now)
    with training.training(100) as tell:
        for step in range(1, 101):
            now += 1
            tell(told(step))
            if step % 50 == 0:
                tell(told(step, HELD))
        tell(told(100, {"train_runtime": 100.0}))
    lines = capsys.readouterr().err.splitlines()
    steps = [found[1] for found in (re.match(r"step (\d+)/100 · loss", one) for one in lines) if found]
    assert steps == [*map(str, range(10, 60, 10)), *map(str, range(60, 110, 10))]
    assert [one for one in lines if "validation" in one] == [
        f"step {at}: validation loss 0.6931, accuracy 50.0%" for at in (50, 100)
    ]
    assert len(lines) == 12


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "140")
    with training.training(4) as tell:
        tell(told(1))
        tell(told(2))
        tell(told(2, HELD))
        note("something to know")
    shown = plain(screen.getvalue())
    assert "step 2/4 · loss 0.5123, accuracy 75% · " in shown
    assert "step 2: validation loss 0.6931, accuracy 50.0%\n" in shown  # stays above the bar
    assert "something to know\n" in shown


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


@pytest.mark.slow
def test_on_a_real_terminal(tmp_path: Path) -> None:
    project = built(tmp_path / "project", SPEC + REWARD)
    ours, theirs = pty.openpty()
    process = project.start("musicc", "train", "t.music", terminal=theirs, TERM="xterm")
    os.close(theirs)
    shown = plain("".join(read(ours)))
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, shown
    assert out.startswith("reward rm: ")
    assert "training `rm` (full) from tiny\r\n" in shown
    assert "step 4/4" in shown
    assert "step 4: validation loss" in shown
    assert "Traceback" not in shown


def read(terminal: int) -> Iterator[str]:
    """What is written to it until all that could write have ended."""
    while select.select([terminal], [], [], 120)[0]:
        try:
            yield os.read(terminal, 4096).decode(errors="replace")
        except OSError:
            break
    os.close(terminal)
