"""One small reward model for the tests that need no particular one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from transformers import LlamaConfig

from musicc.runtime.reward.scoring import RewardModel
from tests.runtime.reward.data.common import llama
from tests.runtime.reward.scoring.common import SHAPE, saved


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Tests run in as many processes as there are cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tokenizer = llama()
    tokenizer.pad_token = "<|header|>"
    return saved(tmp_path_factory.mktemp("reward") / "rm", LlamaConfig(**SHAPE), tokenizer)


@pytest.fixture(scope="session")
def model(folder: Path) -> RewardModel:
    return RewardModel.from_pretrained(folder)
