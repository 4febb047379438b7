"""kill -9 in the middle of builds: the same bytes, and nothing is paid for twice."""

from pathlib import Path

import pytest

from tests.crash import crash


@pytest.mark.slow
def test_killed_builds_lose_no_reply_and_write_the_same_bytes(tmp_path: Path) -> None:
    seen = crash(tmp_path / "crash", kills=4, seeds=80, median=0.05)
    assert seen.same_bytes
    assert seen.repeated == 0
