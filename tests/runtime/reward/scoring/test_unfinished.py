"""A file of rewards that is stopped and gone on with."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from musicc.diagnostics import DiagnosticError
from musicc.runtime.reward.scores import Line
from musicc.runtime.reward.unfinished import Unfinished, folder_of, to_line, unfinished

STAMP: dict[str, Any] = {"model": "a", "files": ["b"], "field": None}
LINES: list[Line] = [{"line": number, "reward": number / 7} for number in range(6)]


class Killed(BaseException):
    """The process is gone."""


def fill(out: Path, sink: Unfinished, windows: Sequence[Sequence[Line]]) -> int:
    """Writes what is not kept; how many windows were."""
    kept = 0
    for window in windows:
        found = sink.kept(len(window))
        assert found in (None, window)
        kept += found is not None
        if found is None:
            sink.add(window)
    return kept


def stop(out: Path, lines: Sequence[Line], torn: bytes = b"") -> None:
    """Leaves lines behind, and perhaps the beginning of others."""
    with pytest.raises(Killed), unfinished(out, STAMP, resume=False) as sink:
        fill(out, sink, [lines])
        raise Killed
    with (folder_of(out) / "rewards.jsonl").open("ab") as file:
        file.write(torn)


def refused(out: Path, stamp: dict[str, Any], *, resume: bool) -> str:
    with pytest.raises(DiagnosticError) as error, unfinished(out, stamp, resume=resume):
        pass
    assert folder_of(out).is_dir()
    return str(error.value)


def whole(lines: Sequence[Line]) -> bytes:
    return b"".join(map(to_line, lines))


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "rewards.jsonl"
    with unfinished(out, STAMP, resume=False) as sink:
        assert fill(out, sink, [LINES[:4], LINES[4:]]) == 0
        assert not out.exists()
        sink.finish()
    assert out.read_bytes() == whole(LINES)
    assert list(tmp_path.iterdir()) == [out]


def test_an_older_file_stays_until_then(tmp_path: Path) -> None:
    out = tmp_path / "rewards.jsonl"
    out.write_bytes(b"old")
    stop(out, LINES[:4])
    assert out.read_bytes() == b"old"
    with unfinished(out, STAMP, resume=True) as sink:
        assert fill(out, sink, [LINES[:4], LINES[4:]]) == 1
        sink.finish()
    assert out.read_bytes() == whole(LINES)


@pytest.mark.parametrize(
    "torn", [b"", b'{"line":4', whole(LINES[4:5]), whole(LINES[4:5]) + b'{"l', b"\0" * 40, b"\0\n" * 2]
)
def test_a_window_that_is_not_whole_is_scored_again(torn: bytes, tmp_path: Path) -> None:
    out = tmp_path / "rewards.jsonl"
    stop(out, LINES[:4], torn)
    with unfinished(out, STAMP, resume=True) as sink:
        assert fill(out, sink, [LINES[:4], LINES[4:]]) == 1
        sink.finish()
    assert out.read_bytes() == whole(LINES)


def test_unfinished_rewards_are_not_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "rewards.jsonl"
    stop(out, LINES[:4])
    assert "M653: a scoring was stopped after 4 records" in refused(out, STAMP, resume=False)


def test_another_scoring_is_not_gone_on_with(tmp_path: Path) -> None:
    out = tmp_path / "rewards.jsonl"
    stop(out, LINES[:4])
    said = refused(out, STAMP | {"model": "b", "field": "text"}, resume=True)
    assert "M654: the rewards cannot be gone on with: changed since are `field`, `model`" in said
    (folder_of(out) / "stamp.json").write_bytes(b"{")
    assert "changed since are `files`, `model`" in refused(out, STAMP, resume=True)


def test_nothing_stays_of_a_run_that_wrote_nothing(tmp_path: Path) -> None:
    out = tmp_path / "rewards.jsonl"
    stop_early = unfinished(out, STAMP, resume=False)
    with pytest.raises(Killed), stop_early:
        raise Killed
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_was_killed_before_it_wrote_is_not_in_the_way(tmp_path: Path) -> None:
    out = tmp_path / "rewards.jsonl"
    folder_of(out).mkdir()
    (folder_of(out) / "rewards.jsonl").touch()
    with unfinished(out, STAMP, resume=False) as sink:
        assert fill(out, sink, [LINES]) == 0
        sink.finish()
    assert out.read_bytes() == whole(LINES)


def test_there_is_nothing_to_go_on_with_after_the_end(tmp_path: Path) -> None:
    out = tmp_path / "rewards.jsonl"
    with unfinished(out, STAMP, resume=True) as sink:
        assert fill(out, sink, [LINES]) == 0
        sink.finish()
    assert out.read_bytes() == whole(LINES)


def test_two_processes_do_not_write_the_same_file(tmp_path: Path) -> None:
    out = tmp_path / "rewards.jsonl"
    with unfinished(out, STAMP, resume=False):
        assert "M542" in refused(out, STAMP, resume=True)


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    out = tmp_path / "rewards.jsonl"
    stop(out, LINES[:4])
    with unfinished(out, STAMP, resume=True) as sink:
        assert sink.kept(4)
        full = patch("os.fsync", side_effect=OSError(28, "No space left on device"))
        with full, pytest.raises(DiagnosticError, match="M543: cannot write"):
            sink.add(LINES[4:])
    assert (folder_of(out) / "rewards.jsonl").read_bytes().startswith(whole(LINES[:4]))
