"""What every test with torch begins with."""

import gc

import pytest
import torch


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Also where torch was imported before it could be told so."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def _imports_are_no_garbage() -> None:
    """The Trainer looks for garbage whenever it starts; among all of transformers that takes longer than a test."""
    gc.freeze()
