"""What a pair looks like to other projects: a record for each, or why their format cannot hold it.

Nothing is written that the format's readers would take for something else: a pair that does not fit is left out.
"""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any, TypeAlias

import orjson

from musicc.runtime.data.pairs import Pair, to_line
from musicc.runtime.llm.types import Message

Record: TypeAlias = dict[str, Any]

_SHAREGPT = {"system": "system", "user": "human", "assistant": "gpt"}
_HH = {"user": "\n\nHuman:", "assistant": "\n\nAssistant:"}


class Unfit(Exception):
    """The format has no place for the pair; the text says why, as in "a pair that …"."""


def as_it_is(pair: Pair) -> Record:
    """The record of `pairs.jsonl`."""
    record: Record = orjson.loads(to_line(pair))
    return record


def trl(pair: Pair) -> Record:
    """TRL's conversational preference with an explicit prompt: `prompt` ends with the last user message that both share.

    RewardTrainer and DPOTrainer put `prompt` before both completions. Where branches first differ in a user message, the
    reply before it stands in both completions: a prompt that ended with a reply would be given another reply's header.
    Raises Unfit.
    """
    count = _prompt_length(pair)
    chosen, rejected = _chat(pair.chosen), _chat(pair.rejected)
    return {"id": pair.id, "prompt": chosen[:count], "chosen": chosen[count:], "rejected": rejected[count:]}


def openrlhf(pair: Pair) -> Record:
    """OpenRLHF's reward data: two whole conversations, to which the chat template is applied (`train_rm`)."""
    return {"id": pair.id, "chosen": _chat(pair.chosen), "rejected": _chat(pair.rejected)}


def sharegpt(pair: Pair) -> Record:
    """Two whole conversations of ShareGPT messages, `from` and `value`."""
    return {"id": pair.id, "chosen": _sharegpt(pair.chosen), "rejected": _sharegpt(pair.rejected)}


def llama_factory(pair: Pair) -> Record:
    """LLaMA-Factory's ranking data: a common conversation that ends with the user, and one reply each.

    Both branches are cut behind the first reply in which they differ. Raises Unfit where they differ in a message of the
    user before that, or end.
    """
    count = _prompt_length(pair)
    if pair.chosen[count] == pair.rejected[count]:
        raise Unfit("does not differ first in a reply, as ranking data does: one conversation and two replies")
    chosen, rejected = _sharegpt(pair.chosen), _sharegpt(pair.rejected)
    return {"id": pair.id, "conversations": chosen[:count], "chosen": chosen[count], "rejected": rejected[count]}


def hh(pair: Pair) -> Record:
    """Anthropic's HH transcripts: two texts. Raises Unfit: they know no system message and no escape of their marks."""
    return {"chosen": _transcript(pair.chosen), "rejected": _transcript(pair.rejected)}


def _transcript(messages: Sequence[Message]) -> str:
    if any(message["role"] not in _HH for message in messages):
        raise Unfit("has a system message, which transcripts have no mark for")
    if any(mark in message["content"] for message in messages for mark in _HH.values()):
        raise Unfit("has a text with a transcript's own mark in it, which readers would take for the next message")
    return "".join(f"{_HH[message['role']]} {message['content']}" for message in messages)


def _prompt_length(pair: Pair) -> int:
    """How many messages both branches start with, up to the last one of the user."""
    both = zip(pair.chosen, pair.rejected, strict=False)
    shared = [one["role"] for one, _ in takewhile(lambda two: two[0] == two[1], both)]
    if "user" not in shared:
        raise Unfit("shares no opening message of the user")
    return len(shared) - shared[::-1].index("user")


def _chat(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": message["role"], "content": message["content"]} for message in messages]


def _sharegpt(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"from": _SHAREGPT[message["role"]], "value": message["content"]} for message in messages]
