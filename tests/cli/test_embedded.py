"""The demo's way, with the real model: no key, no network but the package registry, no GPU."""

import json
from pathlib import Path

import pytest

from tests.cli.project import ROOT, Project


@pytest.mark.slow
def test_the_papers_spec_builds_with_the_embedded_model(tmp_path: Path) -> None:
    project = Project(tmp_path)
    (tmp_path / ".git").mkdir()
    arguments = ["build", str(ROOT / "specs" / "skywork.music"), "--profile", "embedded", "-p", "pairs=2"]
    done = project.run(*arguments)
    assert done.code == 0, done.err
    pairs = tmp_path / "build/skywork/embedded/pairs.jsonl"
    first = pairs.read_bytes()
    for pair in map(json.loads, first.splitlines()):
        assert pair["music"]["turns"][0]["rule"] == "other_instruction"
        assert pair["music"]["turns"][0]["hidden"] not in [m["content"] for m in pair["rejected"]]
        assert all(message["content"].strip() for message in (*pair["chosen"], *pair["rejected"]))
    again = project.run(*arguments)
    assert "0 calls made" in again.out
    assert pairs.read_bytes() == first
