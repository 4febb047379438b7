"""Prompts that may not stand in a dataset, because something is evaluated on them."""

from collections.abc import Iterable
from hashlib import blake2b

from musicc.runtime.data.pairs import Pair
from musicc.runtime.data.seed import Seed
from musicc.runtime.data.words import runs, words
from musicc.runtime.store.index import Index

RUN = 13
"""So many words in a row are not the same by chance."""


class Prompts:
    """Openings as a whole, and every run of words in what their users say; 24 to 48 bytes each."""

    def __init__(self, seeds: Iterable[Seed]) -> None:
        self._index = Index()
        for seed in seeds:
            self._enter(seed)

    def _enter(self, seed: Seed) -> None:
        for turn, said in enumerate(seed.user_turns):
            found = words(said)
            if turn == 0 or len(found) >= RUN:
                for key in _keys(found):
                    if not self._index.candidates(key):
                        self._index.add(key, 1)

    def stand_in(self, pair: Pair) -> bool:
        """Whether the user says one of the openings in the pair, or a run of words with one of the prompts in common."""
        said = {m["content"] for branch in (pair.chosen, pair.rejected) for m in branch if m["role"] == "user"}
        return any(self._index.candidates(key) for text in said for key in _keys(words(text)))


def _keys(found: list[str]) -> list[bytes]:
    """Of every run; of fewer words, of them all."""
    return [blake2b(run.encode(), digest_size=9).digest() for run in runs(found, RUN)]
