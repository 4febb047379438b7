"""Adapters: they and the head are what is trained, kept and loaded again, and nothing else."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from musicc.plan.rewards import Lora
from musicc.runtime.reward.fit import with_adapters
from musicc.runtime.reward.trainer import PairTrainer
from tests.runtime.reward.core import tiny

FIELDS = {"method": "lora", "lora": Lora(rank=4, alpha=8), "lr": 3e-2}


@pytest.fixture(scope="module")
def adapted(tmp_path_factory: pytest.TempPathFactory) -> PairTrainer:
    return tiny.trained(tmp_path_factory.mktemp("lora"), **FIELDS)


def test_the_head_and_the_adapters_move_and_the_base_does_not(adapted: PairTrainer) -> None:
    base = tiny.model().state_dict()
    now = adapted.model.base_model.model.state_dict()
    moved = {name for name, value in now.items() if "lora_B" in name and bool(value.any())}
    assert moved == {name for name in now if "lora_B" in name}
    assert len(moved) == 2 * 7  # all linear layers
    assert not torch.equal(now["score.modules_to_save.default.weight"], base["score.weight"])
    kept = {name.replace(".base_layer", ""): value for name, value in now.items() if "base_layer" in name}
    assert all(torch.equal(value, base[name]) for name, value in kept.items())
    assert torch.equal(now["score.original_module.weight"], base["score.weight"])


def test_the_checkpoint_holds_the_head(adapted: PairTrainer) -> None:
    kept = load_file(Path(adapted.args.output_dir) / "checkpoint-9" / "adapter_model.safetensors")
    head = adapted.model.base_model.model.score.modules_to_save["default"].weight
    (found,) = (value for name, value in kept.items() if "score" in name)
    assert torch.equal(found, head)


def test_it_learns(adapted: PairTrainer) -> None:
    assert adapted.state.log_history[-2]["eval_loss"] < 0.8 * tiny.losses(adapted)[0]


def test_adapters_of_a_seed_are_the_same() -> None:
    made = [with_adapters(tiny.model(), Lora(rank=4, alpha=8), seed).state_dict() for seed in (1, 1, 2)]
    assert tiny.same(made[0], made[1])
    assert not tiny.same(made[0], made[2])


def test_before_training_adapters_change_no_reward() -> None:
    plain = tiny.model()
    expected = tiny.rewards_of(plain, tiny.HELD)
    assert tiny.rewards_of(with_adapters(plain, Lora(rank=4, alpha=8), 1).eval(), tiny.HELD) == expected
