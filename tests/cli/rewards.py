"""Projects that train reward models: a base of a few thousand random weights, pairs that it can learn, and their spec."""

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, chdir, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any
from unittest.mock import patch

from typer.testing import CliRunner

from musicc.cli.main import app
from tests.cli.project import Done
from tests.servers.process import ROOT

SPEC = """music 1

params { seed = 3 }

seeds own {
  from    = file("pairs.jsonl")
  context = first_user_turn
}

dataset d {
  mix        = { own.pairs: 1x }
  validation = 25%
}

"""
REWARD = """\
reward rm {
  base      = "tiny"
  train     = d
  steps     = 4
  batch     = 8
  lr        = 4e-3
  precision = fp32
}

"""
OWN = SPEC + REWARD.replace("train     = d", "train     = own.pairs")  # needs no build
ENVIRONMENT = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "COLUMNS": "200"}
WORDS = ["what", "is", "the", "a", "of", "to", "and", "so", "me", "tell", "about", "red", "blue", "green", "cat", "sun"]
PAIRS = 48


@dataclass(frozen=True)
class Rewards:
    """A folder with `t.music`, its pairs, and the base `tiny`."""

    folder: Path

    @property
    def build(self) -> Path:
        return self.folder / "build" / "t" / "default"

    def model(self, name: str = "rm") -> Path:
        """Where a finished reward model lies."""
        return self.build / "reward" / name

    def work(self, name: str = "rm") -> Path:
        """Where an unfinished one lies."""
        return self.build / "reward" / f".{name}.training"

    def manifest(self, name: str = "rm") -> dict[str, Any]:
        value: dict[str, Any] = json.loads((self.model(name) / "manifest.json").read_bytes())
        return value

    def made(self, name: str = "rm") -> tuple[bytes, bytes]:
        """What two equal trainings have in common to the last bit: weights and log."""
        return tuple((self.model(name) / file).read_bytes() for file in ("model.safetensors", "log.jsonl"))

    def spec(self, text: str = SPEC + REWARD) -> "Rewards":
        (self.folder / "t.music").write_text(text)
        return self

    def changed(self, before: str, after: str) -> "Rewards":
        """The project with another spec."""
        text = (self.folder / "t.music").read_text()
        assert before in text
        return self.spec(text.replace(before, after))

    def records(self, records: Sequence[Any]) -> "Rewards":
        (self.folder / "pairs.jsonl").write_text("".join(f"{json.dumps(record)}\n" for record in records))
        return self

    def run(self, *arguments: str, whole: bool = False) -> Done:
        """`musicc …`, in this process. Unless it is to be `whole`, what takes long and is tested elsewhere is left out."""
        with ExitStack() as held:
            held.enter_context(chdir(self.folder))
            if not whole:
                held.enter_context(_quick())
            result = CliRunner().invoke(app, arguments, env=ENVIRONMENT)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert "Traceback" not in result.output
        assert "M599" not in result.output, result.output
        return Done(result.exit_code, result.stdout, result.stderr)

    def rebuild(self) -> "Rewards":
        done = self.run("build", "t.music")
        assert done.code == 0, done.err
        return self

    def train(self, *arguments: str, whole: bool = False) -> Done:
        return self.run("train", "t.music", *arguments, whole=whole)

    def start(self, *arguments: str, terminal: int = subprocess.PIPE, **environment: str) -> "subprocess.Popen[str]":
        """`python -m …` in a process of its own, which may tell how it goes on a terminal."""
        return subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=self.folder,
            env={**os.environ, **ENVIRONMENT, "PYTHONPATH": str(ROOT), **environment},
            stdout=subprocess.PIPE,
            stderr=terminal,
            text=True,
        )


def rewards(folder: Path, spec: str = SPEC + REWARD, count: int = PAIRS) -> Rewards:
    """A project in a new folder, of so many pairs."""
    (folder / ".git").mkdir(parents=True)
    (folder / "tiny").mkdir()
    for name, data in base().items():
        (folder / "tiny" / name).write_bytes(data)
    return Rewards(folder).spec(spec).records(pairs(count))


def built(folder: Path, spec: str = SPEC + REWARD) -> Rewards:
    """A project whose pairs are built: once, for all tests that start from it."""
    shutil.copytree(_built(spec), folder)
    return Rewards(folder)


def trained(folder: Path, spec: str = SPEC + REWARD) -> Rewards:
    """A project whose reward models are trained as well."""
    shutil.copytree(_trained(spec), folder)
    return Rewards(folder)


@cache
def _built(spec: str) -> Path:
    return rewards(_new_folder(), spec).rebuild().folder


@cache
def _trained(spec: str) -> Path:
    project = built(_new_folder(), spec)
    assert project.train().code == 0
    return project.folder


_KEPT = TemporaryDirectory(prefix="musicc-rewards-")  # until the tests end


def _new_folder() -> Path:
    return Path(mkdtemp(dir=_KEPT.name)) / "project"


@contextmanager
def _quick() -> Iterator[None]:
    import torch

    torch.set_num_threads(1)  # as in processes of their own, where the environment says it
    with (
        patch("musicc.runtime.reward.train.check_saved"),
        patch("musicc.runtime.reward.results.draw"),
        patch("musicc.runtime.reward.frozen.STRENGTHS", (1.0, 0.01)),
        patch("gc.collect"),  # accelerate's, which would be half of a training as small as these
    ):
        yield


# Pairs


def pairs(count: int) -> list[dict[str, Any]]:
    """A third with a second turn. The last word of a conversation tells how good it is."""
    draw = random.Random(0)
    return [_pair(draw, number) for number in range(count)]


def _pair(draw: random.Random, number: int) -> dict[str, Any]:
    history = [said("user", f"{_some(draw, draw.randrange(3, 15))} {number}")]
    if number % 3 == 0:
        history += [said("assistant", _some(draw, 6)), said("user", _some(draw, 4))]
    ends = {"chosen": "good", "rejected": "bad"}
    return {side: [*history, said("assistant", f"{_some(draw, 5)} {end}")] for side, end in ends.items()}


def said(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def _some(draw: random.Random, count: int) -> str:
    return " ".join(draw.choice(WORDS) for _ in range(count))


# The base


@cache
def base() -> dict[str, bytes]:
    """The files of a small Llama and of a tokenizer that knows the words of the pairs."""
    from transformers import AutoModel, LlamaConfig

    shape = {"hidden_size": 48, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = LlamaConfig(**shape, vocab_size=len(VOCABULARY), num_key_value_heads=2, pad_token_id=0)
    return files_of(AutoModel, config)


def files_of(kind: Any, config: Any) -> dict[str, bytes]:
    """A model with random weights, always the same, and the tokenizer beside it."""
    import torch

    torch.manual_seed(0)
    with TemporaryDirectory() as folder:
        kind.from_config(config).save_pretrained(folder)
        _tokenizer().save_pretrained(folder)
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


VOCABULARY = {word: number for number, word in enumerate(["<pad>", "<unk>", "<s>", "<e>", "good", "bad", ":", *WORDS])}


def _tokenizer() -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.WordLevel(VOCABULARY, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    special = {"unk_token": "<unk>", "pad_token": "<pad>", "bos_token": "<s>", "eos_token": "<e>"}
    template = "{{ '<s> ' }}{% for m in messages %}{{ m['role'] + ' : ' + m['content'] + ' <e> ' }}{% endfor %}"
    return PreTrainedTokenizerFast(tokenizer_object=made, chat_template=template, **special)
