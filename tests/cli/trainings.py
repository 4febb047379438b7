"""Trainings that are refused, and trainings that are stopped."""

import signal
from unittest.mock import patch

from musicc.cli.training import line
from musicc.runtime.reward.job import Told
from tests.cli.project import Done
from tests.cli.rewards import Rewards


def refused(done: Done, code: str, exit_code: int = 1) -> str:
    """What a command says, on one line, that ends with this error and makes nothing."""
    assert f"error[{code}]: " in done.err, done.err
    assert (done.code, done.out) == (exit_code, "")
    return " ".join(done.err.split())


def stop(project: Rewards, step: int, *, resume: bool = False, twice: bool = False) -> Done:
    """Ctrl-C while what is told of a step is told."""

    def interrupting(told: Told, steps: int, elapsed: float) -> str:
        if told.step == step and "loss" in told.logs:
            for _ in range(1 + twice):
                signal.raise_signal(signal.SIGINT)
        return line(told, steps, elapsed)

    with patch("musicc.cli.training.PLAIN_INTERVAL", 0), patch("musicc.cli.training.line", interrupting):
        return project.train(*["--resume"] * resume)
