"""Which pairs a dataset takes, on which side of the split, and in which order: all of it drawn by hashing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from musicc.plan.datasets import Dataset
from musicc.runtime.data.mixing.draw import point
from musicc.runtime.data.mixing.gather import Gathered
from musicc.runtime.data.mixing.groups import kept_out
from musicc.runtime.data.mixing.sizes import Size, sizes

TRAIN, VALIDATION = "train", "validation"


class Place(NamedTuple):
    """A pair's place in a dataset: drawn, and then the part of the mix, the pair in it, and which copy it is."""

    drawn: int
    part: int
    at: int
    copy: int


Splits: TypeAlias = Mapping[str, Sequence[Place]]
"""The pairs of each split in their order; a split without a pair is left out."""


def choose(dataset: Dataset, gathered: Gathered, spec_seed: int) -> Splits:
    """The pairs that are taken, split so that no prompt and no seed is on both sides."""
    places = _places(dataset, gathered, spec_seed)
    groups = [gathered.groups.of(gathered.stocks[place.part].prompts[place.at]) for place in places]
    out = kept_out(set(groups), dataset.validation, spec_seed)
    sides: dict[str, list[Place]] = {TRAIN: [], VALIDATION: []}
    for place, group in zip(places, groups, strict=True):
        sides[VALIDATION if group in out else TRAIN].append(place)
    return {split: found for split, found in sides.items() if found}


def _places(dataset: Dataset, gathered: Gathered, spec_seed: int) -> list[Place]:
    wanted = sizes(dataset.mix, [len(stock) for stock in gathered.stocks])
    found = [
        Place(point(spec_seed, "dataset.order", f"{stock.ranks[at]:016x}.{copy}"), number, at, copy)
        for number, (stock, size) in enumerate(zip(gathered.stocks, wanted, strict=True))
        for at, copy in _copies(stock.ranks, size)
    ]
    return sorted(found)


def _copies(ranks: Sequence[int], size: Size) -> Iterator[tuple[int, int]]:
    """Each pair, as often as it is taken. Once more are those of the lowest ranks, whatever others there are."""
    lowest = sorted(range(len(ranks)), key=ranks.__getitem__)[: size.more] if size.more else []
    yield from ((at, copy) for at in range(len(ranks)) for copy in range(size.times))
    yield from ((at, size.times) for at in lowest)
