"""Stores that cannot be opened or written to: a diagnostic each, and nothing lost."""

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from musicc.diagnostics import DiagnosticError
from musicc.runtime.store import Store
from musicc.runtime.store.journal import Journal
from musicc.runtime.store.recovery import recover
from tests.runtime.store.common import HEADER, file_limit, files, key, small_disk, value

ROOT = Path(__file__).parents[3]


def fault(error: pytest.ExceptionInfo[DiagnosticError]) -> str:
    (diagnostic,) = error.value.diagnostics
    assert error.value.exit_code == 2
    assert diagnostic.help
    assert diagnostic.at
    return diagnostic.code.id


def fill(folder: Path, count: int = 20) -> None:
    with Store.open(folder) as store:
        for number in range(count):
            store.put(key(number), value(number))


@pytest.mark.parametrize("readonly", [True, False])
def test_a_journal_of_another_format_is_left_alone(tmp_path, readonly):
    fill(tmp_path)
    journal = tmp_path / "journal.log"
    other = journal.read_bytes()[:12] + b"\2\0\0\0" + b"what format 2 writes"
    journal.write_bytes(other)
    with pytest.raises(DiagnosticError, match="format 2") as error:
        Store.open(tmp_path, readonly=readonly)
    assert fault(error) == "M540"
    assert journal.read_bytes() == other


@pytest.mark.parametrize("content", [b"a log of something else", b"x", b"musicc sto\0"])
def test_a_foreign_journal_is_left_alone(tmp_path, content):
    (tmp_path / "journal.log").write_bytes(content)
    with pytest.raises(DiagnosticError) as error:
        Store.open(tmp_path)
    assert fault(error) == "M541"
    assert (tmp_path / "journal.log").read_bytes() == content


def test_a_folder_of_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(DiagnosticError, match=r"thesis\.tex") as error:
        Store.open(tmp_path)
    assert fault(error) == "M541"
    assert files(tmp_path) == {"thesis.tex"}


@pytest.mark.parametrize("length", range(HEADER))
def test_a_header_that_was_cut_off_is_written_again(tmp_path, length):
    fill(tmp_path, 1)
    journal = tmp_path / "journal.log"
    journal.write_bytes(journal.read_bytes()[:length])
    fill(tmp_path, 3)
    with Store.open(tmp_path) as store:
        assert [store.get(key(number)) for number in range(3)] == [value(number) for number in range(3)]


@pytest.mark.parametrize("readonly", [True, False])
@pytest.mark.parametrize("inside", ["", "below"])
def test_a_file_where_the_folder_should_be(tmp_path, readonly, inside):
    (tmp_path / "store").write_text("a file")
    with pytest.raises(DiagnosticError) as error:
        Store.open(tmp_path / "store" / inside, readonly=readonly)
    assert fault(error) == "M544"
    assert (tmp_path / "store").read_text() == "a file"


def test_a_folder_that_may_not_be_written_to():
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o555)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        with pytest.raises(DiagnosticError, match="permission") as error:
            Store.open(folder)
        with pytest.raises(DiagnosticError, match="permission"):
            Store.open(folder / "store")
    finally:
        os.seteuid(user)
    assert fault(error) == "M544"
    assert files(folder) == set()
    folder.rmdir()


def test_a_failed_opening_gives_the_lock_back(tmp_path):
    fill(tmp_path)
    good = (tmp_path / "journal.log").read_bytes()
    (tmp_path / "journal.log").write_bytes(b"something else altogether")
    for _ in range(2):
        with pytest.raises(DiagnosticError, match="M541"):
            Store.open(tmp_path)
    (tmp_path / "journal.log").write_bytes(good)
    Store.open(tmp_path).close()


def overfill(folder: Path, limit: int) -> tuple[int, int]:
    """Puts until the disk is full. How many values were flushed before, and how many could be put."""
    store, number = Store.open(folder), 0
    with pytest.raises(DiagnosticError) as error:
        while number < limit:
            for _ in range(3):
                store.put(key(number), value(number))
                number += 1
            store.flush()
    flushed = number - 3
    assert fault(error) == "M543"
    assert all(store.get(key(one)) == value(one) for one in range(flushed))
    for use in (store.flush, lambda: store.put(key(-1), b""), store.close):
        with pytest.raises(DiagnosticError, match="M543"):
            use()
    store.close()
    return flushed, number


def check_after_full(folder: Path, flushed: int, put: int) -> None:
    with Store.open(folder, readonly=True) as store:
        found = [number for number in range(put) if key(number) in store]
        assert found == list(range(len(found)))
        assert flushed <= len(found) < put
        assert all(store.get(key(number)) == value(number) for number in found)
        assert not store.damaged
    journal = Journal(folder / "journal.log", readonly=True)
    assert recover(journal, folder / "index.bin").end == journal.end  # nothing torn was left behind
    journal.close()


@pytest.mark.parametrize("room", [100_001, 123_456])
def test_a_file_that_may_not_grow_keeps_what_was_written(tmp_path, room):
    fill(tmp_path, 10)
    with file_limit(room):
        flushed, put = overfill(tmp_path, 1000)
    check_after_full(tmp_path, flushed, put)
    fill(tmp_path, 1000)  # with room again the same work goes on
    with Store.open(tmp_path) as store:
        assert all(store.get(key(number)) == value(number) for number in range(1000))


def test_a_full_disk_keeps_what_was_written(tmp_path):
    with small_disk(tmp_path) as disk:
        flushed, put = overfill(disk / "store", 2000)
        check_after_full(disk / "store", flushed, put)


def test_a_disk_that_fails_to_sync(tmp_path, monkeypatch):
    def fail(fd: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    store = Store.open(tmp_path)
    monkeypatch.setattr(os, "fsync", fail)
    store.put(key(1), b"one")
    with pytest.raises(DiagnosticError) as error:
        store.flush()
    assert fault(error) == "M544"
    assert store.get(key(1)) == b"one"
    with pytest.raises(DiagnosticError, match="M544"):
        store.close()
    monkeypatch.undo()
    with Store.open(tmp_path) as store:
        assert store.get(key(1)) in (b"one", None)
        assert not store.damaged


def test_the_last_values_are_not_lost_in_silence(tmp_path):
    with file_limit(5_000), pytest.raises(DiagnosticError, match="M543"), Store.open(tmp_path) as store:
        store.put(key(1), b"x" * 6_000)


def test_a_fault_of_the_block_is_not_hidden_by_the_stores(tmp_path):
    with file_limit(5_000), pytest.raises(KeyError), Store.open(tmp_path) as store:
        store.put(key(1), b"x" * 6_000)
        raise KeyError


HOLD = """
import sys
from pathlib import Path
from musicc.runtime.store import Store
with Store.open(Path(sys.argv[1])) as store:
    store.put(b"k" * 32, b"v")
    store.flush()
    print("open", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that has the store open for writing."""
    command = [sys.executable, "-c", HOLD, str(tmp_path), "--key", "secret"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as process:
        assert process.stdout.readline() == "open\n"
        yield process
        process.kill()


def test_a_store_has_one_writer_and_the_message_names_it(tmp_path, holder):
    with pytest.raises(DiagnosticError) as error:
        Store.open(tmp_path)
    assert fault(error) == "M542"
    message = error.value.diagnostics[0].message
    assert f"process {holder.pid} " in message
    assert "since 20" in message
    assert "secret" not in message
    with Store.open(tmp_path, readonly=True) as store:
        assert store.get(b"k" * 32) == b"v"
    holder.communicate("")
    Store.open(tmp_path).close()


def test_a_killed_writer_leaves_no_lock_behind(tmp_path, holder):
    holder.kill()
    holder.wait()
    with Store.open(tmp_path) as store:
        assert store.get(b"k" * 32) == b"v"


def test_a_store_has_one_writer_in_one_process_too(tmp_path):
    with Store.open(tmp_path), pytest.raises(DiagnosticError, match=f"process {os.getpid()} ") as error:
        Store.open(tmp_path)
    assert fault(error) == "M542"
