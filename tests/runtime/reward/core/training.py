"""`python -m tests.runtime.reward.core.training WORK STOP`: the tiny training, stopped after a step and resumed.

Process 0 writes what was logged, the validation's rewards and a digest of the weights to `WORK/told.json`.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from safetensors.torch import save

from musicc.runtime.reward import devices
from musicc.runtime.reward.trainer import PairTrainer
from tests.runtime.reward.core import tiny


def train(work: Path, stop_at: int | None = None, **fields: Any) -> None:
    """Trains, or goes on from the last checkpoint."""
    trainer = tiny.trained(work, stop_at=stop_at, **fields)
    outcomes = trainer.validated()
    if devices.rank() == 0:
        rewards = [[outcome.chosen, outcome.rejected] for outcome in outcomes]
        told = {
            "devices": devices.count(),
            "history": tiny.history(trainer),
            "rewards": rewards,
            "weights": digest(trainer),
        }
        (work / "told.json").write_text(json.dumps(told))


def digest(trainer: PairTrainer) -> str:
    """Empty where weights are spread over processes."""
    if trainer.is_fsdp_enabled:
        return ""
    return hashlib.sha256(save(dict(trainer.accelerator.unwrap_model(trainer.model).state_dict()))).hexdigest()


if __name__ == "__main__":
    train(Path(sys.argv[1]), stop_at=int(sys.argv[2]))
    train(Path(sys.argv[1]))
