"""A trained reward model as a folder that every tool loads, and the proof that it does."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from math import inf
from pathlib import Path
from typing import Any

import orjson
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes.rewards import NOT_SAVED_RIGHT
from musicc.runtime.reward.quiet import quietly
from musicc.runtime.reward.saving import saving
from musicc.runtime.reward.types import Tokens
from musicc.runtime.store.disk import disk_errors

ADAPTER = "adapter"
RESCORED = 8
"""Pairs that a fresh process scores after the model was saved."""

TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 5e-2}
"""Rewards may differ by so much of the largest one (at least of 1): other kernels round otherwise."""


def save(model: Any, tokenizer: PreTrainedTokenizerBase, folder: Path) -> PreTrainedModel:
    """Writes `config.json`, `model.safetensors`, the tokenizer and its chat template. Returns the model that was written.

    Of a model with adapters these are written as well, head included, and the model is the base with them merged in.
    Raises DiagnosticError when the disk refuses.
    """
    with saving(folder), quietly():
        if hasattr(model, "merge_and_unload"):
            model.save_pretrained(folder / ADAPTER)
            model = _merged(model)
        model.config.architectures = [type(model).__name__]
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        _share(folder)
    return model


def _share(folder: Path) -> None:
    """What safetensors writes only the user may read; now those may who may read what lies beside it."""
    mode = (folder / "config.json").stat().st_mode
    for weights in folder.rglob("*.safetensors"):
        weights.chmod(mode)


def _merged(model: Any) -> PreTrainedModel:
    """In fp32, so that small updates are not rounded away one by one; saved as precise as the base was."""
    dtype = model.dtype
    merged: PreTrainedModel = model.float().merge_and_unload()
    merged.to(dtype)
    merged.score.float()
    return merged


def check_saved(folder: Path, conversations: Sequence[Tokens], rewards: Sequence[float], dtype: torch.dtype) -> None:
    """Lets another process load the folder with transformers alone and score conversations that were scored before.

    Raises DiagnosticError where its rewards are others (M640).
    """
    asked = orjson.dumps([list(tokens) for tokens in conversations])
    command = [sys.executable, "-m", "musicc.runtime.reward.rescore", str(folder)]
    done = subprocess.run(command, input=asked, capture_output=True, check=False)  # noqa: S603 - our own module
    if done.returncode:
        raise DiagnosticError(
            _odd(folder, f"it cannot be loaded: {done.stderr.decode(errors='replace').strip()[-300:]}")
        )
    found = [inf if reward is None else reward for reward in orjson.loads(done.stdout)]  # JSON has no NaN
    furthest = max(abs(one - other) for one, other in zip(found, rewards, strict=True))
    if not furthest <= TOLERANCE[dtype] * max(1.0, *map(abs, rewards)):
        raise DiagnosticError(_odd(folder, f"a reward differs by {furthest:.3g}"))


def _odd(folder: Path, what: str) -> Diagnostic:
    message = f"loaded by another process, the saved model is not the trained one: {what}"
    help_ = "report it, with the versions of torch and transformers"
    return Diagnostic(NOT_SAVED_RIGHT, message, str(folder), help=help_)


def publish(made: Path, folder: Path) -> None:
    """Puts a finished folder in the place of `folder`; what was there goes when the new one stands."""
    with disk_errors("publish a reward model", folder):
        old = _out_of_the_way(folder)
        made.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def discard(folder: Path) -> None:
    """Removes a folder: after a kill as well it is there as a whole, or not at all."""
    with disk_errors("remove a training folder", folder):
        old = _out_of_the_way(folder)
    shutil.rmtree(old, ignore_errors=True)


def _out_of_the_way(folder: Path) -> Path:
    """Where it is now, if it was there."""
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    return old
