"""Files that appear whole or not at all, and folders with one writer."""

import hashlib
import multiprocessing
import os
from pathlib import Path

import pytest

from musicc.diagnostics import DiagnosticError
from musicc.runtime.store import lock_folder, write_atomically
from tests.runtime.store.common import file_limit, files


def test_the_chunks_are_published_under_their_digest(tmp_path):
    digest = write_atomically(tmp_path / "pairs.jsonl", (b"%d\n" % number for number in range(100_000)))
    content = (tmp_path / "pairs.jsonl").read_bytes()
    assert content == b"".join(b"%d\n" % number for number in range(100_000))
    assert digest == hashlib.sha256(content).hexdigest()
    assert files(tmp_path) == {"pairs.jsonl"}


def test_the_file_has_the_permissions_of_any_other(tmp_path):
    write_atomically(tmp_path / "a", [b""])
    (tmp_path / "b").touch()
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_a_reader_sees_the_old_file_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "plan.json"
    write_atomically(path, [b"old"])

    def chunks():
        yield b"n"
        assert path.read_bytes() == b"old"
        yield b"ew"

    write_atomically(path, chunks())
    assert path.read_bytes() == b"new"


def test_a_failure_halfway_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "plan.json"
    write_atomically(path, [b"old"])

    def chunks():
        yield b"x" * 1_000_000
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, chunks())
    assert path.read_bytes() == b"old"
    assert files(tmp_path) == {"plan.json"}


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "plan.json"
    write_atomically(path, [b"old"])
    with file_limit(100_000), pytest.raises(DiagnosticError, match="M543") as error:
        write_atomically(path, [b"x" * 10_000] * 20)
    assert error.value.exit_code == 2
    assert path.read_bytes() == b"old"
    assert files(tmp_path) == {"plan.json"}


@pytest.mark.parametrize("path", ["no/such/folder/x", "file/x", "."])
def test_a_path_that_cannot_be_written(tmp_path, path):
    (tmp_path / "file").touch()
    with pytest.raises(DiagnosticError, match="M544"):
        write_atomically(tmp_path / path, [b""])
    assert files(tmp_path) == {"file"}


def test_two_builds_of_one_folder_are_refused(tmp_path):
    with lock_folder(tmp_path / "build"):
        message = f"the build folder is in use by process {os.getpid()} "
        with pytest.raises(DiagnosticError, match=message), lock_folder(tmp_path / "build"):
            pytest.fail("the folder was locked twice")
        with lock_folder(tmp_path / "other"):
            pass
    with lock_folder(tmp_path / "build"):
        pass


def test_a_block_that_fails_gives_the_folder_back(tmp_path):
    with pytest.raises(KeyError), lock_folder(tmp_path):
        raise KeyError
    with lock_folder(tmp_path):
        pass
    assert files(tmp_path) == {".lock"}


def test_a_holder_that_cannot_be_read_is_another_process(tmp_path):
    with lock_folder(tmp_path):
        (tmp_path / ".holder.json").write_text("[]")
        with pytest.raises(DiagnosticError, match="another process"), lock_folder(tmp_path):
            pass


def test_a_forked_child_does_not_give_the_folder_back(tmp_path):
    lock = lock_folder(tmp_path)
    with lock:
        if (child := os.fork()) == 0:
            lock.__exit__(None, None, None)
            os._exit(0)
        os.waitpid(child, 0)
        assert files(tmp_path) == {".lock", ".holder.json"}
        with pytest.raises(DiagnosticError, match="M542"), lock_folder(tmp_path):
            pass


def _publish_slowly(folder: Path, started) -> None:
    def chunks():
        yield b"x" * 1_000_000
        started.send(None)
        started.recv()

    with lock_folder(folder):
        write_atomically(folder / "pairs.jsonl", chunks())


def test_what_a_killed_build_left_is_removed_by_the_next(tmp_path):
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_publish_slowly, args=(tmp_path, theirs))
    process.start()
    ours.recv()
    process.kill()
    process.join()
    assert any(name.endswith(".partial") for name in files(tmp_path))
    with lock_folder(tmp_path):
        assert files(tmp_path) == {".lock", ".holder.json"}
