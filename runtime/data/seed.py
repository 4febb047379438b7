"""Where a conversation starts."""

from dataclasses import dataclass

from musicc.runtime.llm.types import Message


@dataclass(frozen=True, slots=True)
class Seed:
    """`id`: 16 hex digits of the content's hash, so that it does not depend on the seed's place in its file.

    `messages`: the whole conversation that leads up to the source's reply (system message included, last assistant
    message left out where the source has one to prefer). `chosen`, `rejected`: the source's own pair as whole
    conversations, empty where it has none.
    """

    id: str
    messages: tuple[Message, ...]
    chosen: tuple[Message, ...] = ()
    rejected: tuple[Message, ...] = ()

    @property
    def user_turns(self) -> tuple[str, ...]:
        return tuple(m["content"] for m in self.messages if m["role"] == "user")
