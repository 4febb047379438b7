"""Group commit: a thread that writes and syncs whatever waits, at once."""

import threading

from musicc.runtime.store.disk import disk_error
from musicc.runtime.store.index import Index
from musicc.runtime.store.journal import Journal

_GATHER = 0.020  # seconds a first value waits for others to share its sync


class Writer:
    """Values go from `_waiting` through `_writing` into the journal and the index, and are never out of sight: `get` looks
    in that order, without a lock. A fault stops the writer for good; what it could not write stays readable.
    """

    def __init__(self, journal: Journal, index: Index) -> None:
        self._journal = journal
        self._index = index
        self._waiting: dict[bytes, bytes] = {}
        self._writing: dict[bytes, bytes] = {}
        self._accepted = self._written = 0
        self._hurry = self._closing = False
        self.fault: Exception | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="musicc-store", daemon=True)
        self._thread.start()

    def get(self, key: bytes) -> bytes | None:
        """A value that is not in the index yet."""
        value = self._waiting.get(key)
        return self._writing.get(key) if value is None else value

    def put(self, key: bytes, value: bytes) -> None:
        """Returns at once. Raises what the writer has met."""
        with self._changed:
            self._check()
            self._waiting[key] = value
            self._accepted += 1
            if len(self._waiting) == 1:
                self._changed.notify_all()

    def flush(self) -> None:
        """Returns when all that was put is synced. Raises what the writer has met."""
        with self._changed:
            accepted = self._accepted
            self._hurry = bool(self._waiting)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._written >= accepted or self.fault)
            self._check()

    def close(self) -> None:
        """Writes what waits and ends the thread; raises nothing, see `fault`."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def _check(self) -> None:
        if self.fault:
            raise self.fault

    def _run(self) -> None:
        try:
            while self._take():
                self._keep(self._journal.append(self._writing.items()))
        except OSError as error:
            self._fail(disk_error(error, "write to the store", self._journal.path))
        except Exception as error:  # nobody would hear of it in this thread
            self._fail(error)

    def _take(self) -> bool:
        """Waits for a group; False when there will be none."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            self._changed.wait_for(lambda: self._hurry or self._closing, _GATHER)
            self._hurry = False
            self._writing = self._waiting  # first, so that `get` finds a value in one of the two
            self._waiting = {}
            return bool(self._writing)

    def _keep(self, offsets: list[int]) -> None:
        with self._changed:
            for key, offset in zip(self._writing, offsets, strict=True):
                self._index.add(key, offset)
            self._written += len(self._writing)
            self._writing = {}
            self._changed.notify_all()

    def _fail(self, fault: Exception) -> None:
        with self._changed:
            self.fault = fault
            self._changed.notify_all()
