"""A server with all faults at once: what can be built is built, byte by byte the same, and a row that cannot says why."""

import json
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.faults import SHARES, TURNS, build, built, server, write_project
from tests.servers.process import serving_apart

SEEDS = 30
QUICK = 0.01  # seconds, the median of the latency


def play(folder: Path, *, faults: bool) -> tuple[Path, Counter[str]]:
    """A built project, and how often the server gave each status."""
    log = folder.with_suffix(".log")
    with serving_apart(*server(QUICK, faults=faults), "--log", str(log)) as url:
        spec = write_project(folder, url, SEEDS, 16)
        build(spec)
    return spec, Counter(line.split()[2] for line in log.read_text().splitlines())


@pytest.mark.slow
def test_faults_change_no_byte_of_what_can_be_built(tmp_path: Path) -> None:
    calm, _ = play(tmp_path / "calm", faults=False)
    rough, statuses = play(tmp_path / "rough", faults=True)
    assert built(rough, "pairs.jsonl") == built(calm, "pairs.jsonl")
    assert built(rough, "pairs.jsonl").count(b"\n") == SEEDS - 1
    [lost] = map(json.loads, built(rough, "quarantine.jsonl").splitlines())
    assert (lost["reason"], lost["message"][:4]) == ("call", "400 ")
    assert set(statuses) == {"200", "400", "429", "500"}
    assert statuses["429"] > SEEDS * TURNS * SHARES["429"]
