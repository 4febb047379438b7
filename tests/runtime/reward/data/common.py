"""Small tokenizers with chat templates as people write them, and small data to read."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from musicc.diagnostics import Diagnostic
from musicc.plan.datasets import DatasetPairs, DialoguePairs, SeedPairs
from musicc.plan.document import Seeds
from musicc.plan.rewards import Reward
from musicc.runtime.data.conversation import Conversation
from musicc.runtime.llm.types import Message
from musicc.runtime.reward.examples import Examples, read_examples
from musicc.runtime.reward.types import Example
from tests.runtime.data.common import seeds

CHATML = """\
{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}{% endfor %}"""
GEMMA = """\
{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}\
{% for message in messages %}{% set role = 'model' if message['role'] == 'assistant' else message['role'] %}\
{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"""
LLAMA = """\
{{ bos_token }}{% for message in messages %}{{ '<|header|>' + message['role'] + '\n\n' + message['content'] + '<|eot|>' }}\
{% endfor %}"""
CLOSED = """\
{% for message in messages %}{{ '<|' + message['role'] + '|>\n' + message['content'] + eos_token }}{% endfor %}"""


@cache
def _backend(special: tuple[str, ...], adds_bos: bool) -> str:
    """A byte-level BPE, as JSON."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=list(special), initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator(["What is a fugue? A piece of music. user assistant system"], trainer)
    if adds_bos:
        made.post_processor = processors.TemplateProcessing(
            single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", made.token_to_id("<s>"))]
        )
    return made.to_str()


def tokenizer(template: str | None, special: Sequence[str] = (), *, adds_bos: bool = False, **named: str) -> Any:
    """A tokenizer of transformers; `named` are its `bos_token`, `eos_token`, …; `special` are in the vocabulary besides."""
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer.from_str(_backend(tuple(dict.fromkeys([*named.values(), *special])), adds_bos))
    return PreTrainedTokenizerFast(tokenizer_object=backend, chat_template=template, name_or_path="org/tiny", **named)


def chatml() -> Any:
    return tokenizer(CHATML, ["<|im_start|>"], eos_token="<|im_end|>", pad_token="<|endoftext|>")


def gemma() -> Any:
    return tokenizer(
        GEMMA,
        ["<start_of_turn>", "<end_of_turn>"],
        bos_token="<s>",
        eos_token="<eos>",
        pad_token="<pad>",
        adds_bos=True,
    )


def llama() -> Any:
    return tokenizer(LLAMA, ["<|header|>", "<|eot|>"], bos_token="<s>", eos_token="</s>", adds_bos=True)


def closed() -> Any:
    """Its conversations end in the eos token, which is the pad token as well."""
    return tokenizer(CLOSED, eos_token="</s>", pad_token="</s>")


# Conversations


def said(*texts: str, system: str | None = None) -> Conversation:
    """User and assistant in turn."""
    head = (Message(role="system", content=system),) if system is not None else ()
    spoken = (Message(role=("user", "assistant")[at % 2], content=text) for at, text in enumerate(texts))
    return (*head, *spoken)


def example(chosen: Conversation, rejected: Conversation, place: str = "pairs.jsonl:1") -> Example:
    return Example(place=place, id=place, chosen=chosen, rejected=rejected, seed="", source="talk")


# Data


def reward(of: DatasetPairs | DialoguePairs | SeedPairs, **fields: Any) -> Reward:
    return Reward(name="rm", base="org/tiny", train=of, **fields)


def read(
    folder: Path, of: DatasetPairs | DialoguePairs | SeedPairs, source: Seeds | None = None, **fields: Any
) -> tuple[Examples, list[Diagnostic]]:
    """The examples, and what was reported."""
    told: list[Diagnostic] = []
    found = read_examples(reward(of, **fields), {"chats": source or seeds()}, folder, folder, told.append)
    return found, told
