"""Conversations laid out so that what they start with is read once: one row of tokens, and who sees what.

The conversations of a forward pass lie behind each other in one row, without padding. A conversation that starts as an
earlier one does is not repeated: it stands there with the tokens of its own only, and sees the earlier ones' as its
beginning. So chosen and rejected of a pair, several pairs of one seed, and the candidates of a Best-of-N are all the
same thing: a tree. Every token has the position that it has in its conversation, so that rewards and gradients are
those of the conversations read one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from musicc.runtime.reward.types import Tokens

WORTH = 16
"""Fewer tokens in common are read twice: another piece of attention costs more than they do."""

Slice: TypeAlias = tuple[int, int]
"""Tokens of the row, from the first to before the second."""


@dataclass(frozen=True, slots=True)
class Limb:
    """What one conversation adds to the row: the tokens `own`, seen after those of `before`, which lie earlier in the row."""

    before: tuple[Slice, ...]
    own: Slice

    @property
    def start(self) -> int:
        """The position of its first own token in the conversation."""
        return sum(stop - start for start, stop in self.before)


@dataclass(frozen=True, slots=True)
class Row:
    """Conversations in one row: `tokens` and their `positions`, each [T]; a limb for each conversation, as they lie.

    `ends`: by conversation, in the order in which they were given, where its last token lies: there it is scored.
    """

    tokens: list[int]
    positions: list[int]
    limbs: tuple[Limb, ...]
    ends: tuple[int, ...]


def lay_out(conversations: Sequence[Tokens], *, share: bool = True) -> Row:
    """The row of conversations that have a token at least. With `share` off, each is read from its first token on."""
    order = sorted(range(len(conversations)), key=lambda number: tuple(conversations[number]))
    tokens: list[int] = []
    positions: list[int] = []
    limbs: list[Limb] = []
    ends = [0] * len(conversations)
    earlier: Tokens = ()
    for number in order:
        conversation = conversations[number]
        common = shared_prefix(earlier, conversation) if share else 0
        limb = _limb(limbs[-1] if limbs else None, common, len(conversation), len(tokens))
        tokens += conversation[limb.start :]
        positions += range(limb.start, len(conversation))
        limbs.append(limb)
        ends[number] = len(tokens) - 1
        earlier = conversation
    return Row(tokens, positions, tuple(limbs), tuple(ends))


def _limb(earlier: Limb | None, common: int, length: int, at: int) -> Limb:
    """A limb that takes over what is worth it. Of equal conversations the second keeps its last token: there it is scored."""
    common = min(common, length - 1)
    before = _first((*earlier.before, earlier.own), common) if earlier and common >= WORTH else ()
    start = sum(stop - start for start, stop in before)
    return Limb(before, (at, at + length - start))


def _first(slices: Sequence[Slice], count: int) -> tuple[Slice, ...]:
    """The slices' first `count` tokens."""
    kept: list[Slice] = []
    for start, stop in slices:
        taken = min(stop - start, count)
        if taken:
            kept.append((start, start + taken))
        count -= taken
    return tuple(kept)


def shared_prefix(one: Tokens, other: Tokens) -> int:
    """How many tokens both start with."""
    differing = (number for number, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(differing, min(len(one), len(other)))
