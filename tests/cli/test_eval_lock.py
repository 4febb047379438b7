"""Evals and the lock: what they read besides the build is pinned when they read it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.rewards import Rewards, trained
from tests.cli.test_eval import MODELS, evaluating, results
from tests.servers.hub import Hub

OLD, NEW = "a" * 40, "b" * 40
HUB = """
benchmark far {
  from   = hub("org/bench", split = "test")  # musicc: allow(M491)
  format = rm_bench
}
eval distant { score = rm  on = far }
"""


@pytest.fixture
def project(tmp_path: Path) -> Rewards:
    return evaluating(trained(tmp_path / "project", MODELS))


def facts(project: Rewards) -> list[str]:
    """Without the two lines before them."""
    return (project.folder / "t.music.lock").read_text().splitlines()[2:]


def test_an_eval_locks_what_it_reads_besides_the_build(project: Rewards) -> None:
    before = facts(project)
    done = project.run("eval", "t.music", "held")
    assert (done.code, facts(project)) == (0, before)
    done = project.run("eval", "t.music", "apart")
    assert "t.music.lock: file mine.jsonl is new, sha256 " in done.err
    (new,) = set(facts(project)) - set(before)
    assert new.startswith("file mine.jsonl sha256 ")
    assert "lock" not in project.run("eval", "t.music", "apart").err
    project.rebuild()
    assert new in facts(project), "a build keeps what evals have pinned"


def test_a_locked_eval_refuses_what_is_not_as_the_lock_says(project: Rewards) -> None:
    refused = project.run("eval", "t.music", "apart", "--locked")
    assert (refused.code, "the lock says nothing about file `mine.jsonl`" in refused.err) == (1, True)
    project.run("eval", "t.music")
    assert project.run("eval", "t.music", "--locked").code == 0
    file = project.folder / "mine.jsonl"
    file.write_text("".join(file.read_text().splitlines(keepends=True)[1:]))
    refused = project.run("eval", "t.music", "apart", "--locked")
    assert (refused.code, "file `mine.jsonl` has changed" in refused.err) == (1, True)
    assert project.run("eval", "t.music", "held", "--locked").code == 0, "it does not read that file"
    assert "t.music.lock: file mine.jsonl was sha256 " in project.run("eval", "t.music", "apart").err


def test_a_locked_check_tells_of_what_evals_have_read(project: Rewards) -> None:
    assert project.run("check", "t.music", "--locked").code == 0, "no eval was run, and none is missed"
    project.run("eval", "t.music", "apart")
    assert project.run("check", "t.music", "--locked").code == 0
    (project.folder / "mine.jsonl").write_text("")
    told = project.run("check", "t.music", "--locked")
    assert (told.code, "file `mine.jsonl` has changed" in told.err) == (1, True)
    (project.folder / "mine.jsonl").unlink()
    assert project.run("check", "t.music", "--locked").code == 1


def compared(subset: str) -> dict[str, Any]:
    return {"id": subset, "prompt": "cat", "chosen": ["so good"] * 3, "rejected": ["bad"] * 3, "domain": subset}


@pytest.mark.slow
def test_a_benchmark_of_the_hub_is_read_at_the_pinned_revision(project: Rewards, tmp_path: Path) -> None:
    data = tmp_path / "hub" / "org" / "bench" / "test.jsonl"
    data.parent.mkdir(parents=True)
    data.write_text("".join(f"{json.dumps(compared(of))}\n" for of in ("chat", "math")))
    project.spec((project.folder / "t.music").read_text() + HUB)
    with Hub(tmp_path / "hub", OLD) as hub:
        for commit in (OLD, NEW):
            hub.commit = commit
            hub.asked.clear()
            run = project.start("musicc", "eval", "t.music", "distant", **hub.environment, HF_HUB_OFFLINE="0")
            _, said = run.communicate()
            assert run.returncode == 0, said
            assert f"hub org/bench revision {OLD}" in facts(project)
            assert any(f"/resolve/{OLD}/test.jsonl" in path for path in hub.asked)
            assert not any(NEW in path for path in hub.asked)
    assert results(project, "distant")["scorers"]["rm"]["metrics"]["pairs"] == 18
