"""Folders and names that are no reward model, and what is said of them."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, BertConfig, LlamaConfig

from musicc.diagnostics import DiagnosticError
from musicc.runtime.reward.pretrained import located
from musicc.runtime.reward.scoring import RewardModel
from tests.runtime.reward.data.common import chatml, tokenizer
from tests.runtime.reward.scoring.common import SHAPE, saved, talks

BERT = {"hidden_size": 48, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4, "num_labels": 1}


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    """A reward model to be damaged."""
    return Path(shutil.copytree(folder, tmp_path / "rm"))


def refused(folder: Path | str) -> str:
    """What is said of a model that cannot be scored with; the folder's own path left out."""
    with pytest.raises(DiagnosticError) as error:
        RewardModel.from_pretrained(folder)
    (fault,) = error.value.diagnostics
    assert (fault.code.id, error.value.exit_code) == ("M639", 2)
    return f"{fault.message}; {fault.help}".replace(f"{folder}", "FOLDER")


def _config(folder: Path, **fields: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | fields))


def _weights(folder: Path, change: Callable[[dict[str, torch.Tensor]], object]) -> None:
    weights = load_file(folder / "model.safetensors")
    change(weights)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def _torn(folder: Path) -> None:
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[:-100])


def _pickled(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")


DAMAGED: dict[str, tuple[Callable[[Path], object], str]] = {
    "two outputs": (
        lambda folder: _config(folder, id2label={"0": "bad", "1": "good"}),
        "it has 2 outputs, and a reward is one number",
    ),
    "another kind": (
        lambda folder: _config(folder, architectures=["LlamaForCausalLM"]),
        "it is a `LlamaForCausalLM`, which gives no rewards",
    ),
    "an unknown kind": (
        lambda folder: _config(folder, model_type="quill"),
        "The checkpoint you are trying to load has model type `quill`",
    ),
    "no configuration": (lambda folder: (folder / "config.json").unlink(), "the folder holds no `config.json`"),
    "half a configuration": (
        lambda folder: (folder / "config.json").write_text("{"),
        "It looks like the config file at",
    ),
    "half of the weights": (_torn, "Error while deserializing header: incomplete metadata"),
    "pickled weights": (_pickled, "no file named model.safetensors"),
    "no head": (
        lambda folder: _weights(folder, lambda weights: weights.pop("score.weight")),
        "its weights lack `score.weight`",
    ),
    "a smaller head": (
        lambda folder: _weights(folder, lambda weights: weights.update({"score.weight": torch.ones(1, 40)})),
        "its weights lack `score.weight`",
    ),
    "no tokenizer": (lambda folder: (folder / "tokenizer.json").unlink(), "Couldn't instantiate the backend tokenizer"),
    "half a tokenizer": (lambda folder: (folder / "tokenizer.json").write_text("{"), "Expecting property name"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_model_that_is_none_or_damaged(case: str, copy: Path) -> None:
    damage, reason = DAMAGED[case]
    damage(copy)
    said = refused(copy)
    assert said.startswith("`FOLDER` is no reward model: ")
    assert reason in said


def test_code_that_came_with_a_model_is_not_run(copy: Path) -> None:
    (copy / "evil.py").write_text("raise SystemExit('I was run')")
    auto = {"AutoConfig": "evil.Config", "AutoModelForSequenceClassification": "evil.Model"}
    _config(copy, model_type="evil", auto_map=auto)
    assert "contains custom code" in refused(copy)


def test_an_encoder(tmp_path: Path) -> None:
    folder = saved(tmp_path, BertConfig(vocab_size=320, **BERT), chatml())
    assert "`BertForSequenceClassification` has no head `score` over a decoder" in refused(folder)


def test_a_model_that_was_not_trained_as_a_reward_model(tmp_path: Path) -> None:
    AutoModelForCausalLM.from_config(LlamaConfig(**SHAPE)).save_pretrained(tmp_path)
    assert "`musicc train` makes a reward model of it" in refused(tmp_path)


def test_a_tokenizer_of_another_model(copy: Path) -> None:
    names = [f"<|{number}|>" for number in range(100)]
    template = "{% for message in messages %}<|99|>{{ message['content'] }}{% endfor %}"
    tokenizer(template, names, eos_token="</s>").save_pretrained(copy)
    _config(copy, vocab_size=90)
    _weights(
        copy,
        lambda weights: weights.update(
            {"model.embed_tokens.weight": weights["model.embed_tokens.weight"][:90].clone()}
        ),
    )
    with pytest.raises(DiagnosticError, match=r"M639: .* its tokenizer has more tokens than its 90 embeddings"):
        RewardModel.from_pretrained(copy).score(talks(1))


def test_a_model_without_a_chat_template(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError, match="M620"):
        RewardModel.from_pretrained(saved(tmp_path, LlamaConfig(**SHAPE), tokenizer(None, eos_token="</s>")))


def test_an_adapter_alone_leads_to_what_it_was_merged_into(copy: Path) -> None:
    (copy / "adapter").mkdir()
    (copy / "adapter" / "adapter_config.json").write_text("{}")
    said = refused(copy / "adapter")
    assert "the folder holds an adapter alone" in said
    assert f"`{copy}`" in said


def test_a_folder_that_holds_reward_models(copy: Path) -> None:
    assert "holds no `config.json`; name `FOLDER/rm`" in refused(copy.parent)


@pytest.mark.parametrize("name", ["./rm", "/nowhere/rm", "build/x/default/reward/rm"])
def test_a_folder_that_is_not_there_is_not_looked_for_on_the_hub(name: str) -> None:
    with patch("transformers.AutoConfig.from_pretrained", side_effect=AssertionError):
        assert "there is no such folder" in refused(name)


def test_a_name_that_the_hub_does_not_know() -> None:
    with patch("transformers.AutoConfig.from_pretrained", side_effect=OSError("it is not there\nfor long")):
        assert refused("org/rm").startswith("`FOLDER` is no reward model: it is not there; ")


def test_a_model_of_the_hub_is_known_by_its_commit() -> None:
    config = LlamaConfig(**SHAPE, architectures=["LlamaForSequenceClassification"])
    config._commit_hash = "abc"
    with patch("transformers.AutoConfig.from_pretrained", return_value=config) as asked:
        base = located("org/rm", "v2")
    assert (base.path, base.revision, base.identity) == ("org/rm", "abc", "org/rm@abc")
    assert asked.call_args.kwargs == {"revision": "v2", "trust_remote_code": False}


def test_the_identity_is_that_of_the_weights(folder: Path, copy: Path) -> None:
    assert located(str(folder)).identity == located(str(copy)).identity
    _weights(copy, lambda weights: weights["score.weight"].mul_(2))
    assert located(str(folder)).identity != located(str(copy)).identity


def test_a_model_that_does_not_fit(folder: Path) -> None:
    full = patch("torch.nn.Module.to", side_effect=torch.OutOfMemoryError("CUDA out of memory"))
    with full, pytest.raises(DiagnosticError, match="M655"):
        RewardModel.from_pretrained(folder)
