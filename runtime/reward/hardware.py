"""What the machine offers to training: its device, whether it computes in bf16, how much it reads at once, its memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes.rewards import NO_MEMORY
from musicc.plan.rewards import Precision
from musicc.runtime.reward import devices

CPU_TOKENS, GPU_TOKENS = 4096, 32_768
"""Tokens of a forward pass where the spec says none: enough to keep the device busy, and no more."""

Compute = Literal["fp32", "bf16"]

_NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")  # torch's words, on GPUs and CPUs


def device() -> torch.device:
    """This process's device: a GPU where there is one."""
    found: torch.device = devices.state().device
    return found


def compute(precision: Precision) -> Compute:
    """What matrices are multiplied in: as the spec says, else bf16 where the hardware does it and fp32 elsewhere.

    CPUs without instructions for bf16 emulate it, several times slower than fp32.
    """
    if precision != "auto":
        return precision
    if device().type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    return "bf16" if torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported() else "fp32"


def token_budget(wanted: int | None) -> int:
    """Tokens of one forward pass."""
    return wanted or (GPU_TOKENS if device().type == "cuda" else CPU_TOKENS)


def memory() -> int | None:
    """The GPU's memory in bytes, None where there is none."""
    return int(torch.cuda.get_device_properties(device()).total_memory) if device().type == "cuda" else None


def is_out_of_memory(error: RuntimeError | MemoryError) -> bool:
    """Whether this is how torch says that memory does not suffice."""
    return isinstance(error, MemoryError) or any(words in str(error) for words in _NO_MEMORY)


@contextmanager
def enough_memory(base: str) -> Iterator[None]:
    """Raises DiagnosticError where the block does not fit into memory with this base (M638)."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        help_ = "lower `token_budget`, set `gradient_checkpointing`, or train with `method = lora`"
        fault = Diagnostic(NO_MEMORY, "the memory does not suffice to train it", at=base, help=help_)
        raise DiagnosticError(fault, exit_code=2) from error
