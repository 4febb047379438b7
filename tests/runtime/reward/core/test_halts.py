"""What ends a training before its end: numbers that are not finite, with their records named, and a full memory."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from musicc.diagnostics import DiagnosticError
from musicc.diagnostics.codes.rewards import NO_MEMORY, NOT_FINITE
from musicc.runtime.reward import checkpoint, trainer
from musicc.runtime.reward.batches import Batches
from musicc.runtime.reward.trainer import Told
from musicc.runtime.reward.types import TokenPair
from tests.runtime.reward.core import tiny
from tests.runtime.reward.core.tiny import trained


def spoilt(**fields: float) -> list[TokenPair]:
    """The data with one odd record, the 21st."""
    pairs = list(tiny.TRAINED)
    pairs[20] = replace(pairs[20], example=replace(pairs[20].example, place="odd.jsonl:21", **fields))
    return pairs


@pytest.mark.parametrize("field", ["margin", "weight"])
@pytest.mark.parametrize("value", [float("inf"), 1e39, float("nan")])  # 1e39 is finite, but not in fp32
def test_an_odd_number_ends_training_with_the_record_named(field: str, value: float, tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError) as raised:
        trained(tmp_path, given=spoilt(**{field: value}))
    (found,) = raised.value.diagnostics
    assert found.code == NOT_FINITE
    assert "odd.jsonl:21" in found.message


def test_a_step_that_is_not_finite_is_not_applied(tmp_path: Path) -> None:
    """The record is named, the weights are those of the step before, and the checkpoint before it is whole."""
    made, given, before = tiny.model(), list(tiny.TRAINED), {}
    odd = Batches(given, tiny.BATCH, tiny.BUDGET, tiny.SEED).step(6)[3]
    given[odd] = replace(given[odd], chosen=[tiny.PAD, *given[odd].chosen[1:]], shared=0)

    def spoil(told: Told) -> None:
        if told.step == 6:
            with torch.no_grad():
                made.model.embed_tokens.weight[tiny.PAD] = torch.nan  # no other record has this token
            before.update({name: value.nan_to_num(7) for name, value in made.state_dict().items()})

    with pytest.raises(DiagnosticError) as raised:
        trained(tmp_path, given=given, made=made, tell=spoil)
    (found,) = raised.value.diagnostics
    assert found.code == NOT_FINITE
    place = given[odd].example.place
    assert found.message == f"step 7 gave losses that are not finite, by these records: {place}"
    assert tiny.same(before, {name: value.nan_to_num(7) for name, value in made.state_dict().items()})
    assert checkpoint.last(tmp_path) == tmp_path / "checkpoint-6"


def test_a_gradient_that_is_not_finite_names_the_records_of_the_step(tmp_path: Path) -> None:
    made = tiny.model()

    def spoil(told: Told) -> None:
        if told.step == 2:
            made.score.weight.register_hook(lambda gradient: gradient * torch.inf)

    with pytest.raises(DiagnosticError) as raised:
        trained(tmp_path, made=made, tell=spoil)
    (found,) = raised.value.diagnostics
    step = [
        tiny.TRAINED[number].example.place
        for number in Batches(tiny.TRAINED, tiny.BATCH, tiny.BUDGET, tiny.SEED).step(2)
    ]
    assert found.message == f"step 3 gave a gradient that is not finite, by these records: {', '.join(step)}"


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError("[enforce fail] can't allocate memory"),
        MemoryError(),
    ],
    ids=str,
)
def test_a_memory_that_does_not_suffice_is_told(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise error

    monkeypatch.setattr(trainer, "rewards", full)
    with pytest.raises(DiagnosticError) as raised:
        trained(tmp_path)
    assert ([one.code for one in raised.value.diagnostics], raised.value.exit_code) == ([NO_MEMORY], 2)


def test_other_faults_of_torch_are_not_taken_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("shapes cannot be multiplied")

    monkeypatch.setattr(trainer, "rewards", broken)
    with pytest.raises(RuntimeError, match="shapes"):
        trained(tmp_path)
