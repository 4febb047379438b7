"""Every random choice of a row, from a counter-based generator: keyed by (spec seed, row, site), never by shared state.

So a row's choices do not depend on which other rows exist, on their order, or on what ran before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b


@dataclass(frozen=True, slots=True)
class Draws:
    """The choices of one row. A site names the choice, `rejected.3` for instance; the same site always gives the same."""

    spec_seed: int
    row: str

    def point(self, site: str) -> int:
        """A uniform 64-bit integer."""
        text = f"{self.spec_seed}\x00{self.row}\x00{site}"
        return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")

    def uniform(self, site: str) -> float:
        """A uniform number in [0, 1), with 53 random bits."""
        return (self.point(site) >> 11) / (1 << 53)

    def integer(self, site: str, low: int, high: int) -> int:
        """A uniform integer in low..high, both included."""
        return low + int(self.uniform(site) * (high - low + 1))

    def between(self, site: str, low: float, high: float) -> float:
        return low + self.uniform(site) * (high - low)

    def weighted(self, site: str, weights: Sequence[float]) -> int:
        """An index, drawn with these weights."""
        target = self.uniform(site) * sum(weights)
        for index, weight in enumerate(weights):
            target -= weight
            if target < 0:
                return index
        return len(weights) - 1

    def subset(self, site: str, items: Sequence[int], count: int) -> frozenset[int]:
        """`count` of the items: those whose own draws are smallest, so that each subset is equally likely."""
        return frozenset(sorted(items, key=lambda item: self.point(f"{site}.{item}"))[:count])
