"""kill -9 and Ctrl-C in the middle of builds: the same bytes, and nothing is paid for twice."""

import signal
from pathlib import Path

import pytest

from tests.crash import crash


@pytest.mark.slow
def test_killed_builds_lose_no_reply_and_write_the_same_bytes(tmp_path: Path) -> None:
    seen = crash(tmp_path / "crash", kills=4, seeds=80, median=0.05)
    assert seen.same_bytes
    assert seen.repeated == 0


@pytest.mark.slow
def test_interrupted_builds_say_so_and_go_on_where_they_were(tmp_path: Path) -> None:
    seen = crash(tmp_path / "crash", kills=4, seeds=60, median=0.05, ending=signal.SIGINT)
    assert seen.same_bytes
    assert seen.repeated == 0
    assert set(seen.codes) <= {0, 130}
    assert 130 in seen.codes
