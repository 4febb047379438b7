"""A finished reward model, found and loaded: ours, or whatever else transformers loads as a decoder with one output."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import torch
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes.rewards import NOT_LOADED
from musicc.diagnostics.codes.scoring import NO_MEMORY
from musicc.diagnostics.words import first_line
from musicc.runtime.reward.hardware import is_out_of_memory
from musicc.runtime.reward.model import Base, find
from musicc.runtime.reward.quiet import quietly

Loaded: TypeAlias = tuple[PreTrainedModel, PreTrainedTokenizerBase]

_KIND = "ForSequenceClassification"
_SUGGESTED = 3  # other folders


def located(name: str, revision: str | None = None) -> Base:
    """A reward model by its folder, else by its name on the hub. Its weights are not looked at.

    Raises DiagnosticError (M639): there is none, or its configuration is that of another kind of model.
    """
    folder = Path(name).expanduser()
    if not (folder / "config.json").is_file() and (folder.exists() or _is_path(name)):
        raise unfit(name, *_missing(folder))
    path = str(folder.resolve()) if folder.is_dir() else name
    with _loading(name), quietly():
        config = AutoConfig.from_pretrained(path, revision=revision or "main", trust_remote_code=False)
    _check(name, config)
    if folder.is_dir():
        return Base(name, path, None, find(path, None, Path(), lambda _: None).identity)
    commit: str | None = config._commit_hash
    return Base(name, name, commit, f"{name}@{commit}")


def loaded(base: Base, device: torch.device, dtype: torch.dtype) -> Loaded:
    """The model with weights in `dtype` and its head in fp32, ready to score on `device`; and its tokenizer.

    Raises DiagnosticError: it is no reward model, or damaged (M639), or too large for the device (M655).
    """
    with _loading(base.name), enough_memory(base.name), quietly():
        tokenizer = AutoTokenizer.from_pretrained(**base.arguments)
        model, found = AutoModelForSequenceClassification.from_pretrained(
            **base.arguments, dtype=dtype, use_safetensors=True, ignore_mismatched_sizes=True, output_loading_info=True
        )
        if lost := sorted({*found["missing_keys"], *(name for name, *_ in found["mismatched_keys"])}):
            raise ValueError(f"its weights lack `{lost[0]}`" + (f" and {len(lost) - 1} more" if lost[1:] else ""))
        if not isinstance(getattr(model, "score", None), torch.nn.Linear):
            raise ValueError(f"`{type(model).__name__}` has no head `score` over a decoder")
        model.score.float()
        model.requires_grad_(False).eval().to(device)
    return model, tokenizer


# What can be wrong with it


def _is_path(name: str) -> bool:
    """Whether this cannot be a name of the hub's, `owner/model`."""
    return name.startswith((".", "/", "~")) or name.count("/") > 1


def _check(name: str, config: Any) -> None:
    """Raises DiagnosticError (M639) where a configuration is not that of a reward model."""
    made_for = config.architectures or [_KIND]
    if not any(architecture.endswith(_KIND) for architecture in made_for):
        raise unfit(
            name, f"it is a `{made_for[0]}`, which gives no rewards", "`musicc train` makes a reward model of it"
        )
    if config.num_labels != 1:
        raise unfit(name, f"it has {config.num_labels} outputs, and a reward is one number", "")


def unfit(name: str, reason: str, help_: str = "") -> DiagnosticError:
    """That `name` is not to be scored with (M639), and why."""
    help_ = help_ or "name the folder of a reward model, `build/SPEC/PROFILE/reward/NAME`, or one on the hub"
    return DiagnosticError(Diagnostic(NOT_LOADED, f"`{name}` is no reward model: {reason}", help=help_), exit_code=2)


def _missing(folder: Path) -> tuple[str, str]:
    """Why there is none in the folder, and where there are some."""
    if not folder.is_dir():
        return "there is no such folder", ""
    if (folder / "adapter_config.json").is_file():
        help_ = f"name the model that it was merged into: `{folder.parent}`, if `musicc train` wrote it"
        return "the folder holds an adapter alone", help_
    models = sorted(file.parent for file in folder.glob("**/config.json"))[:_SUGGESTED]
    return "the folder holds no `config.json`", f"name {' or '.join(f'`{one}`' for one in models)}" if models else ""


@contextmanager
def _loading(name: str) -> Iterator[None]:
    """Turns what transformers and the hub raise for a model that cannot be loaded into a DiagnosticError (M639)."""
    try:
        yield
    except (OSError, SafetensorError, ValueError, KeyError, ImportError, RuntimeError) as error:
        raise unfit(name, first_line(error)) from error


@contextmanager
def enough_memory(name: str) -> Iterator[None]:
    """Raises DiagnosticError (M655) where the device's memory does not suffice, and says so."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        help_ = "write a smaller `--token-budget`, or `--precision bf16`"
        message = f"`{name}` does not fit into memory with what it reads at once"
        raise DiagnosticError(Diagnostic(NO_MEMORY, message, help=help_), exit_code=2) from error
