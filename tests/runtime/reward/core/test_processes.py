"""Killed at any moment and resumed, or in several processes: the training that one process makes without a stop."""

import json
import multiprocessing
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from musicc.runtime.reward import checkpoint
from tests.runtime.reward.core import training

pytestmark = pytest.mark.slow

ROOT, HERE = Path(__file__).parents[4], Path(__file__).parent
MODULE = training.__name__
LAUNCHERS = {
    "torchrun": ["torch.distributed.run", "--nproc-per-node", "2", "-m"],
    "fsdp": ["accelerate.commands.launch", "--config_file", str(HERE / "fsdp.yaml"), "-m"],
}
KILLS = 5


def told(work: Path) -> dict[str, Any]:
    return json.loads((work / "told.json").read_text())


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    work = tmp_path_factory.mktemp("alone")
    training.train(work)
    return told(work) | {"work": work}


def test_killed_at_random_moments_the_weights_are_those_of_a_training_that_was_not(tmp_path: Path) -> None:
    """A checkpoint after every step, so that kills come in the midst of them."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([MODULE])

    def begun(work: Path) -> Any:
        process = processes.Process(target=training.train, args=(work,), kwargs={"evaluate_every": 1})
        process.start()
        return process

    begun(tmp_path / "whole").join()
    draw, reached, killed = random.Random(4), [None], tmp_path / "killed"
    for _ in range(KILLS):
        process = begun(killed)
        while process.is_alive() and checkpoint.last(killed) == reached[-1]:
            time.sleep(0.002)
        process.join(draw.uniform(0, 0.1))
        process.kill()
        process.join()
        reached.append(checkpoint.last(killed))
    begun(tmp_path / "killed").join()
    assert len(set(reached)) > 2  # it went on from more than one place
    assert told(killed) == told(tmp_path / "whole")


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_two_processes_train_as_one_does(launcher: str, tmp_path: Path, alone: dict[str, Any]) -> None:
    """Stopped and resumed on the way. Sums of gradients are in another order, hence not the same bits."""
    command = [sys.executable, "-m", *LAUNCHERS[launcher], MODULE, str(tmp_path), "4"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = told(tmp_path)
    assert found["devices"] == 2
    assert len(found["history"]) == len(alone["history"])
    for one, other in zip(found["history"], alone["history"], strict=True):
        assert one == pytest.approx(other, rel=1e-4, abs=1e-5)
    (kept, whole) = (load_file(checkpoint.last(work) / "model.safetensors") for work in (tmp_path, alone["work"]))
    assert kept.keys() == whole.keys()
    for name, weights in whole.items():
        torch.testing.assert_close(kept[name], weights, rtol=1e-3, atol=1e-4)
    for both, expected in zip(found["rewards"], alone["rewards"], strict=True):
        assert both == pytest.approx(expected, rel=1e-3, abs=1e-4)
