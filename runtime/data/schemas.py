"""What people's records look like, and the seed that each stands for."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import takewhile
from typing import Any

import orjson

from musicc.diagnostics import Diagnostic
from musicc.diagnostics.codes import data as codes
from musicc.runtime.data.conversation import Conversation, UnfitError, checked, conversation, text_of, unusable
from musicc.runtime.data.records import Record
from musicc.runtime.data.seed import Seed
from musicc.runtime.llm.types import Message

# The first of these that a record has is its conversation or prompt: whole conversations before openings.
_COLUMNS = (
    "messages",
    "conversations",
    "conversation",
    "trajectory",
    "turns",
    "prompt",
    "question",
    "instruction",
)
_SHOWN_COLUMNS = 8
_SHOWN_CHARACTERS = 32


def seed_from(record: Record, field: str | None = None) -> Seed | Diagnostic:
    """The seed that a record stands for, or why it is none (M451, M452). `field` names the conversation's column.

    Known schemas: `chosen` and `rejected` as message lists (Skywork, TRL), replies to a prompt, or transcripts (HH);
    conversations of `role`/`content` or `from`/`value` messages (ShareGPT, UltraInteract); user turns alone (MT-bench);
    single prompts. A pair's seed is what its two conversations share, unless `field` says otherwise.
    """
    try:
        return _seed(record.value, field)
    except UnfitError as unfit:
        help_ = 'name its column in the spec: `field = "..."`' if unfit.code is codes.UNRECOGNISED else ""
        return Diagnostic(unfit.code, str(unfit), at=record.place, help=help_)


def pair_of(columns: Mapping[str, Any], field: str | None = None) -> tuple[Conversation, Conversation]:
    """The pair that a record holds, in the schemas of `seed_from`: whole conversations, which need not open alike.

    Raises UnfitError.
    """
    if (missing := next((name for name in ("chosen", "rejected") if columns.get(name) is None), None)) is not None:
        raise UnfitError("columns", f"no column `{missing}` has something in it; there {_listed(columns)}")
    return _pair(columns, _prompt(columns, field))


def seed_id(messages: Sequence[Message]) -> str:
    """16 hex digits of the messages' hash: a conversation is one seed, however many pairs it is in and wherever it stands."""
    return sha256(orjson.dumps([[m["role"], m["content"]] for m in messages])).hexdigest()[:16]


def _seed(columns: Mapping[str, Any], field: str | None) -> Seed:
    prompt = _prompt(columns, field)
    chosen, rejected = _pair(columns, prompt)
    shared = shared_opening(chosen, rejected) if chosen else ()
    messages = prompt if field is not None else shared or prompt
    return Seed(seed_id(messages), messages, chosen, rejected)


def _prompt(columns: Mapping[str, Any], field: str | None) -> Conversation:
    """The record's conversation or prompt, empty where a pair stands for itself."""
    candidates = _COLUMNS if field is None else (field,)
    column = next((name for name in candidates if isinstance(columns.get(name), str | list)), None)
    if _has_pair(columns) and field is None and (column is None or not columns[column]):
        return ()
    if column is None:
        wanted = "column is known for a conversation or prompt" if field is None else f"text or list is named `{field}`"
        raise UnfitError("columns", f"no {wanted}; there {_listed(columns)}")
    messages = conversation(columns[column], column)
    if column == "instruction" and columns.get("input"):  # Alpaca
        messages = (*messages[:-1], _continued(messages[-1], text_of(columns["input"], "input", 1)))
    if columns.get("system") and messages[0]["role"] != "system":
        messages = (*conversation(columns["system"], "system", "system"), *messages)
    return checked(messages, column)


def _continued(message: Message, text: str) -> Message:
    return Message(role=message["role"], content=f"{message['content']}\n\n{text}")


def _listed(columns: Mapping[str, Any]) -> str:
    names = [str(name) for name in columns]
    shown = [f"`{name[:_SHOWN_CHARACTERS]}{'…' * (len(name) > _SHOWN_CHARACTERS)}`" for name in names[:_SHOWN_COLUMNS]]
    more = [f"{len(names) - len(shown)} more"] if len(names) > len(shown) else []
    return f"{'is' if len(names) == 1 else 'are'} {', '.join(shown + more) or 'none'}"


def _has_pair(columns: Mapping[str, Any]) -> bool:
    return columns.get("chosen") is not None and columns.get("rejected") is not None


def _pair(columns: Mapping[str, Any], prompt: Conversation) -> tuple[Conversation, Conversation]:
    if not _has_pair(columns):
        return (), ()
    chosen, rejected = _branch(columns, "chosen", prompt), _branch(columns, "rejected", prompt)
    if chosen == rejected:
        raise unusable("equal", "chosen", "and `rejected` are equal")
    return chosen, rejected


def _branch(columns: Mapping[str, Any], column: str, prompt: Conversation) -> Conversation:
    """A whole conversation, or the prompt gone on with a reply."""
    said = conversation(columns[column], column, "assistant")
    if said[0]["role"] == "assistant" and not prompt:
        raise UnfitError("columns", f"no prompt is known for the reply in `{column}`; there {_listed(columns)}")
    whole = checked((*prompt, *said) if said[0]["role"] == "assistant" else said, column)
    if whole[-1]["role"] != "assistant":
        raise unusable("end", column, "does not end with the assistant's reply")
    return whole


def shared_opening(chosen: Conversation, rejected: Conversation) -> Conversation:
    """The messages that both start with. Raises UnfitError where the user's first is not among them."""
    both = zip(chosen, rejected, strict=False)
    messages = tuple(one for one, _ in takewhile(lambda two: two[0] == two[1], both))
    if not any(message["role"] == "user" for message in messages):
        raise unusable("opening", "chosen", "and `rejected` share no opening message of the user")
    return messages
