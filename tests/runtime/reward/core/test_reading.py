"""Rewards of rows and of padded batches are those of conversations read one by one, by every family of backbones."""

from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from transformers import (
    BloomConfig,
    Gemma2Config,
    Gemma3TextConfig,
    GPT2Config,
    GPTNeoXConfig,
    LlamaConfig,
    MistralConfig,
    Phi3Config,
    PreTrainedConfig,
    PreTrainedModel,
    Qwen2Config,
    Qwen3Config,
)

from musicc.runtime.reward.attention import NAME
from musicc.runtime.reward.forward import ask_for_rewards, reads_rows
from musicc.runtime.reward.reading import Reading
from musicc.runtime.reward.types import Tokens
from tests.runtime.reward.core import tiny

WINDOW = {"sliding_window": 16}  # shorter than the conversations
CAPPED = {"attn_logit_softcapping": 0.5, "query_pre_attn_scalar": 1}  # logits that reach the cap
CLOSE = {"rtol": 1e-5, "atol": 1e-5}


@dataclass(frozen=True)
class Family:
    config: type[PreTrainedConfig]
    fields: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return "-".join([self.config.model_type, *map(str, self.fields)])


FAMILIES = [
    Family(LlamaConfig),
    Family(LlamaConfig, {"num_key_value_heads": 4}),
    Family(LlamaConfig, {"num_key_value_heads": 1}),
    Family(Gemma2Config, WINDOW | CAPPED),
    Family(MistralConfig, WINDOW),
    Family(Qwen2Config),
    Family(Qwen2Config, WINDOW | {"use_sliding_window": True, "max_window_layers": 1}),
    Family(Qwen3Config),
    Family(Phi3Config, WINDOW),
    Family(GPTNeoXConfig),
    Family(GPT2Config),
    Family(Gemma3TextConfig, WINDOW | {"layer_types": ["sliding_attention", "full_attention"]}),
]


def apart(model: PreTrainedModel, conversations: list[Tokens]) -> torch.Tensor:
    """Each alone, by transformers and its own attention."""
    with torch.no_grad():
        return torch.cat([model(input_ids=torch.tensor([list(tokens)])).logits[:, 0] for tokens in conversations])


def together(model: PreTrainedModel, conversations: list[Tokens], how: Reading) -> torch.Tensor:
    with torch.no_grad():
        return model(**how.inputs(conversations))


@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_rows_give_the_rewards_of_single_conversations(family: Family) -> None:
    conversations = tiny.conversations()
    model = tiny.model(family.config, **family.fields)
    expected = apart(model, conversations)
    assert reads_rows(model, tiny.reading(), conversations)
    assert model.config._attn_implementation == NAME
    ask_for_rewards(model)
    for how in (tiny.reading(), tiny.reading(share=False)):
        torch.testing.assert_close(together(model, conversations, how), expected, **CLOSE)


@pytest.mark.parametrize("family", [*FAMILIES, Family(BloomConfig)], ids=str)
def test_padding_gives_the_rewards_of_single_conversations(family: Family) -> None:
    conversations = tiny.conversations()
    model = tiny.model(family.config, **family.fields)
    expected = apart(model, conversations)
    ask_for_rewards(model)
    torch.testing.assert_close(together(model, conversations, tiny.reading(rows=False)), expected, **CLOSE)


@pytest.mark.parametrize("without", ["attn_logit_softcapping", "sliding_window"])
def test_capping_and_the_window_matter_to_these_rewards(without: str) -> None:
    """Otherwise the tests above would prove nothing of them."""
    conversations = tiny.conversations()
    expected = apart(tiny.model(Gemma2Config, **(WINDOW | CAPPED)), conversations)
    lifted = {"attn_logit_softcapping": None, "sliding_window": 4096}[without]
    other = apart(tiny.model(Gemma2Config, **(WINDOW | CAPPED | {without: lifted})), conversations)
    assert float((other - expected).abs().max()) > 0.01 * float(expected.abs().max())


def test_a_backbone_with_an_attention_of_its_own_goes_on_reading_as_it_did() -> None:
    conversations = tiny.conversations()
    model = tiny.model(BloomConfig)
    before, own = apart(model, conversations), model.config._attn_implementation
    assert not reads_rows(model, tiny.reading(), conversations)
    assert model.config._attn_implementation == own
    assert torch.equal(apart(model, conversations), before)


def test_a_backbone_whose_layers_do_not_pass_on_what_rows_need_is_left_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    conversations = tiny.conversations()
    model = tiny.model()
    layer = type(model.model.layers[0])
    whole = layer.forward
    monkeypatch.setattr(layer, "forward", lambda self, *given, sights=None, **named: whole(self, *given, **named))
    own = model.config._attn_implementation
    assert not reads_rows(model, tiny.reading(), conversations)
    assert model.config._attn_implementation == own


def test_asking_whether_rows_are_read_leaves_a_model_in_training_there() -> None:
    model = tiny.model().train()
    assert reads_rows(model, tiny.reading(), tiny.conversations())
    assert model.training


def test_a_model_whose_rewards_are_not_finite_reads_no_rows() -> None:
    model = tiny.model()
    with torch.no_grad():
        model.score.weight.fill_(torch.nan)
    assert not reads_rows(model, tiny.reading(), tiny.conversations())


def test_rows_are_read_in_bf16() -> None:
    conversations = tiny.conversations()
    model = tiny.model().to(torch.bfloat16)
    model.score.float()
    assert reads_rows(model, tiny.reading(), conversations)


def test_a_model_that_gives_rewards_is_still_saved_under_its_own_names() -> None:
    model = tiny.model()
    names = list(model.state_dict())
    ask_for_rewards(model)
    assert list(model.state_dict()) == names
    assert names[-1] == "score.weight"
