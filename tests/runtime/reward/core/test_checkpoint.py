"""Only whole checkpoints count, and a disk that fills up costs none that was there."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from musicc.diagnostics import DiagnosticError
from musicc.diagnostics.codes.running import DISK_FAULT, DISK_FULL
from musicc.runtime.reward import checkpoint
from musicc.runtime.reward.saving import saving
from musicc.runtime.reward.trainer import Told
from tests.runtime.reward.core import tiny
from tests.runtime.reward.core.tiny import slow
from tests.runtime.store.common import file_limit

LOG, WEIGHTS, OPTIMISER = 3_000, 50_000, 100_000
"""Bytes of a file that are too few for TensorBoard's log, for the tiny model's weights, for Adam's moments."""


def write(folder: Path, step: int) -> Path:
    made = folder / f"checkpoint-{step}"
    (made / "inner").mkdir(parents=True)
    (made / "inner" / "weights").write_text("1")
    return made


def test_before_the_first_there_is_none(tmp_path: Path) -> None:
    write(tmp_path, 4)
    assert checkpoint.last(tmp_path) is None
    assert checkpoint.last(tmp_path / "nowhere") is None


def test_the_newest_counts_and_those_before_it_go(tmp_path: Path) -> None:
    first, second = write(tmp_path, 8), write(tmp_path, 10)
    checkpoint.settle(tmp_path, 8)
    assert (checkpoint.last(tmp_path), second.exists()) == (first, False)
    write(tmp_path, 10)
    assert checkpoint.last(tmp_path) == first
    checkpoint.settle(tmp_path, 10)
    assert (checkpoint.last(tmp_path), first.exists()) == (second, False)
    assert checkpoint.step_of(second) == 10


def test_of_two_whole_ones_the_later_step_counts(tmp_path: Path) -> None:
    """A kill can come between the end of one and the removal of the other."""
    for step in (8, 10):
        (write(tmp_path, step) / "whole").touch()
    assert checkpoint.last(tmp_path) == tmp_path / "checkpoint-10"


def test_weights_that_find_no_room(tmp_path: Path) -> None:
    tensors = {"weights": torch.zeros(100_000)}
    with file_limit(WEIGHTS), pytest.raises(DiagnosticError) as raised, saving(tmp_path):
        save_file(tensors, tmp_path / "model.safetensors")
    assert raised.value.diagnostics[0].code == DISK_FULL
    assert raised.value.exit_code == 2
    with file_limit(WEIGHTS), pytest.raises(DiagnosticError) as raised, saving(tmp_path):
        torch.save(tensors, tmp_path / "optimizer.pt")
    assert raised.value.diagnostics[0].code == DISK_FAULT  # torch does not say why


def test_a_folder_that_may_not_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DiagnosticError) as raised, saving(tmp_path):
        save_file({"weights": torch.zeros(1)}, tmp_path / "file" / "model.safetensors")
    assert raised.value.diagnostics[0].code == DISK_FAULT


def test_other_faults_are_not_taken_for_the_disk(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="shapes"), saving(tmp_path):
        raise RuntimeError("shapes cannot be multiplied")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # TensorBoard's thread dies of it
@pytest.mark.parametrize(
    "room", [slow(LOG, id="log"), pytest.param(WEIGHTS, id="weights"), slow(OPTIMISER, id="optimiser")]
)
def test_a_disk_that_fills_up_leaves_the_last_checkpoint(room: int, tmp_path: Path) -> None:
    limits = file_limit(room)

    def fill(told: Told) -> None:
        if told.step == 4:
            limits.__enter__()

    try:
        with pytest.raises(DiagnosticError) as raised:
            tiny.trained(tmp_path / "work", tell=fill)
    finally:
        limits.__exit__(None, None, None)
    (found,) = raised.value.diagnostics
    assert found.code in {DISK_FULL, DISK_FAULT}
    assert raised.value.exit_code == 2
    assert checkpoint.last(tmp_path / "work") == tmp_path / "work" / "checkpoint-3"
    whole = tiny.trained(tmp_path / "whole")
    assert tiny.same(tiny.weights(tiny.trained(tmp_path / "work")), tiny.weights(whole))
