"""Which conversations a reward model reads at once: those that start alike meet, and no pass reads more than fits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from musicc.runtime.reward.trees import WORTH, shared_prefix
from musicc.runtime.reward.types import Tokens

Pass: TypeAlias = list[int]
"""Numbers of conversations."""


@dataclass(frozen=True, slots=True)
class Packing:
    """Passes of at most `budget` tokens, or of one conversation that has more.

    `rows`: what conversations start with is read once (`trees`); else they are padded to the longest of their pass.
    `apart`: conversations of more tokens than this are read with their like alone; None where length changes nothing.
    """

    budget: int
    rows: bool = True
    apart: int | None = None

    def passes(self, conversations: Sequence[Tokens]) -> Iterator[Pass]:
        """Every conversation once. Which of them meet does not depend on their order."""
        part: Pass = []
        load = 0
        for number in sorted(range(len(conversations)), key=lambda number: self._place(conversations[number])):
            tokens, before = conversations[number], conversations[part[-1]] if part else ()
            load = self._load(load, len(part), before, tokens)
            if part and (load > self.budget or self._is_long(before) != self._is_long(tokens)):
                yield part
                part, load = [], len(tokens)
            part.append(number)
        if part:
            yield part

    def _place(self, tokens: Tokens) -> tuple[bool, tuple[int, ...]]:
        """In rows, those that start alike stand together; else those that are as long."""
        return self._is_long(tokens), tuple(tokens) if self.rows else (len(tokens),)

    def _load(self, load: int, count: int, before: Tokens, tokens: Tokens) -> int:
        """The tokens of a pass of `count` conversations, the last of them `before`, with this one more."""
        if not self.rows:
            return (count + 1) * len(tokens)  # the longest comes last
        common = min(shared_prefix(before, tokens), len(tokens) - 1)  # of equal ones, the last token is read again
        return load + len(tokens) - (common if common >= WORTH else 0)

    def _is_long(self, tokens: Tokens) -> bool:
        return self.apart is not None and len(tokens) > self.apart
