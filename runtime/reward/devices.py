"""The processes that train together, one a device: `torchrun` and `accelerate launch` start them, otherwise there is one."""

from collections.abc import Sequence
from typing import TypeVar

import torch
from accelerate import PartialState
from accelerate.utils import parse_flag_from_env
from torch import distributed

T = TypeVar("T")


def state() -> PartialState:
    """Of the processes, begun at the first call. They find each other on CPUs only if they are told that they use them."""
    return PartialState(cpu=not torch.accelerator.is_available() or parse_flag_from_env("ACCELERATE_USE_CPU"))


def count() -> int:
    """How many processes train together."""
    return int(state().num_processes)


def rank() -> int:
    """Which of them this is, from 0; process 0 alone writes and tells."""
    return int(state().process_index)


def wait() -> None:
    """Until all are here."""
    state().wait_for_everyone()


def gathered(own: Sequence[T]) -> list[T]:
    """The items of all processes, in the order of their ranks, for every process. Plain numbers only: they are pickled."""
    if count() == 1:
        return list(own)
    everyone: list[list[T]] = [[] for _ in range(count())]
    distributed.all_gather_object(everyone, list(own))
    return [item for items in everyone for item in items]


def anybody(own: bool) -> bool:
    """Whether it holds for any process."""
    if count() == 1:
        return own
    flag = torch.tensor(int(own), device=state().device)
    distributed.all_reduce(flag, distributed.ReduceOp.MAX)
    return bool(flag)
