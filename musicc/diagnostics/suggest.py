"""The name that was probably meant."""

from collections.abc import Iterable
from difflib import SequenceMatcher

SIMILARITY = 0.6


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `name`, or None if none is like it enough; letter case counts for nothing.

    Of equally close candidates the first in alphabetical order is taken, so that the answer never depends on a set's order.
    """
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(name.casefold())
    best, best_ratio = None, SIMILARITY
    for candidate in sorted(set(candidates) - {name}):
        matcher.set_seq1(candidate.casefold())
        if matcher.quick_ratio() < best_ratio:
            continue
        ratio = matcher.ratio()
        if ratio > best_ratio or (best is None and ratio == best_ratio):
            best, best_ratio = candidate, ratio
    return best
