"""What a training is given, and what it gives back."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from musicc.plan.document import Plan
from musicc.plan.rewards import Reward
from musicc.runtime.data.source import Report
from musicc.runtime.store.survey import Step

FOLDER, TENSORBOARD = "reward", "tensorboard"

Logs: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """How far a training is: after `step`, of which `done` since it began or was resumed, what was read in these, what was
    logged.
    """

    step: int
    done: int
    pairs: int
    tokens: int
    logs: Logs


Tell: TypeAlias = Callable[[Told], None]


@dataclass(frozen=True, slots=True)
class Job:
    """A reward model to train, of a plan whose pairs lie in the folder `build`; paths of the spec count from `spec_folder`.

    `features`: the store of hidden states. `report` hears of problems with records, `note` of what takes long or is good
    to know; `step` and `tell` make what shows progress: over tokens that are read, and over a number of steps.
    """

    reward: Reward
    plan: Plan
    build: Path
    spec_folder: Path
    features: Path
    resume: bool
    report: Report
    note: Callable[[str], None]
    step: Callable[[str], AbstractContextManager[Step]]
    tell: Callable[[int], AbstractContextManager[Tell]]

    @property
    def folder(self) -> Path:
        """Where the finished model lies."""
        return self.build / FOLDER / self.reward.name

    @property
    def work(self) -> Path:
        """Where checkpoints lie until it is finished."""
        return self.build / FOLDER / f".{self.reward.name}.training"
