"""Rewards: those that transformers alone computes, whatever is scored together, and however."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import (
    BloomConfig,
    Gemma2Config,
    GPT2Config,
    LlamaConfig,
    MistralConfig,
    Phi3Config,
    Qwen3Config,
)

import musicc
from musicc.diagnostics import DiagnosticError
from musicc.runtime.reward.packages import packages
from musicc.runtime.reward.reading import Inputs, Reading
from musicc.runtime.reward.scoring import RewardModel
from musicc.runtime.reward.types import Tokens
from tests.runtime.reward.data.common import chatml, gemma, llama, said
from tests.runtime.reward.scoring.common import SHAPE, logits, plain, saved, talks, token_logits

OLDER = {"vocab_size": 320, "num_labels": 1, "n_layer": 2, "n_head": 4, "initializer_range": 0.2}
MODELS: dict[str, tuple[Any, Any]] = {
    "llama": (LlamaConfig(**SHAPE), llama),
    "llama, which pads with the end of text": (LlamaConfig(**SHAPE), chatml),
    "gemma 2": (Gemma2Config(**SHAPE, sliding_window=16, attn_logit_softcapping=0.5), gemma),
    "mistral": (MistralConfig(**SHAPE, sliding_window=16), chatml),
    "qwen 3": (Qwen3Config(**SHAPE), chatml),
    "gpt 2": (GPT2Config(**OLDER, n_embd=48, n_positions=512), chatml),
    "bloom, which reads no rows": (BloomConfig(**OLDER, hidden_size=48), chatml),
}


APART = {"bloom, which reads no rows"}


def close(rewards: list[float]) -> Any:
    """Within 1e-5 of the largest of them."""
    return pytest.approx(rewards, rel=1e-5, abs=1e-5 * max(map(abs, rewards)))


@pytest.mark.parametrize("name", MODELS)
def test_rewards_are_those_of_transformers(name: str, tmp_path: Path) -> None:
    config, tokenizer = MODELS[name]
    made = tokenizer()
    made.pad_token = made.pad_token or made.eos_token
    folder = saved(tmp_path, config, made)
    conversations = [talk for talk in talks() if name != "gemma 2" or talk[0]["role"] == "user"]
    expected = logits(folder, conversations)
    assert max(expected) - min(expected) > 1e-2
    model = RewardModel.from_pretrained(folder)
    assert model.reads_rows == (name not in APART)
    assert model.score(conversations) == close(expected)
    assert model.score(conversations, token_budget=1) == close(expected)


def test_a_model_without_system_messages_reads_them_before_the_users_first(tmp_path: Path) -> None:
    model = RewardModel.from_pretrained(saved(tmp_path, Gemma2Config(**SHAPE), gemma()))
    system, folded = said("Hi", "Hello", system="Be brief."), said("Be brief.\n\nHi", "Hello")
    assert model.score([system]) == close(model.score([folded]))


def test_padding_on_either_side_gives_the_same_rewards(folder: Path, model: RewardModel) -> None:
    """What other tools do with the checkpoint."""
    tokens = [list(model.tokens(talk)) for talk in talks(6)]
    longest, pad = max(map(len, tokens)), plain(folder).config.pad_token_id
    for left in (False, True):
        rows = [[pad] * (longest - len(one)) * left + one + [pad] * (longest - len(one)) * (not left) for one in tokens]
        gaps = [[0] * (longest - len(one)) for one in tokens]
        seen = [gap * left + [1] * len(one) + gap * (not left) for gap, one in zip(gaps, tokens, strict=True)]
        with torch.no_grad():
            batch = plain(folder)(input_ids=torch.tensor(rows), attention_mask=torch.tensor(seen)).logits[:, 0]
        assert model.score_tokens(tokens) == close(batch.tolist())


def test_reading_rows_and_padding_give_the_same_rewards(folder: Path, model: RewardModel) -> None:
    with patch("musicc.runtime.reward.scoring.reads_rows", return_value=False):
        padded = RewardModel.from_pretrained(folder)
    tokens = [model.tokens(talk) for talk in talks(20)]
    assert padded.score_tokens(tokens, token_budget=700) == close(model.score_tokens(tokens))


ids = st.lists(st.integers(5, 250), min_size=1, max_size=12)


@settings(max_examples=25)
@given(
    opening=st.lists(st.integers(5, 250), min_size=16, max_size=40),
    alike=st.lists(ids, max_size=5),
    others=st.lists(ids, min_size=1, max_size=4),
    order=st.randoms(use_true_random=False),
    budget=st.integers(1, 400),
)
def test_neither_order_nor_budget_matters(
    folder: Path,
    model: RewardModel,
    opening: list[int],
    alike: list[list[int]],
    others: list[list[int]],
    order: Any,
    budget: int,
) -> None:
    conversations: list[Tokens] = [*(opening + own for own in alike), *others]
    order.shuffle(conversations)
    assert model.score_tokens(conversations, token_budget=budget) == close(token_logits(folder, conversations))


def test_equal_conversations_have_equal_rewards(model: RewardModel) -> None:
    one, other = talks(2)
    first, _, third = model.score([one, other, one])
    assert first == pytest.approx(third, rel=1e-6)


def test_candidates_of_one_history_read_it_once(model: RewardModel) -> None:
    history = ["What is a fugue? " * 10, "A piece of music. " * 10, "And a canon?"]
    tokens = [model.tokens(said(*history, f"It is piece number {number}.")) for number in range(8)]
    with _read() as read:
        model.score_tokens(tokens)
    assert sum(read) < 2 * len(tokens[0])


def test_no_more_is_read_at_once_than_the_budget_says(model: RewardModel) -> None:
    tokens = [model.tokens(talk) for talk in talks(12)]
    with _read() as read:
        model.score_tokens(tokens, token_budget=300)
    assert len(read) > 2
    assert max(read) <= max(300, *map(len, tokens))


@contextmanager
def _read() -> Iterator[list[int]]:
    """The number of tokens of each pass."""
    read: list[int] = []
    inputs = Reading.inputs

    def heard(self: Reading, conversations: Sequence[Tokens]) -> Inputs:
        made = inputs(self, conversations)
        read.append(made["input_ids"].numel())
        return made

    with patch.object(Reading, "inputs", heard):
        yield read


def test_long_positions_do_not_change_short_conversations(tmp_path: Path) -> None:
    """Phi 3.5 turns all positions otherwise where one conversation of a pass is long."""
    factors = {"short_factor": [1.0] * 6, "long_factor": [8.0] * 6, "rope_type": "longrope", "rope_theta": 10000.0}
    shape = {name: value for name, value in SHAPE.items() if name != "head_dim"}
    config = Phi3Config(
        **shape, original_max_position_embeddings=64, rope_parameters=factors | {"original_max_position_embeddings": 64}
    )
    folder = saved(tmp_path, config, chatml())
    conversations = [said("Hi", "Hello"), said("Hi", "fugue " * 99), said("Hi", "Well")]
    assert RewardModel.from_pretrained(folder).score(conversations) == close(logits(folder, conversations))


def test_half_precision_is_near(folder: Path) -> None:
    conversations = talks()
    model = RewardModel.from_pretrained(folder, precision="bf16")
    expected = logits(folder, conversations)
    assert model.score(conversations) == pytest.approx(expected, abs=0.1 * max(map(abs, expected)))


def test_a_checkpoint_in_half_precision_is_computed_in_full(tmp_path: Path) -> None:
    """As reward models of the hub are saved."""
    folder = saved(tmp_path, LlamaConfig(**SHAPE), chatml(), dtype=torch.bfloat16)
    conversations = talks(4)
    expected = plain(folder).float()
    assert expected.score.weight.dtype == torch.float32
    assert RewardModel.from_pretrained(folder).score(conversations) == close(logits(folder, conversations))


# The API


def test_a_generator_of_conversations_is_scored_in_parts(model: RewardModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("musicc.runtime.reward.scoring._AT_ONCE", 3)
    conversations = talks(8)
    assert model.score(one for one in conversations) == close(model.score(conversations))
    assert model.score([]) == []


def test_conversations_may_be_tuples_and_transcripts(model: RewardModel) -> None:
    listed = [{"role": "human", "content": "Hi"}, {"role": "gpt", "content": "Hello"}]
    named = said("Hi", "Hello")
    transcript: Any = "\n\nHuman: Hi\n\nAssistant: Hello"
    assert model.score([listed, named, transcript]) == close(model.score([named] * 3))


WRONG: dict[str, tuple[Any, str]] = {
    "ends with the user": (said("Hi"), "M650: `conversation 2` does not end with the assistant's reply"),
    "is empty": ([], "M650: `conversation 2` is an empty list"),
    "is a message": ({"role": "user", "content": "Hi"}, "M650: `conversation 2` is a message, not a list of messages"),
    "is by a tool": ([{"role": "tool", "content": "{}"}], "M650: `conversation 2` has a message 1 by `tool`"),
    "says nothing": (said("Hi", " "), "M650: `conversation 2` has an empty message 2"),
    "is nothing": (None, "M650: `conversation 2` holds nothing"),
    "is too long": (said("Hi", "fugue " * 600), "M651: conversation 2 takes "),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_conversation_that_cannot_be_scored(case: str, model: RewardModel) -> None:
    conversation, message = WRONG[case]
    with pytest.raises(DiagnosticError) as error:
        model.score([said("Hi", "Hello"), conversation])
    assert str(error.value).startswith(message)


def test_a_precision_that_does_not_exist(folder: Path) -> None:
    with pytest.raises(ValueError, match="one of fp32, bf16"):
        RewardModel.from_pretrained(folder, precision="fp16")  # type: ignore[arg-type]


def test_tokens_that_are_too_long(model: RewardModel) -> None:
    with pytest.raises(DiagnosticError, match=r"M651: conversation 2 takes 513 tokens, and .* reads at most 512"):
        model.score_tokens([[5] * 512, [5] * 513])


def test_progress_is_told_in_tokens(model: RewardModel) -> None:
    told: list[tuple[int, int]] = []
    model.score_tokens([[5] * 30, [6] * 40], token_budget=40, step=lambda done, total: told.append((done, total)))
    assert told == [(30, 70), (70, 70)]


def test_no_dropout_is_applied(tmp_path: Path) -> None:
    folder = saved(tmp_path, LlamaConfig(**SHAPE, attention_dropout=0.5), chatml())
    model = RewardModel.from_pretrained(folder)
    assert model.score(talks(3)) == model.score(talks(3))


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: not enough memory"),
        MemoryError(),
    ],
    ids=repr,
)
def test_memory_that_does_not_suffice(error: Exception, model: RewardModel) -> None:
    full = patch("musicc.runtime.reward.scoring.last_states", side_effect=error)
    with full, pytest.raises(DiagnosticError, match=r"M655: .* does not fit into memory"):
        model.score(talks(1))


def test_importing_musicc_loads_no_torch() -> None:
    script = "import musicc, sys; assert not {'torch', 'transformers', 'pydantic'} & set(sys.modules), 'heavy'"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_model_is_at_the_top_of_the_package() -> None:
    assert musicc.RewardModel is RewardModel
    assert not hasattr(musicc, "RewardModels")


def test_a_package_that_is_missing_is_named() -> None:
    with pytest.raises(DiagnosticError, match="M630: scoring needs the package `torch`") as error, packages("scoring"):
        raise ImportError("No module named 'torch'", name="torch")
    assert error.value.exit_code == 2
