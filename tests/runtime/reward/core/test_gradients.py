"""Shared beginnings, rows without sharing and padded batches give the gradients of conversations read one by one."""

from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import Gemma2Config, LlamaConfig, MistralConfig, PreTrainedConfig, PreTrainedModel

from musicc.runtime.reward.loss import Loss
from musicc.runtime.reward.reading import Reading
from musicc.runtime.reward.trainer import rewards
from musicc.runtime.reward.trees import WORTH
from tests.runtime.reward.core import tiny

FAMILIES: dict[str, tuple[type[PreTrainedConfig], dict[str, Any]]] = {
    "llama": (LlamaConfig, {}),
    "gemma2": (Gemma2Config, {"sliding_window": 16, "attn_logit_softcapping": 0.5, "query_pre_attn_scalar": 1}),
    "mistral": (MistralConfig, {"sliding_window": 16}),
}
PAIRS = tiny.pairs(10)


def made(family: str, *, checkpointing: bool) -> PreTrainedModel:
    config, fields = FAMILIES[family]
    model = tiny.model(config, **fields)
    if checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
        model.train()
    return model


def descent(chosen: Tensor, rejected: Tensor, model: PreTrainedModel) -> Tensor:
    """The gradient of the mean loss by all weights."""
    Loss(centring=0.01)(chosen, rejected, torch.zeros(len(PAIRS))).mean().backward()
    return torch.cat([weights.grad.flatten() for weights in model.parameters() if weights.grad is not None])


def one_by_one(family: str) -> Tensor:
    """By transformers alone."""
    model = made(family, checkpointing=False)
    chosen, rejected = (
        torch.cat([model(input_ids=torch.tensor([getattr(pair, side)])).logits[:, 0] for pair in PAIRS])
        for side in ("chosen", "rejected")
    )
    return descent(chosen, rejected, model)


def at_once(family: str, how: Reading, *, checkpointing: bool) -> Tensor:
    model = made(family, checkpointing=checkpointing)
    tiny.asked(model, PAIRS, rows=how.rows)
    return descent(*rewards(model, PAIRS, how), model)


@pytest.mark.filterwarnings("ignore:.gradient_checkpointing_enable. is deprecated:FutureWarning")
@pytest.mark.parametrize("family", FAMILIES)
def test_gradients_are_those_of_single_conversations(family: str) -> None:
    assert any(pair.shared >= WORTH for pair in PAIRS)
    expected = one_by_one(family)
    for how in (tiny.reading(), tiny.reading(share=False), tiny.reading(rows=False)):
        for checkpointing in (False, True):
            found = at_once(family, how, checkpointing=checkpointing)
            assert float((found - expected).norm() / expected.norm()) < 1e-4, (how, checkpointing)
