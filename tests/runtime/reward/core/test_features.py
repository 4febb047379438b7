"""Features are the last hidden states, read once for each backbone, whatever comes in between."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from transformers import PreTrainedModel

from musicc.runtime.reward import features as module
from musicc.runtime.reward.features import Features
from musicc.runtime.reward.reading import Inputs, Reading
from musicc.runtime.reward.types import Tokens
from musicc.runtime.store.store import Store
from tests.runtime.reward.core import tiny

BUDGET = 100


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store") as opened:
        yield opened


@pytest.fixture
def model() -> PreTrainedModel:
    made = tiny.model()
    tiny.asked(made, tiny.TRAINED)
    return made


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The tokens of each forward pass."""
    passes: list[int] = []
    through = module.last_states

    def counted(model: PreTrainedModel, **inputs: Inputs) -> torch.Tensor:
        passes.append(inputs["input_ids"].numel())
        return through(model, **inputs)

    monkeypatch.setattr(module, "last_states", counted)
    return passes


def computed(
    store: Store, model: PreTrainedModel, given: list[Tokens], how: Reading | None = None, step=lambda *_: None
) -> Features:
    features = Features(store, "tiny")
    features.compute(model, how or tiny.reading(), features.missing(given), BUDGET, step)
    return features


def test_they_are_the_last_hidden_states(store: Store, model: PreTrainedModel) -> None:
    given, plain = tiny.conversations(), tiny.model()
    with torch.no_grad():
        expected = [plain.model(input_ids=torch.tensor([list(one)])).last_hidden_state[0, -1] for one in given]
    torch.testing.assert_close(computed(store, model, given).of(given), torch.stack(expected), rtol=1e-5, atol=1e-5)


def test_padded_reading_gives_the_same(store: Store) -> None:
    given, plain = tiny.conversations(), tiny.model()
    found = computed(store, plain, given, tiny.reading(rows=False)).of(given)
    with torch.no_grad():
        expected = [plain.model(input_ids=torch.tensor([list(one)])).last_hidden_state[0, -1] for one in given]
    torch.testing.assert_close(found, torch.stack(expected), rtol=1e-5, atol=1e-5)


def test_they_are_read_once(store: Store, model: PreTrainedModel, read: list[int]) -> None:
    given = tiny.conversations()
    first = computed(store, model, given).of(given)
    passes = len(read)
    assert torch.equal(computed(store, model, given).of(given), first)
    assert len(read) == passes


def test_what_conversations_start_with_is_read_once_and_the_budget_kept(
    store: Store, model: PreTrainedModel, read: list[int]
) -> None:
    given = tiny.conversations()
    computed(store, model, given)
    longest = max(map(len, given))
    assert sum(read) < sum(map(len, given))
    assert all(tokens <= max(BUDGET, longest) for tokens in read)


def test_a_conversation_alone_may_exceed_the_budget(store: Store, model: PreTrainedModel) -> None:
    long = [*range(1, 99)] * 2
    assert computed(store, model, [long]).of([long]).shape == (1, 32)


def test_another_backbone_has_its_own(store: Store, model: PreTrainedModel) -> None:
    given = tiny.conversations()
    computed(store, model, given)
    assert Features(store, "tiny").missing(given) == []
    missing = [tuple(one) for one in Features(store, "another").missing(given)]
    assert sorted(missing) == sorted({tuple(one) for one in given})


def test_what_was_read_before_an_interruption_is_kept(tmp_path: Path, model: PreTrainedModel, read: list[int]) -> None:
    given = tiny.conversations()

    def interrupted(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), Store.open(tmp_path / "store") as store:
        computed(store, model, given, step=interrupted)
    with Store.open(tmp_path / "store") as store:
        missing = Features(store, "tiny").missing(given)
        assert 0 < len(missing) < len({tuple(one) for one in given})
        assert len(computed(store, model, given).of(given)) == len(given)
    assert len(read) > 1


def test_how_far_it_is_is_told(store: Store, model: PreTrainedModel) -> None:
    heard: list[tuple[int, int]] = []
    given = tiny.conversations()
    computed(store, model, given, step=lambda *how: heard.append(how))
    total = sum(map(len, {tuple(one) for one in given}))
    assert heard[-1] == (total, total)
    assert heard == sorted(heard)


def test_none_of_none(store: Store) -> None:
    assert Features(store, "tiny").of([]).numel() == 0


def test_what_was_not_computed_is_not_made_up(store: Store, model: PreTrainedModel) -> None:
    given = tiny.conversations()
    features = computed(store, model, given[:1])
    with pytest.raises(KeyError):
        features.of(given[:2])
