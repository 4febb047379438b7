"""What is measured of a reward model, as it stands in JSON files and on its card."""

from typing import TypedDict


class Spread(TypedDict):
    """Of finite values, all None where there are none; `std` is the population's."""

    mean: float | None
    median: float | None
    std: float | None
    min: float | None
    max: float | None


class Group(TypedDict):
    """Of some pairs.

    `accuracy`: the share of all pairs whose chosen conversation has strictly the higher reward, with its 95 % `interval`.
    `ties` have equal rewards, and pairs that are `non_finite` have no rewards to compare: neither counts as right.
    `margin`: chosen minus rejected, of the others. `longer`: the share of the pairs whose chosen conversation has more
    words, ties half: what preferring the longer one would be right in.
    """

    pairs: int
    accuracy: float
    interval: list[float]
    ties: int
    tie_share: float
    non_finite: int
    margin: Spread
    longer: float


class Metrics(Group):
    """Of all pairs.

    `interval_by_seed`: of the accuracy when seeds are drawn anew, None for a single seed, and where all have the same one;
    it is the wider one where pairs of a seed hang together. `reward`: of chosen and rejected conversations alike. `loss`:
    Bradley and Terry's, plain, None where no margin is finite. `by`: groups by `turns`, `diverges` (the first turn in which
    the conversations differ), `rule` and `source`; a pair is in the group of each of its rules.
    """

    seeds: int
    interval_by_seed: list[float] | None
    reward: Spread
    loss: float | None
    by: dict[str, dict[str, Group]]


class Gain(TypedDict):
    """Two reward models on the same pairs: accuracies, the first minus the second, and its 95 % interval over seeds, None
    for a single seed. `only_first` and `only_second`: pairs that one of them alone has right.
    """

    pairs: int
    seeds: int
    first: float
    second: float
    difference: float
    interval: list[float] | None
    only_first: int
    only_second: int


class Difference(Gain):
    """Of all pairs, and of groups of them as in `Metrics.by`."""

    by: dict[str, dict[str, Gain]]
