"""How sure a figure is: 95 % intervals of shares, and of means over pairs of which several may come from one seed."""

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

CONFIDENCE = 0.95
RESAMPLES = 2_000
_AT_ONCE = 1_000_000  # draws held in memory


class Interval(NamedTuple):
    low: float
    high: float


def wilson(successes: float, trials: int) -> Interval:
    """The interval of a share: Wilson 1927, "Probable inference, the law of succession, and statistical inference".

    It stays within [0, 1] and is honest at the ends, where the one of the textbooks has no width. Half a success is a tie.
    Without trials nothing is known: [0, 1].
    """
    if not trials:
        return Interval(0.0, 1.0)
    share, z = successes / trials, NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    scale = 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / scale
    half = z / scale * sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2)
    return Interval(max(0.0, min(centre - half, share)), min(1.0, max(centre + half, share)))


def bootstrapped(values: Sequence[float], clusters: Sequence[str], *, seed: int = 0) -> Interval | None:
    """The percentile interval of the mean of `values` when whole clusters are drawn anew, as they would be in new data.

    Values of one cluster hang together, so that they tell less than as many of their own (Field and Welsh 2007,
    "Bootstrapping clustered data"). Given differences of pairs it is a paired bootstrap. Equal values give equal
    intervals, in whatever order they come. None where there are fewer than two clusters: nothing is known of how they vary.
    """
    numbers = {cluster: number for number, cluster in enumerate(sorted(set(clusters)))}
    if len(numbers) < 2:
        return None
    belongs = np.array([numbers[cluster] for cluster in clusters])
    sums, counts = np.bincount(belongs, weights=values), np.bincount(belongs)
    generator = np.random.default_rng(seed)
    means: list[float] = []
    while len(means) < RESAMPLES:
        rows = min(RESAMPLES - len(means), max(1, _AT_ONCE // len(numbers)))
        drawn = generator.integers(len(numbers), size=(rows, len(numbers)))
        means += (sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)).tolist()
    low, high = np.quantile(means, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Interval(float(low), float(high))
