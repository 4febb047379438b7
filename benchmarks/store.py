"""The store against a dict that is filled from its whole file when it is opened.

    python -m benchmarks.store [--records 1000000] [--size 500] [--rounds 3]

Microseconds are CPU of the whole process, writing and syncing included. `scan` opens the store without its snapshot.
"""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from struct import Struct

from benchmarks.measure import Figures, heading, run
from musicc.runtime.store import Store

_HEAD = Struct("<I32s")


class DictStore:
    """The simplest thing that comes to mind: no checksums, no syncing, everything in memory."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._file = (folder / "records").open("a+b", buffering=1 << 20)
        self._values = dict(self._records())

    def _records(self) -> Iterator[tuple[bytes, bytes]]:
        self._file.seek(0)
        while head := self._file.read(_HEAD.size):
            length, key = _HEAD.unpack(head)
            yield key, self._file.read(length)

    def put(self, key: bytes, value: bytes) -> None:
        if key not in self._values:
            self._values[key] = value
            self._file.write(_HEAD.pack(len(value), key) + value)

    def get(self, key: bytes) -> bytes | None:
        return self._values.get(key)

    def close(self) -> None:
        self._file.close()


def opened(contestant: str, folder: Path) -> Store | DictStore:
    if contestant == "scan":
        (folder / "index.bin").unlink()
    return DictStore(folder) if contestant == "dict" else Store.open(folder)


def key(number: int) -> bytes:
    return sha256(b"%d" % number).digest()


def fill(contestant: str, folder: Path, records: int, size: int) -> Figures:
    keys, value = [key(number) for number in range(records)], b"x" * size
    store = opened(contestant, folder)
    start = time.process_time()
    for one in keys:
        store.put(one, value)
    store.close()
    return {"put": (time.process_time() - start) / records * 1e6}


def use(contestant: str, folder: Path, records: int, size: int) -> Figures:
    start = time.perf_counter()
    store = opened(contestant, folder)
    seconds = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    keys = [key(number) for number in range(0, records, max(1, records // 50_000))]
    start = time.process_time()
    found = [len(store.get(one) or b"") for one in keys]
    spent = time.process_time() - start
    assert set(found) == {size}
    store.close()
    return {"open": seconds, "memory": memory, "get": spent / len(keys) * 1e6}


def compare(records: int, size: int, rounds: int) -> None:
    heading(f"{records:,} records of {size} bytes, the best of {rounds} rounds")
    figures: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory() as folder:
        for contestant in ("dict", "store", "scan"):
            place = f"{folder}/{'dict' if contestant == 'dict' else 'store'}"
            arguments = ["-m", "benchmarks.store", "--records", str(records), "--size", str(size), "--folder", place]
            filled = {} if contestant == "scan" else run([*arguments, "--child", contestant, "--fill"])
            used = [run([*arguments, "--child", contestant]) for _ in range(rounds)]
            figures[contestant] = filled | {name: min(one[name] for one in used) for name in used[0]}
    for name, unit in {"open": "s", "memory": "MB", "put": "us", "get": "us"}.items():
        base = figures["dict"][name]
        shown = (f"{c} {f[name]:8.2f} {unit} ({f[name] / base:5.2f} x)" for c, f in figures.items() if name in f)
        print(f"  {name:7}", "   ".join(shown))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--size", type=int, default=500, help="bytes of a value")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", choices=("dict", "store", "scan"))
    parser.add_argument("--fill", action="store_true")
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.child:
        child = fill if given.fill else use
        print(json.dumps(child(given.child, given.folder, given.records, given.size)))
    else:
        compare(given.records, given.size, given.rounds)


if __name__ == "__main__":
    main()
