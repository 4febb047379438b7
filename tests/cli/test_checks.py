"""Checks as a user meets them: a judge who disagrees, pairs that are drawn again, dropped and marked."""

import json
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.project import SPEC, Done, Project, answered, serving, wait_for

CHECKS = """
judge better {{
  prompt   = "JUDGE PAIR {{{{ transcript_a }}}} VERSUS {{{{ transcript_b }}}}"
  sampling = {{ temperature: 0.0, max_tokens: 8 }}
}}

judge right {{
  of       = turn
  prompt   = "JUDGE TURN {{{{ turn }}}} {{{{ transcript }}}} {{{{ instruction }}}} {{{{ reply }}}}"
  sampling = {{ temperature: 0.0, max_tokens: 8 }}
}}

check balanced  {{ of = contrastive  length_ratio = 60%..160%  fail = retry(2) then mark }}
check preferred {{ of = contrastive  judge = better on fake    fail = retry(1) then drop }}
check turns     {{ of = contrastive  judge = right on fake     fail = retry(1) then mark }}
check fresh     {{ of = contrastive  duplicates = 90% }}
check fair      {{ of = contrastive  chosen_longer = 40%..60%  fail = mark }}
"""
SPECS = SPEC.replace("pairs = 12", "pairs = 24") + CHECKS
NAMES = ["balanced", "preferred", "turns", "fresh", "fair"]


def judging(log: Path, *arguments: str) -> AbstractContextManager[str]:
    return serving("tests.servers.judge", "--log", str(log), *arguments)


def written(project: Project, url: str) -> Project:
    return project.write(url, seeds=24, spec=SPECS, extra="seeded = true")


@dataclass(frozen=True)
class Built:
    """A project that is built, what the build said, and the log of its server, which goes on to answer."""

    project: Project
    done: Done
    log: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """Built once, to be looked at."""
    place = tmp_path_factory.mktemp("checks")
    with judging(place / "calls.log") as url:
        project = written(Project(place / "project"), url)
        yield Built(project, project.build(), place / "calls.log")


@pytest.fixture
def judged(built: Built, project: Project) -> Project:
    """A copy of it, to go on with."""
    shutil.copytree(built.project.folder, project.folder)
    return project


def folder(project: Project) -> Path:
    return project.folder / "build/test/default"


def lines(project: Project, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder(project) / name).read_bytes().splitlines()]


def products(project: Project) -> list[bytes]:
    return [(folder(project) / name).read_bytes() for name in ("pairs.jsonl", "dropped.jsonl", "quarantine.jsonl")]


def test_a_judge_who_disagrees(built: Built) -> None:
    done = built.done
    assert done.code == 0, done.err
    kept, dropped = lines(built.project, "pairs.jsonl"), lines(built.project, "dropped.jsonl")
    assert len(kept) + len(dropped) == 24
    assert kept
    assert dropped
    assert {tuple(pair["music"]["checks"]) for pair in (*kept, *dropped)} == {tuple(NAMES)}
    assert all(pair["music"]["checks"]["preferred"]["passed"] for pair in kept)
    for pair in dropped:
        found = pair["music"]["checks"]
        assert (found["preferred"]["passed"], found["turns"]["verdict"], found["fresh"]["verdict"]) == (
            False,
            "unmade",
            "unmade",
        )
        assert found["preferred"]["verdict"] in {"rejected", "tie", "unread"}
    assert f"{len(kept)} pairs in build/test/default/pairs.jsonl" in done.out
    assert f"check preferred: {len(kept)} of 24 pairs passed, {len(dropped)} dropped" in done.out
    assert f"{len(dropped)} pairs dropped, in build/test/default/dropped.jsonl" in done.out


def test_the_manifest_counts_what_the_lines_tell(built: Built) -> None:
    kept, dropped = lines(built.project, "pairs.jsonl"), lines(built.project, "dropped.jsonl")
    manifest: dict[str, Any] = built.project.manifest
    assert manifest["rows"] == {"total": 24, "pairs": len(kept), "quarantined": 0, "dropped": len(dropped)}
    assert list(manifest["checks"]) == NAMES
    for name, told in manifest["checks"].items():
        made = [pair["music"]["checks"][name] for pair in (*kept, *dropped)]
        passed = Counter(record["passed"] for record in made if record["verdict"] != "unmade")
        assert (told["passed"], told["failed"]) == (passed[True], passed[False])
        assert told["dropped" if told["then"] == "drop" else "marked"] == passed[False]
    assert manifest["checks"]["balanced"]["retaken"] > 0
    agreement = manifest["checks"]["preferred"]["agreement"]
    assert sum(agreement[word] for word in ("agree", "tie", "disagree", "unread")) == 24
    assert agreement["low"] < agreement["rate"] < agreement["high"]
    assert list(manifest["checks"]["turns"]["agreement"]["by_branch"]) == ["chosen", "rejected"]
    assert manifest["lengths"]["chosen"] + manifest["lengths"]["rejected"] + manifest["lengths"]["equal"] == len(kept)
    assert sum(manifest["rules"].values()) == 3 * len(kept)
    card = (folder(built.project) / "README.md").read_text()
    assert f"| preferred | pair judge | {len(kept)} | {len(dropped)} | {len(dropped)} | 0 |" in card


def test_a_second_build_calls_nobody_and_writes_the_same_bytes(built: Built, judged: Project) -> None:
    first, calls = products(built.project), answered(built.log)
    assert set(calls.values()) == {1}
    assert "Plan: 0 calls to make" in judged.run("plan", "test.music").out
    assert "0 calls made" in judged.build().out
    assert (products(judged), answered(built.log)) == (first, calls)


def test_a_plan_counts_what_a_build_then_makes_at_least(built: Built, tmp_path: Path) -> None:
    """Retakes cannot be known before."""
    before = built.project.run("plan", "test.music", "--store", str(tmp_path)).out
    planned = int(before.partition("Plan: ")[2].split()[0].replace(",", ""))
    models: dict[str, Any] = built.project.manifest["models"]  # type: ignore[assignment]
    assert 0 < planned < models["fake"]["made"]


def test_gc_keeps_what_checks_have_asked(built: Built, judged: Project) -> None:
    calls = answered(built.log)
    done = judged.run("store", "gc")
    assert done.code == 0, done.err
    assert judged.build().code == 0
    assert answered(built.log) == calls


def test_concurrency_changes_no_byte(built: Built, tmp_path: Path) -> None:
    with judging(tmp_path / "other.log", "--median", "0.002") as url:
        spec = SPECS.replace("concurrency: 8", "concurrency: 1")
        other = Project(tmp_path / "other").write(url, seeds=24, spec=spec, extra="seeded = true")
        assert other.build().code == 0
    assert products(other) == products(built.project)


def test_show_tells_what_checks_found(built: Built) -> None:
    kept, dropped = lines(built.project, "pairs.jsonl")[0], lines(built.project, "dropped.jsonl")[0]
    shown = built.project.run("show", "build/test/default", kept["id"]).out
    assert "checks" in shown
    assert "passed  preferred  chosen 1" in shown
    gone = built.project.run("show", "build/test/default/dropped.jsonl", dropped["id"]).out
    assert "failed  preferred" in gone
    assert "fresh" not in gone


def test_without_checks_nothing_of_them_stays(judged: Project) -> None:
    assert (folder(judged) / "dropped.jsonl").exists()
    judged.spec.write_text(judged.spec.read_text().partition("check balanced")[0])
    assert judged.build().code == 0
    assert not (folder(judged) / "dropped.jsonl").exists()
    assert len(lines(judged, "pairs.jsonl")) == 24
    assert "checks" not in lines(judged, "pairs.jsonl")[0]["music"]


def test_a_build_that_no_pair_passes_is_an_error(project: Project, url: str) -> None:
    never = SPEC + '\ncheck never {{ of = contrastive  require = "^nothing$" }}\n'
    done = project.write(url, spec=never).build()
    assert done.code == 1
    assert "no pair passed its checks (never: 12)" in done.err
    assert len(lines(project, "dropped.jsonl")) == 12


@pytest.mark.slow
def test_killed_while_judging_ends_in_the_same_bytes(built: Built, tmp_path: Path) -> None:
    log = tmp_path / "killed.log"
    with judging(log, "--median", "0.03") as url:
        project = written(Project(tmp_path / "killed"), url)
        for pause in (0.4, 0.8, 1.2, 1.6):
            process = project.start("build", "test.music")
            wait_for(log)
            time.sleep(pause)
            process.kill()
            process.communicate()
        assert project.build().code == 0
    assert products(project) == products(built.project)
    assert sum(count - 1 for count in answered(log).values()) <= 4 * 8, "only what was on the wire is asked again"


EMBEDDED = """music 1

import "std/personas" (concise_assistant)
import "std/contrasts" (other_instruction)

model small {
  weights = smollm2_135m
  limit   = { concurrency: 4 }
}
seeds openings {
  from    = file("std/seeds.jsonl")
  context = first_user_turn
  take    = 2
}
dialogue talk {
  seeds     = openings
  user      = replay
  assistant = concise_assistant on small { temperature: 0.2, max_tokens: 24 }
  turns     = 2
  replies   = { truncated: mark, repeated: mark, empty: mark }
  rejected { turn last  other_instruction }
}
judge fitting {
  of       = turn
  prompt   = "Question: {{ instruction }}\\nAnswer: {{ reply }}\\nDoes the answer fit the question? Say yes or no."
  sampling = { temperature: 0.0, max_tokens: 8 }
}
check fits { of = talk  judge = fitting on small  fail = mark }
"""


@pytest.mark.slow
def test_the_embedded_model_judges_turns(tmp_path: Path) -> None:
    project = Project(tmp_path)
    (tmp_path / ".git").mkdir()
    project.spec.write_text(EMBEDDED)
    done = project.build()
    assert done.code == 0, done.err
    found = [pair["music"]["checks"]["fits"] for pair in lines(project, "pairs.jsonl")]
    assert len(found) == 2
    assert {record["verdict"] for record in found} <= {"agree", "disagree", "tie", "unread"}
    assert all(record["detail"].startswith("chosen: turn 1 ") for record in found)
    first = products(project)
    assert "0 calls made" in project.build().out
    assert products(project) == first
