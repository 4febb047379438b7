"""Keys, values and faults that the store's tests share."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

HEADER = 16  # bytes before the journal's first record
FRAME = 44  # bytes of a record before its value


def key(number: int) -> bytes:
    return sha256(b"%d" % number).digest()


def value(number: int) -> bytes:
    """Between 0 and about 2,000 bytes that only `number` has."""
    return b"%d," % number * (number % 331)


@contextmanager
def file_limit(size: int) -> Iterator[None]:
    """No file of this process grows beyond `size` bytes: writing fails halfway, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def memory_folder() -> Path:
    """A new folder, on a disk in memory where there is one: for tests that make many stores."""
    memory = Path("/dev/shm")
    return Path(mkdtemp(prefix="store-", dir=memory if memory.is_dir() else None))


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}
