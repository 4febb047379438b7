"""A store without what was dropped: the old one or the new one, whatever happens on the way."""

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from musicc.diagnostics import DiagnosticError
from musicc.runtime.store import Store
from musicc.runtime.store import compact as compacting
from musicc.runtime.store.journal import Journal
from musicc.runtime.store.survey import opened, survey
from tests.runtime.store.common import (
    FRAME,
    HEADER,
    collect,
    contents,
    file_limit,
    files,
    fill,
    key,
    quiet,
    small_disk,
    value,
)

ROOT = Path(__file__).parents[3]
EVEN = {key(number) for number in range(0, 4000, 2)}


def expected(numbers: range) -> dict[bytes, bytes]:
    return {key(number): value(number) for number in numbers}


def test_what_is_kept_stays_in_its_order_and_the_rest_is_gone(tmp_path):
    fill(tmp_path, range(300))
    collect(tmp_path, EVEN.__contains__)
    assert list(contents(tmp_path).items()) == list(expected(range(0, 300, 2)).items())
    with Store.open(tmp_path) as store:
        assert len(store) == 150
        assert store.get(key(1)) is None
        store.put(key(1), b"again")
        assert store.get(key(298)) == value(298)
        assert not store.damaged
    assert contents(tmp_path) == expected(range(0, 300, 2)) | {key(1): b"again"}


def test_a_store_that_is_compacted_is_the_one_that_never_had_more(tmp_path):
    fill(tmp_path / "all", range(300))
    collect(tmp_path / "all", EVEN.__contains__)
    fill(tmp_path / "kept", range(0, 300, 2))
    for name in ("journal.log", "index.bin"):
        assert (tmp_path / "all" / name).read_bytes() == (tmp_path / "kept" / name).read_bytes()
    assert files(tmp_path / "all") == files(tmp_path / "kept")


def test_nothing_of_nothing(tmp_path):
    fill(tmp_path, range(0))
    collect(tmp_path)
    fill(tmp_path, range(5))
    collect(tmp_path, lambda key: False)
    assert contents(tmp_path) == {}
    fill(tmp_path, range(3))
    assert contents(tmp_path) == expected(range(3))


def test_damaged_bytes_go_and_everything_else_stays(tmp_path):
    fill(tmp_path, range(100))
    journal = tmp_path / "journal.log"
    data = bytearray(journal.read_bytes())
    data[HEADER] ^= 1
    data[len(data) // 2] ^= 1
    journal.write_bytes(data + b"\xff\xf5\xfe\xfa torn")
    before = contents_found(tmp_path)
    found = collect(tmp_path)
    assert contents(tmp_path) == before
    assert len(before) == 98
    assert journal.stat().st_size == len(data) + 9 - found.waste


def contents_found(folder: Path) -> dict[bytes, bytes]:
    with Store.open(folder, readonly=True) as store:
        return {key(n): got for n in range(100) if (got := store.get(key(n))) is not None}


def test_a_superseded_record_goes(tmp_path):
    fill(tmp_path, range(10))
    good = (tmp_path / "journal.log").read_bytes()
    with Store.open(tmp_path) as store:
        (tmp_path / "journal.log").write_bytes(bytes(len(good)))
        assert store.get(key(5)) is None
        (tmp_path / "journal.log").write_bytes(good)
        store.put(key(5), b"made again")
    collect(tmp_path)
    assert contents(tmp_path) == expected(range(10)) | {key(5): b"made again"}


def test_an_index_that_is_wrong_costs_no_record(tmp_path):
    """A record that could not be read for a while is not in the index, and is whole all the same."""
    fill(tmp_path, range(20))
    good = (tmp_path / "journal.log").read_bytes()
    with Store.open(tmp_path) as store:
        (tmp_path / "journal.log").write_bytes(good[:HEADER] + bytes(len(good) - HEADER))
        assert store.get(key(7)) is None
    (tmp_path / "journal.log").write_bytes(good)
    collect(tmp_path)
    assert contents(tmp_path) == expected(range(20))


def test_an_old_index_is_not_taken_for_the_new_ones(tmp_path, monkeypatch):
    """Where the index cannot be saved there is none: one of the old journal could pass for it behind long values."""
    with Store.open(tmp_path) as store:
        for number in range(4):
            store.put(key(number), bytes(20_000))

    def refuse(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(compacting, "_save", refuse)
    collect(tmp_path, {key(1), key(2), key(3)}.__contains__)
    assert "index.bin" not in files(tmp_path)
    with Store.open(tmp_path) as store:
        assert [store.get(key(number)) for number in range(4)] == [None, *[bytes(20_000)] * 3]
        assert not store.damaged


def test_a_reader_goes_on_with_what_it_opened(tmp_path):
    fill(tmp_path, range(50))
    with Store.open(tmp_path, readonly=True) as reader:
        collect(tmp_path, lambda key: False)
        assert all(reader.get(key(number)) == value(number) for number in range(50))
        assert not reader.damaged
    with Store.open(tmp_path, readonly=True) as reader:
        assert len(reader) == 0


def test_a_store_that_is_written_to_is_left_alone(tmp_path):
    with Store.open(tmp_path) as store:
        store.put(key(1), b"one")
        store.flush()
        with pytest.raises(DiagnosticError, match="M542"):
            collect(tmp_path, lambda key: False)
        store.put(key(2), b"two")
    assert contents(tmp_path) == {key(1): b"one", key(2): b"two"}


def test_nobody_writes_while_it_is_compacted(tmp_path):
    fill(tmp_path, range(5))
    with opened(tmp_path, lock=True), pytest.raises(DiagnosticError, match="M542"):
        Store.open(tmp_path)
    Store.open(tmp_path).close()


def test_what_can_no_longer_be_read_stops_it(tmp_path):
    fill(tmp_path, range(50))
    journal = tmp_path / "journal.log"
    good = journal.read_bytes()
    with opened(tmp_path, lock=True) as opened_journal:
        found = survey(opened_journal, quiet, EVEN.__contains__)
        with journal.open("r+b") as file:
            file.seek(HEADER)
            file.write(b"x")
        with pytest.raises(DiagnosticError, match="M544") as error:
            compacting.compact(opened_journal, found, quiet)
    assert error.value.exit_code == 2
    assert journal.read_bytes()[HEADER + 1 :] == good[HEADER + 1 :]
    assert not any(name.endswith(".partial") for name in files(tmp_path))


@pytest.mark.parametrize("records", [0, 1, 60, 99])
def test_ctrl_c_leaves_the_old_store(tmp_path, records):
    fill(tmp_path, range(200))
    good = (tmp_path / "journal.log").read_bytes()
    told: list[int] = []

    def step(done: int, total: int) -> None:
        told.append(done)
        if len(told) > records:
            raise KeyboardInterrupt

    with opened(tmp_path, lock=True) as journal:
        found = survey(journal, quiet, EVEN.__contains__)
        with pytest.raises(KeyboardInterrupt):
            compacting.compact(journal, found, step)
    assert (tmp_path / "journal.log").read_bytes() == good
    assert not any(name.endswith(".partial") for name in files(tmp_path))


# A full disk


def check_full(folder: Path) -> None:
    with pytest.raises(DiagnosticError, match="M543") as error:
        collect(folder, lambda one: one != key(0))
    assert error.value.exit_code == 2
    assert contents(folder) == expected(range(290))
    assert not any(name.endswith(".partial") for name in files(folder))


def test_a_file_that_may_not_grow_leaves_the_old_store(tmp_path):
    fill(tmp_path, range(290))
    with file_limit(100_000):
        check_full(tmp_path)
    collect(tmp_path, lambda one: one != key(0))
    assert contents(tmp_path) == expected(range(1, 290))


def test_a_full_disk_leaves_the_old_store(tmp_path):
    with small_disk(tmp_path) as disk:
        fill(disk / "store", range(290))
        check_full(disk / "store")


# Kills


def dying_after(events: int) -> Iterator[Callable[..., object]]:
    """Wraps functions of `os`, so that the process is killed before the call number `events` of them."""
    left = [events]
    for name in ("fsync", "replace", "unlink", "rename"):
        real = getattr(os, name)

        def counted(*arguments: object, real: Callable[..., object] = real, **options: object) -> object:
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*arguments, **options)

        setattr(os, name, counted)
        yield counted


def killed_at(folder: Path, events: int) -> bool:
    """Compacts in a child that dies at the given call; whether it came so far."""
    if (child := os.fork()) == 0:
        list(dying_after(events))
        collect(folder, EVEN.__contains__)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def check_killed(folder: Path, count: int) -> bool:
    """Either store is whole; whether it is the new one."""
    found = contents(folder)
    assert found in (expected(range(count)), expected(range(0, count, 2)))
    with Store.open(folder) as store:
        assert {one: store.get(one) for one in found} == found
        assert len(store) == len(found)
        assert not store.damaged
    assert not any(name.endswith(".partial") for name in files(folder))
    return len(found) < count


def test_a_kill_between_any_two_writes_leaves_one_store_or_the_other(tmp_path):
    fill(tmp_path / "good", range(60))
    outcomes, events = [], 0
    while True:
        shutil.copytree(tmp_path / "good", tmp_path / str(events))
        killed = killed_at(tmp_path / str(events), events)
        outcomes.append(check_killed(tmp_path / str(events), 60))
        if not killed:
            break
        events += 1
    assert events >= 5  # the old index goes; the journal is synced and renamed; so is the new index
    assert outcomes == sorted(outcomes)  # first the old store, then the new one
    assert set(outcomes) == {False, True}


COLLECT = """
import sys
from pathlib import Path
from tests.runtime.store.common import collect
from tests.runtime.store.test_compact import EVEN
print("ready", flush=True)
collect(Path(sys.argv[1]), EVEN.__contains__)
"""


def kill_collecting(folder: Path, seconds: float | None) -> float:
    """Compacts in another process, killed after so long; how long it ran."""
    command = [sys.executable, "-c", COLLECT, str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        started = time.monotonic()
        if seconds is not None:
            time.sleep(seconds)
            process.kill()
        process.wait()
        return time.monotonic() - started


@pytest.mark.slow
def test_kill_9_at_random_moments(tmp_path):
    draw = random.Random(11)
    fill(tmp_path / "good", range(4000))
    shutil.copytree(tmp_path / "good", tmp_path / "whole")
    whole = kill_collecting(tmp_path / "whole", None)
    assert check_killed(tmp_path / "whole", 4000)
    for number in range(15):
        folder = tmp_path / str(number)
        shutil.copytree(tmp_path / "good", folder)
        kill_collecting(folder, draw.uniform(0, whole))
        check_killed(folder, 4000)
        collect(folder, EVEN.__contains__)  # the same command again
        assert contents(folder) == expected(range(0, 4000, 2))
        shutil.rmtree(folder)


def test_the_new_journal_is_one(tmp_path):
    fill(tmp_path, range(10))
    collect(tmp_path, EVEN.__contains__)
    journal = Journal(tmp_path / "journal.log", readonly=True)
    assert [piece.size for piece in journal.scan(HEADER)] == [FRAME + len(value(n)) for n in range(0, 10, 2)]
    journal.close()
