"""The store against a dict, through any order of puts, reopenings, crashes and damage."""

import shutil
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from musicc.runtime.store import Store
from tests.runtime.store.common import HEADER, memory_folder

KEYS = st.builds(lambda a, b: bytes([a]) * 8 + bytes(20) + bytes([b]) * 4, st.integers(0, 3), st.integers(0, 3))
SIZES = st.integers(0, 40) | st.integers(4000, 4200)
VALUES = st.builds(lambda size, byte: bytes([byte]) * size, SIZES, st.integers(0, 255))


class StoreMachine(RuleBasedStateMachine):
    """`values` must be found. A `doubtful` key has been damaged: a value that it had is found, or none."""

    @initialize()
    def make(self) -> None:
        self.folder = memory_folder()
        self.values: dict[bytes, bytes] = {}
        self.doubtful: set[bytes] = set()
        self.ever: dict[bytes, set[bytes]] = {}
        self.spans: dict[bytes, tuple[int, int]] = {}  # the bytes of the journal that a record may lie in
        self.store = Store.open(self.folder)

    @property
    def journal(self) -> Path:
        return self.folder / "journal.log"

    @rule(records=st.dictionaries(KEYS, VALUES, min_size=1), at_once=st.booleans())
    def put(self, records: dict[bytes, bytes], at_once: bool) -> None:
        starts: dict[bytes, int] = {}
        for key, value in records.items():
            before, start = self.store.get(key), self.journal.stat().st_size
            self.store.put(key, value)
            assert self.store.get(key) == (value if before is None else before)
            if not at_once:
                self.store.flush()
            if before is None:
                self.values[key] = value
                self.ever.setdefault(key, set()).add(value)
                self.doubtful.discard(key)
                starts[key] = start
        self.store.flush()
        end = self.journal.stat().st_size
        self.spans |= {key: (start, end) for key, start in starts.items()}

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = Store.open(self.folder)

    @rule(share=st.floats(0, 1), forget=st.booleans())
    def crash(self, share: float, forget: bool) -> None:
        """The process dies, and the journal's end with it."""
        self._die(forget)
        size = HEADER + int((self.journal.stat().st_size - HEADER) * share)
        with self.journal.open("r+b") as file:
            file.truncate(size)
        self._doubt(size, 1 << 60)
        self.store = Store.open(self.folder)

    @rule(share=st.floats(0, 1), noise=st.binary(min_size=1, max_size=8), forget=st.booleans())
    def damage(self, share: float, noise: bytes, forget: bool) -> None:
        self._die(forget)
        size = self.journal.stat().st_size
        at = HEADER + int((size - HEADER) * share)
        noise = noise[: size - at]
        with self.journal.open("r+b") as file:
            file.seek(at)
            file.write(noise)
        self._doubt(at, at + len(noise))
        self.store = Store.open(self.folder)

    @invariant()
    def agrees(self) -> None:
        for key, value in self.values.items():
            assert self.store.get(key) == value
        for key in self.doubtful:
            assert self.store.get(key) in {*self.ever[key], None}
        assert all(damage.code.id == "M545" for damage in self.store.damaged)

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    def _die(self, forget: bool) -> None:
        """Leaves the disk as a kill would: flushed records, and the snapshot of the last session or none."""
        self.store.flush()
        copies = {path: path.read_bytes() for path in self.folder.iterdir() if path.suffix in {".log", ".bin"}}
        self.store.close()
        (self.folder / "index.bin").unlink(missing_ok=True)
        for path, content in copies.items():
            if path.suffix == ".log" or not forget:
                path.write_bytes(content)

    def _doubt(self, start: int, end: int) -> None:
        for key, (a, b) in self.spans.items():
            if key in self.values and a < end and start < b:
                self.doubtful.add(key)
                del self.values[key]


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
