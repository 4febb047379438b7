"""Texts that are nearly the same as an earlier one: MinHash finds what may be, the words decide.

Likeness is the Jaccard similarity of two texts' word trigrams: what they have in common over what either has.
"""

from array import array
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType

from musicc.runtime.data.pairs import Pair
from musicc.runtime.data.words import runs, words
from musicc.runtime.store.disk import disk_errors
from musicc.runtime.store.index import Index

_TRIGRAM = 3
_HASHES = 128
_SURE = 0.995  # how probably a text that is just like enough is looked at; one that is more so is the more probably


class NearIndex:
    """Texts in a scratch file without a name, gone with the process; in memory a text takes about a kilobyte."""

    def __init__(self, least: float, scratch: Path) -> None:
        """`least`: the likeness from which on a text has been seen, above 0 to 1. `scratch`: the folder of the file.

        Raises DiagnosticError where the file cannot be made.
        """
        self._least, self._band = least, _band(least)
        self._index = Index()
        self._scratch = scratch
        with disk_errors("compare texts", scratch):
            scratch.mkdir(parents=True, exist_ok=True)
            self._file = TemporaryFile(dir=scratch, prefix="near-")  # noqa: SIM115  # closed by `close`

    def seen(self, text: str) -> bool:
        """Whether the text is like an earlier one that was not; else it is one from now on. Raises DiagnosticError."""
        found = words(text)
        trigrams = set(runs(found, _TRIGRAM))
        keys = self._keys(trigrams)
        alike = {start for key in keys for start in self._index.candidates(key)}
        with disk_errors("compare texts", self._scratch):
            if any(self._alike(trigrams, start - 1) for start in sorted(alike)):
                return True
            start = self._keep(found)
        for key in keys:
            self._index.add(key, start + 1)
        return False

    def _keys(self, trigrams: set[str]) -> list[bytes]:
        """Equal in one place at least, as good as surely, for texts that are like enough."""
        from rensa import RMinHash  # a library of machine code that few builds need

        hashes = RMinHash(num_perm=_HASHES, seed=0)
        hashes.update(list(trigrams))
        found = array("I", hashes.digest())
        starts = range(0, _HASHES - self._band + 1, self._band)
        return [_key(start, found[start : start + self._band]) for start in starts]

    def _alike(self, trigrams: set[str], start: int) -> bool:
        self._file.seek(start)
        other = set(runs(self._file.readline().decode().split(), _TRIGRAM))
        return len(trigrams & other) >= self._least * len(trigrams | other) - 1e-9

    def _keep(self, found: list[str]) -> int:
        """Where the text lies from now on."""
        start = self._file.seek(0, 2)
        self._file.write(" ".join(found).encode() + b"\n")
        return start

    def close(self) -> None:
        """Deletes the scratch file. Harmless when repeated."""
        self._file.close()

    def __enter__(self) -> "NearIndex":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _band(least: float) -> int:
    """How many hashes make a key: as many as leave a text that is just like enough as good as no chance to be missed."""
    fitting = (size for size in range(_HASHES, 1, -1) if 1 - (1 - least**size) ** (_HASHES // size) >= _SURE)
    return next(fitting, 1)


def _key(start: int, band: "array[int]") -> bytes:
    return blake2b(start.to_bytes(2, "little") + band.tobytes(), digest_size=9).digest()


def text_of(pair: Pair) -> str:
    """What of a pair is compared with others: the chosen conversation, and the rejected one from where it departs."""
    both = zip(pair.chosen, pair.rejected, strict=False)
    shared = next((at for at, (one, other) in enumerate(both) if one != other), len(pair.rejected))
    return "\n".join(message["content"] for message in (*pair.chosen, *pair.rejected[shared:]))
