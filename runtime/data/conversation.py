"""A cell of somebody's table, taken for a conversation, and what a conversation must be to be used."""

import re
from typing import Any, Literal, TypeAlias

from musicc.diagnostics import Code
from musicc.diagnostics.codes import data as codes
from musicc.runtime.llm.types import Message

Conversation: TypeAlias = tuple[Message, ...]

_ROLES = {
    "system": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "model": "assistant",
}
_TRANSCRIPT = re.compile(r"\A\s*Human:.*\n\nAssistant:", re.DOTALL)
_SPEAKER = re.compile(r"(?:\A\s*|\n\n)(Human|Assistant):")


Flaw: TypeAlias = Literal["columns", "empty", "message", "order", "end", "equal", "opening"]
"""No known columns; nothing said; a role or a text that is none; not user and assistant in turn; the user at the end of
a pair's conversation; both of its conversations equal, or without an opening in common."""


class UnfitError(Exception):
    """A record cannot be used, and why."""

    def __init__(self, flaw: Flaw, reason: str) -> None:
        super().__init__(reason)
        self.flaw = flaw

    @property
    def code(self) -> Code:
        """What is told where seeds are read."""
        return codes.UNRECOGNISED if self.flaw == "columns" else codes.BAD_CONVERSATION


def unusable(flaw: Flaw, column: str, reason: str) -> UnfitError:
    return UnfitError(flaw, f"`{column}` {reason}")


def conversation(value: object, column: str, speaker: str = "user") -> Conversation:
    """The messages that a cell holds: a transcript, a text by `speaker`, a message, or a list of texts or messages.

    Raises UnfitError where a role is unknown or a text is missing or empty. The order is `checked` apart.
    """
    if isinstance(value, str) and _TRANSCRIPT.match(value):
        return _spoken(value, column)
    parts = value if isinstance(value, list) else [value]
    if not parts:
        raise unusable("empty", column, "is an empty list")
    return tuple(_message(part, column, number, speaker) for number, part in enumerate(parts, 1))


def _spoken(transcript: str, column: str) -> Conversation:
    """Anthropic's HH format: each message is introduced by a blank line and its speaker. An open last line is dropped."""
    _, *parts = _SPEAKER.split(transcript)
    said = [(role.lower(), text.strip()) for role, text in zip(parts[::2], parts[1::2], strict=True)]
    if said[-1] == ("assistant", ""):
        said.pop()
    return conversation([{"role": role, "content": text} for role, text in said], column)


def _message(part: object, column: str, number: int, speaker: str) -> Message:
    if not isinstance(part, dict):
        return Message(role=speaker, content=text_of(part, column, number))
    role = part.get("role") or part.get("from")
    if not isinstance(role, str) or role.lower() not in _ROLES:
        known = ", ".join(_ROLES)
        raise unusable("message", column, f"has a message {number} by {_named(role)}; known roles are {known}")
    content = part.get("content", part.get("value"))
    return Message(role=_ROLES[role.lower()], content=text_of(content, column, number))


def _named(role: Any) -> str:
    return f"`{role}`" if role is not None else "nobody (it has no `role` or `from`)"


def text_of(value: object, column: str, number: int) -> str:
    """A text with something in it. Raises UnfitError."""
    if not isinstance(value, str):
        kind = "nothing" if value is None else f"a {type(value).__name__}"
        flaw: Flaw = "empty" if value is None else "message"
        raise unusable(flaw, column, f"holds {kind} where the text of message {number} is expected")
    if not value.strip():
        raise unusable("empty", column, f"has an empty message {number}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise unusable("message", column, f"has a message {number} that is not UTF-8") from None
    return value


def checked(messages: Conversation, column: str) -> Conversation:
    """The conversation, if it can be gone on with: perhaps a system message, then user and assistant in turn, user first.

    User messages alone are fine as well: that is how sets of prompts write conversations without replies. Raises UnfitError.
    """
    start = int(messages[0]["role"] == "system")
    roles = [message["role"] for message in messages[start:]]
    if not roles:
        raise unusable("empty", column, "has no message but the system's")
    if set(roles) == {"user"}:
        return messages
    for number, role in enumerate(roles):
        expected = ("user", "assistant")[number % 2]
        if role != expected:
            said = f"has message {number + start + 1} by `{role}` where `{expected}` should speak"
            raise unusable("order", column, said)
    return messages
