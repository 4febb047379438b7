"""Small reward models with random weights, as folders, and what transformers alone says of conversations."""

import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from musicc.runtime.data.conversation import Conversation
from musicc.runtime.reward.types import Tokens
from tests.runtime.reward.data.common import said

SHAPE = {
    "vocab_size": 320,
    "hidden_size": 48,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 12,
    "num_labels": 1,
    "initializer_range": 0.2,
    "max_position_embeddings": 512,
}


def saved(folder: Path, config: Any, tokenizer: Any, *, dtype: torch.dtype = torch.float32) -> Path:
    """A random model of this configuration, as `musicc train` and TRL leave one."""
    torch.manual_seed(0)
    config.pad_token_id = tokenizer.pad_token_id
    model = AutoModelForSequenceClassification.from_config(config, dtype=dtype)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@cache
def plain(folder: Path) -> Any:
    """The model as transformers loads it."""
    return AutoModelForSequenceClassification.from_pretrained(folder).eval()


def logits(folder: Path, conversations: Sequence[Conversation]) -> list[float]:
    """Rewards as everybody computes them: the chat template, the tokenizer, the model, one conversation at a time."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rewards = []
    for conversation in conversations:
        text = tokenizer.apply_chat_template([dict(message) for message in conversation], tokenize=False)
        with torch.no_grad():
            given = tokenizer(text, add_special_tokens=False, return_tensors="pt", return_token_type_ids=False)
            rewards.append(plain(folder)(**given).logits.item())
    return rewards


def token_logits(folder: Path, conversations: Sequence[Tokens]) -> list[float]:
    """The same of conversations that are tokens already."""
    with torch.no_grad():
        return [plain(folder)(input_ids=torch.tensor([list(tokens)])).logits.item() for tokens in conversations]


def talks(count: int = 12, seed: int = 0) -> list[Conversation]:
    """Conversations, of which many start alike, and some have a system message."""
    draw = random.Random(seed)
    openings = [[_text(draw, 5, 40), _text(draw, 5, 60), _text(draw, 2, 20)] for _ in range(3)]
    return [
        said(
            *draw.choice(openings)[: draw.choice([1, 3])],
            _text(draw, 1, 50),
            system=draw.choice([None, None, "Be brief, and speak of music only."]),
        )
        for _ in range(count)
    ]


def _text(draw: random.Random, least: int, most: int) -> str:
    return " ".join(
        draw.choice(["fugue", "canon", "of", "a", "voice", "piece"]) for _ in range(draw.randint(least, most))
    )
