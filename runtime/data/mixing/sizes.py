"""How many pairs a mix takes of each of its parts."""

from collections.abc import Sequence
from typing import NamedTuple

from musicc.plan.datasets import Part


class Size(NamedTuple):
    """Every pair `times` times, and `more` of them once more."""

    times: int
    more: int

    def of(self, there: int) -> int:
        """How many pairs that makes."""
        return self.times * there + self.more


def sizes(mix: Sequence[Part], there: Sequence[int]) -> list[Size]:
    """By part, where so many pairs are there. Of shares the whole is as large as the scarcest part allows."""
    shares = [(count, part.share) for part, count in zip(mix, there, strict=True) if part.share is not None]
    whole = min((count / share for count, share in shares), default=0.0)
    return [_size(part, count, whole) for part, count in zip(mix, there, strict=True)]


def _size(part: Part, there: int, whole: float) -> Size:
    if part.weight is not None:
        times = int(part.weight)
        return Size(times, round((part.weight - times) * there))
    wanted = round(part.share * whole) if part.share is not None else part.count or 0
    return Size(1, 0) if wanted >= there else Size(0, wanted)
