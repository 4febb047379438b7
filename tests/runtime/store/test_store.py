"""A store that nothing goes wrong with."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from musicc.runtime.store import Store
from tests.runtime.store.common import files, key, value


def test_a_value_is_there_at_once_and_after_reopening(tmp_path):
    with Store.open(tmp_path / "store") as store:
        for number in range(1000):
            store.put(key(number), value(number))
            assert store.get(key(number)) == value(number)
    with Store.open(tmp_path / "store") as store:
        assert all(store.get(key(number)) == value(number) for number in range(1000))
        assert len(store) == 1000
        assert key(999) in store
        assert key(1000) not in store
        assert store.get(key(1000)) is None
        assert not store.damaged


def test_the_first_value_of_a_key_stays(tmp_path):
    with Store.open(tmp_path) as store:
        store.put(key(1), b"first")
        store.put(key(1), b"while it waits")
        store.flush()
        store.put(key(1), b"when it is on disk")
        assert store.get(key(1)) == b"first"
        assert len(store) == 1
    size = (tmp_path / "journal.log").stat().st_size
    with Store.open(tmp_path) as store:
        store.put(key(1), b"in another session")
        assert store.get(key(1)) == b"first"
    assert (tmp_path / "journal.log").stat().st_size == size


def test_values_of_all_sizes(tmp_path):
    sizes = (0, 1, 4095 - 44, 4096 - 44, 4097 - 44, 3_000_000)
    with Store.open(tmp_path) as store:
        for size in sizes:
            store.put(key(size), b"\xff" * size)
    with Store.open(tmp_path) as store:
        assert [len(store.get(key(size)) or b"") for size in sizes] == list(sizes)


def test_keys_that_begin_alike_are_told_apart(tmp_path):
    keys = [b"\0" * 24 + bytes([number]) + b"\0" * 7 for number in range(40)]
    with Store.open(tmp_path) as store:
        for number, one in enumerate(keys):
            store.put(one, b"%d" % number)
        store.flush()
        assert [store.get(one) for one in keys] == [b"%d" % number for number in range(40)]


def test_a_value_reaches_the_disk_without_a_flush(tmp_path):
    with Store.open(tmp_path) as store:
        store.put(key(1), b"soon on disk")
        while b"soon on disk" not in (tmp_path / "journal.log").read_bytes():
            time.sleep(0.001)


def test_a_value_is_there_while_it_is_written(tmp_path, monkeypatch):
    syncing, go_on, sync = Event(), Event(), os.fsync

    def slow(fd: int) -> None:
        syncing.set()
        go_on.wait()
        sync(fd)

    with Store.open(tmp_path) as store:
        monkeypatch.setattr(os, "fsync", slow)
        store.put(key(1), b"one")
        syncing.wait()
        store.put(key(1), b"another")
        store.put(key(2), b"two")
        assert [store.get(key(1)), store.get(key(2)), len(store)] == [b"one", b"two", 2]
        go_on.set()
        store.flush()
        assert [store.get(key(1)), store.get(key(2)), len(store)] == [b"one", b"two", 2]


def test_a_flush_syncs(tmp_path, monkeypatch):
    synced, sync = [], os.fsync
    with Store.open(tmp_path) as store:
        monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(Path(f"/dev/fd/{fd}").resolve()), sync(fd)))
        store.put(key(1), b"one")
        store.flush()
        assert synced == [tmp_path / "journal.log"]


def test_threads_put_the_same_keys(tmp_path):
    with Store.open(tmp_path) as store, ThreadPoolExecutor(4) as pool:
        for thread in range(4):
            pool.submit(lambda thread: [store.put(key(n), b"%d %d" % (thread, n)) for n in range(500)], thread)
        pool.shutdown()
        first = [store.get(key(n)) for n in range(500)]
    with Store.open(tmp_path) as store:
        assert [store.get(key(n)) for n in range(500)] == first
        assert len(store) == 500


def test_a_reader_sees_what_was_there_when_it_opened(tmp_path):
    with Store.open(tmp_path) as writer:
        writer.put(key(1), b"one")
        writer.flush()
        with Store.open(tmp_path, readonly=True) as reader:
            writer.put(key(2), b"two")
            writer.flush()
            assert reader.get(key(1)) == b"one"
            assert reader.get(key(2)) is None
            with pytest.raises(ValueError):
                reader.put(key(3), b"three")
        with Store.open(tmp_path, readonly=True) as reader:
            assert reader.get(key(2)) == b"two"


def test_a_missing_store_reads_as_an_empty_one_and_is_not_made(tmp_path):
    with Store.open(tmp_path / "none", readonly=True) as store:
        assert len(store) == 0
        assert key(1) not in store
    assert files(tmp_path) == set()


def test_a_store_hides_itself_from_git_once(tmp_path):
    Store.open(tmp_path).close()
    assert (tmp_path / ".gitignore").read_text() == "*\n"
    (tmp_path / ".gitignore").unlink()
    Store.open(tmp_path).close()
    assert not (tmp_path / ".gitignore").exists()


def test_closing_twice_is_harmless_and_a_closed_store_says_so(tmp_path):
    store = Store.open(tmp_path)
    store.close()
    store.close()
    for use in (lambda: store.get(key(1)), lambda: store.put(key(1), b""), store.flush):
        with pytest.raises(ValueError, match="closed"):
            use()


@pytest.mark.parametrize("bad", [b"", b"short", b"x" * 33])
def test_a_key_has_32_bytes(tmp_path, bad):
    with Store.open(tmp_path) as store, pytest.raises(ValueError, match="32"):
        store.put(bad, b"")


def test_a_forked_child_reads_and_leaves_the_store_alone(tmp_path):
    store = Store.open(tmp_path)
    store.put(key(1), b"before")
    child = os.fork()
    if child == 0:
        verdict = store.get(key(1)) == b"before"
        try:
            store.put(key(2), b"")
            verdict = False
        except ValueError:
            store.flush()
            store.close()
        os._exit(0 if verdict else 1)
    _, status = os.waitpid(child, 0)
    assert status == 0
    assert files(tmp_path) == {".gitignore", ".holder.json", ".lock", "journal.log"}  # the child wrote nothing
    with pytest.raises(Exception, match="M542"):  # the child's close did not give the parent's lock away
        Store.open(tmp_path)
    store.put(key(3), b"after")
    store.close()
    with Store.open(tmp_path) as store:
        assert (store.get(key(1)), store.get(key(3)), len(store)) == (b"before", b"after", 2)


def test_the_same_puts_make_the_same_journal(tmp_path):
    for name in ("a", "b"):
        with Store.open(tmp_path / name) as store:
            for number in range(50):
                store.put(key(number), value(number))
    assert (tmp_path / "a/journal.log").read_bytes() == (tmp_path / "b/journal.log").read_bytes()
    assert (tmp_path / "a/index.bin").read_bytes() == (tmp_path / "b/index.bin").read_bytes()
