"""A build of forty pairs of a dialogue, and a source with thirty of its own."""

from pathlib import Path

import pytest

from tests.runtime.data.mixing.common import Build, built, record

TALK = [built(number) for number in range(40)]
OWN = [record(number) for number in range(30)]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return Build(tmp_path, TALK, {"own": OWN})
