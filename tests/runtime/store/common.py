"""Keys, values and faults that the store's tests share."""

import resource
import shutil
import struct
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from zlib import crc32

import pytest

from musicc.runtime.store import Store
from musicc.runtime.store.compact import compact
from musicc.runtime.store.export import write_export
from musicc.runtime.store.share import by_key
from musicc.runtime.store.survey import Survey, Wanted, everything, opened, survey

HEADER = 16  # bytes before the journal's first record
FRAME = 44  # bytes of a record before its value


def key(number: int) -> bytes:
    return sha256(b"%d" % number).digest()


def value(number: int) -> bytes:
    """Between 0 and about 2,000 bytes that only `number` has."""
    return b"%d," % number * (number % 331)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of 256 KiB, mounted below `folder`; the test is skipped where none can be."""
    disk = folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "musicc-test", str(disk)]
    if not shutil.which("mount") or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


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


def quiet(done: int, total: int) -> None:
    """A step that nobody hears of."""


def fill(folder: Path, numbers: Iterable[int]) -> None:
    """Puts the values of `numbers` in this order."""
    with Store.open(folder) as store:
        for number in numbers:
            store.put(key(number), value(number))


def collect(folder: Path, wanted: Wanted = everything) -> Survey:
    """Compacts the store as `musicc store gc` does."""
    with opened(folder, lock=True) as journal:
        found = survey(journal, quiet, wanted)
        compact(journal, found, quiet)
    return found


def contents(folder: Path) -> dict[bytes, bytes]:
    """All that a store holds, its journal read strictly: one whole record of each key after the other, and nothing else."""
    data = (folder / "journal.log").read_bytes()
    at, found = HEADER, {}
    while at < len(data):
        mark, length, crc = struct.unpack_from("<4sII", data, at)
        body = data[at + 12 : at + FRAME + length]
        assert mark == b"\xff\xf5\xfe\xfa"
        assert crc32(body, at ^ length) == crc
        assert body[:32] not in found
        found[body[:32]] = body[32:]
        at += FRAME + length
    assert at == len(data)
    return found


def exported(folder: Path, file: Path, wanted: Wanted = everything) -> bytes:
    """The bytes of an export to `file`."""
    with opened(folder) as journal:
        write_export(file, by_key(journal, survey(journal, quiet, wanted), quiet))
    return file.read_bytes()
