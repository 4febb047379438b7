"""`musicc train` stopped at any moment, and gone on with: the model is that of a training which was not stopped."""

import json
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.cli.rewards import REWARD, SPEC, Rewards, built, trained
from tests.cli.trainings import stop

TORCHRUN = ["torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
SECRETS = {"HF_TOKEN": "hf_4Qm0secret", "WANDB_API_KEY": "wandb-7secret", "OPENAI_API_KEY": "sk-9secret"}
LONG = REWARD.replace("steps     = 4", "steps     = 100\n  evaluate_every = 10")


class Killed(BaseException):
    """The process would be gone."""


@pytest.fixture
def project(tmp_path: Path) -> Rewards:
    return built(tmp_path / "project")


def by(method: str) -> str:
    return SPEC + REWARD.replace("batch ", f"method    = {method}\n  batch ")


# Ctrl-C


@pytest.mark.parametrize("method", ["full", "lora"])
def test_what_is_stopped_and_resumed_is_what_was_not_stopped(tmp_path: Path, method: str) -> None:
    project = built(tmp_path / "project", by(method))
    done = stop(project, 2)
    assert (done.code, done.out) == (130, "")
    assert "\nstopping after this step; once more: at once\n" in done.err
    assert done.err.endswith("\nstopped; with `--resume` the same command goes on after step 3\n")
    assert not project.model().exists()
    done = project.train("--resume")
    assert (done.code, "\nresuming after step 3\n" in done.err) == (0, True)
    assert project.made() == trained(tmp_path / "other", (project.folder / "t.music").read_text()).made()
    assert not project.work().exists()


def test_stopped_more_often_than_not(tmp_path: Path, project: Rewards) -> None:
    project.changed("steps     = 4", "steps     = 6")
    expected = trained(tmp_path / "other", (project.folder / "t.music").read_text()).made()
    codes = [stop(project, step, resume=step > 1).code for step in (1, 3, 5)]
    assert codes == [130, 130, 0]  # after the last step there is nothing to be stopped
    assert project.made() == expected


def test_twice_stops_at_once(project: Rewards) -> None:
    done = stop(project, 3, twice=True)
    assert done.code == 130
    assert done.err.endswith("\nstopped; with `--resume` the same command goes on after step 2\n")


def test_stopped_before_the_first_checkpoint(project: Rewards) -> None:
    with patch("musicc.runtime.reward.gradients.loaded", side_effect=KeyboardInterrupt):
        done = project.train()
    assert (done.code, done.err.splitlines()[-1]) == (
        130,
        "stopped before the first checkpoint: the same command begins anew",
    )
    assert project.train().code == 0


def test_what_a_frozen_base_was_made_to_read_is_kept(tmp_path: Path) -> None:
    from musicc.runtime.reward import features

    project = built(tmp_path / "project", by("frozen").replace("batch ", "token_budget = 128\n  batch "))
    read: list[int] = []

    def some(model: object, **inputs: Any) -> Any:
        if len(read) == 5:
            read.clear()
            raise KeyboardInterrupt
        read.append(1)
        return states(model, **inputs)  # type: ignore[arg-type]

    states = features.last_states
    with patch.object(features, "last_states", some):
        done = project.train()
        assert done.err.splitlines()[-1] == "stopped; what was read is kept: the same command goes on from here"
        assert (done.code, read) == (130, [])
        while (done := project.train()).code:
            read.clear()
    assert "nothing to resume" not in done.err
    with patch.object(features, "last_states", side_effect=AssertionError("read again")):
        shutil.rmtree(project.model())
        assert project.train().code == 0


def test_nothing_to_resume_is_a_training_from_the_start(project: Rewards) -> None:
    done = project.train("--resume")
    assert (done.code, "nothing to resume: from the start" in done.err) == (0, True)


# Kills


def before_it_is_written() -> Any:
    return patch("musicc.runtime.reward.train.save", side_effect=Killed)


def before_it_is_published() -> Any:
    return patch("musicc.runtime.reward.train.publish", side_effect=Killed)


def while_it_is_published() -> Any:
    """The old one has gone, the new one has not come."""
    rename = Path.rename

    def killed(self: Path, target: Path) -> Path:
        if self.name == "made":
            raise Killed
        return rename(self, target)

    return patch.object(Path, "rename", killed)


def before_its_checkpoints_go() -> Any:
    return patch("musicc.runtime.reward.train.discard", side_effect=Killed)


@pytest.mark.parametrize(
    ("method", "moment"),
    [
        ("full", before_it_is_written),
        ("full", before_it_is_published),
        ("full", while_it_is_published),
        ("full", before_its_checkpoints_go),
        ("frozen", while_it_is_published),
        ("frozen", before_its_checkpoints_go),
    ],
)
def test_killed_at_the_end(tmp_path: Path, method: str, moment: Callable[[], Any]) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    project = trained(tmp_path / "project", by(method))
    expected = project.changed("lr        = 4e-3", "centring  = 0.1").made()
    with moment(), pytest.raises(Killed):
        project.train()
    assert moment is not before_it_is_published or project.made() == expected  # the old one is still there
    done = project.train("--resume")
    assert done.code == 0
    assert project.manifest()["reward"]["centring"] == 0.1
    assert project.made() == trained(tmp_path / "other", (project.folder / "t.music").read_text()).made()
    assert [path.name for path in (project.build / "reward").iterdir() if not path.name.endswith(".old")] == ["rm"]
    events = EventAccumulator(str(project.model() / "tensorboard")).Reload().Scalars("train/loss")
    assert len({event.step for event in events}) == len(events) > 2


@pytest.mark.slow
def test_ctrl_c(tmp_path: Path) -> None:
    project = built(tmp_path / "project", SPEC + LONG)
    process = started(project)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "\nstopped; with `--resume` the same command goes on after step " in err
    assert "Traceback" not in err
    assert project.train("--resume").code == 0
    assert project.made() == trained(tmp_path / "other", (project.folder / "t.music").read_text()).made()


def started(project: Rewards, *arguments: str) -> Any:
    """A training in a process of its own, which has saved a checkpoint."""
    before = set(project.work().glob("*/whole"))
    process = project.start("musicc", "train", "t.music", *arguments)
    while not set(project.work().glob("*/whole")) - before:
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.01)
    return process


@pytest.mark.slow
def test_kills(tmp_path: Path) -> None:
    """`kill -9`, each time somewhere between two checkpoints or in the midst of one."""
    project = built(tmp_path / "project", SPEC + LONG)
    draw, resume = random.Random(5), ()
    for _ in range(3):
        process = started(project, *resume)
        time.sleep(draw.uniform(0, 0.3))
        process.kill()
        process.communicate()
        resume = ("--resume",)
    assert project.train(*resume).code == 0
    assert project.made() == trained(tmp_path / "other", (project.folder / "t.music").read_text()).made()


# Several processes


@pytest.mark.slow
def test_two_processes_train_what_one_does_and_tell_it_once(tmp_path: Path, project: Rewards) -> None:
    process = project.start(*TORCHRUN, "-m", "musicc", "train", "t.music", "rm")
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    assert out.count("reward rm: ") == 1 == len(out.splitlines())
    assert err.count("training `rm` (full) from tiny") == 1
    assert err.count("a step:     2 devices × 1 forward pass × about 4 pairs") == 1
    assert err.count("step 4/4 · ") == 1
    other = trained(tmp_path / "other")
    for one, two in zip(*(logged(each) for each in (other, project)), strict=True):
        assert two == pytest.approx(one, rel=1e-4, abs=1e-5)


def logged(project: Rewards) -> list[dict[str, float]]:
    return list(map(json.loads, (project.model() / "log.jsonl").open()))


# Secrets


def test_secrets_are_written_nowhere(project: Rewards, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    assert stop(project, 2).code == 130
    for done in (project.work(), project.model()):  # a checkpoint, then a model
        assert list(done.glob("**/*.safetensors"))
        for path in (path for path in project.folder.rglob("*") if path.is_file()):
            data = path.read_bytes()
            assert not [name for name, value in SECRETS.items() if value.encode() in data], path
        assert project.train("--resume").code == 0
