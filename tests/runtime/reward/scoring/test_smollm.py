"""A real backbone, its tokenizer and its template, with a head that is drawn."""

from pathlib import Path

import pytest
import torch

from musicc.runtime.reward.model import find, model_of, tokenizer_of
from musicc.runtime.reward.padding import pad_token
from musicc.runtime.reward.scoring import RewardModel
from tests.runtime.reward.data.common import said
from tests.runtime.reward.scoring.common import logits

pytestmark = pytest.mark.slow


def test_rewards_of_the_embedded_model_are_those_of_transformers(tmp_path: Path) -> None:
    base = find("smollm2_135m", None, Path(), lambda _: None)
    tokenizer = tokenizer_of(base)
    pad_token(tokenizer, set())
    model_of(base, tokenizer, torch.float32, 0).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    history = [
        "What is a fugue?",
        "A piece in which voices enter one after the other, with the same subject.",
        "And a canon?",
    ]
    conversations = [
        said(*history, "The voices sing the same from the first note to the last."),
        said(*history, "I cannot say."),
        said("Hi", "Hello! What would you like to hear about?", system="Be brief."),
    ]
    expected = logits(tmp_path, conversations)
    model = RewardModel.from_pretrained(tmp_path)
    assert model.reads_rows
    for budget in (1, 4096):
        assert model.score(conversations, token_budget=budget) == pytest.approx(expected, rel=1e-5, abs=1e-5)
