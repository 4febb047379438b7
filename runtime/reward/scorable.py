"""From records to what is scored of them: a conversation, or both of a pair. Nothing here needs torch."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson

from musicc.diagnostics import Diagnostic
from musicc.diagnostics.codes.data import UNRECOGNISED
from musicc.diagnostics.codes.scoring import NOT_SCORED
from musicc.runtime.data.conversation import Conversation, UnfitError, checked, conversation
from musicc.runtime.data.records import Item, Record
from musicc.runtime.data.schemas import pair_of, seed_from

CHOSEN, REJECTED, REWARD = "chosen", "rejected", "reward"
_REPLIES = ("response", "completion", "output")  # columns that a reply to a prompt stands in


@dataclass(frozen=True, slots=True)
class Scorable:
    """A record, `FILE:LINE`. `head`: what names it in the output. `sides`: its conversations by what their rewards are
    called, none where it has a `fault`. `pair`: whether there should be two.
    """

    place: str
    head: Mapping[str, Any]
    pair: bool = False
    sides: Mapping[str, Conversation] = field(default_factory=dict)
    fault: Diagnostic | None = None

    @property
    def size(self) -> int:
        """Characters that are to be read."""
        return sum(len(message["content"]) for side in self.sides.values() for message in side)


def scorable(item: Item, column: str | None = None, *, file: bool = False) -> Scorable:
    """What is scored of a record. `column` holds its conversation, or what both of its pair reply to; None: as is usual
    (`schemas`), and besides, a prompt with its reply in a column of its own. `file`: whether the output names the file.
    """
    if isinstance(item, Diagnostic):
        fault = Diagnostic(NOT_SCORED, item.message, item.at)
        return Scorable(str(item.at), _head(str(item.at), {}, file=file), fault=fault)
    head, pair = _head(item.place, item.value, file=file), _is_pair(item.value)
    try:
        return Scorable(item.place, head, pair, _pair(item, column) if pair else {REWARD: _single(item, column)})
    except UnfitError as unfit:
        help_ = "name the conversation's column: `--field COLUMN`" if unfit.flaw == "columns" else ""
        return Scorable(item.place, head, pair, fault=Diagnostic(NOT_SCORED, str(unfit), item.place, help=help_))


def replied(value: object, column: str) -> Conversation:
    """The conversation that a value holds, which ends with the assistant's reply. Raises UnfitError."""
    return _ended(checked(conversation(value, column), column), f"`{column}`")


def _head(place: str, columns: Mapping[str, Any], *, file: bool) -> dict[str, Any]:
    name, _, line = place.rpartition(":")
    return _id(columns) | ({"file": name} if file else {}) | {"line": int(line)}


def _id(columns: Mapping[str, Any]) -> dict[str, Any]:
    """The record's own, if it can stand in JSON."""
    with suppress(orjson.JSONEncodeError):
        if isinstance(columns.get("id"), str | int) and orjson.dumps(columns["id"]):
            return {"id": columns["id"]}
    return {}


def _is_pair(columns: Mapping[str, Any]) -> bool:
    return columns.get(CHOSEN) is not None and columns.get(REJECTED) is not None


def _pair(record: Record, column: str | None) -> Mapping[str, Conversation]:
    chosen, rejected = pair_of(record.value, column)
    return {CHOSEN: chosen, REJECTED: rejected}


def _single(record: Record, column: str | None) -> Conversation:
    found = seed_from(record, column)
    if isinstance(found, Diagnostic):
        raise UnfitError("columns" if found.code is UNRECOGNISED else "message", found.message)
    reply = next((name for name in _REPLIES if record.value.get(name)), None)
    said = found.messages
    if reply and said[-1]["role"] == "user":
        said = checked((*said, *conversation(record.value[reply], reply, "assistant")), reply)
    return _ended(said, f"`{column}`" if column else "the conversation")


def _ended(said: Conversation, called: str) -> Conversation:
    if said[-1]["role"] != "assistant":
        raise UnfitError("end", f"{called} does not end with the assistant's reply, which is what is scored")
    return said
