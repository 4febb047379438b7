"""`musicc eval` of built pairs: a judge who is asked through the store, what a check has found, and what people say."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.project import SPEC, answered, serving
from tests.cli.rewards import REWARD, Rewards, rewards
from tests.cli.trainings import refused

JUDGED = """
judge better {{
  prompt   = "JUDGE PAIR {{{{ transcript_a }}}} VERSUS {{{{ transcript_b }}}}"
  sampling = {{ temperature: 0.0, max_tokens: 8 }}
}}

check preferred {{ of = contrastive  judge = better on fake  fail = mark }}
"""
EVALS = """
eval built { score = rm  on = contrastive }
eval asked { score = rm  on = contrastive  judge = better on fake }
"""
WIDER = """
judge wider like better { prompt = "JUDGE PAIR {{ transcript_a }}  VERSUS {{ transcript_b }}" }
eval anew { score = rm  on = contrastive  judge = wider on fake }
"""
LABELLED = 'eval people { score = rm  on = contrastive  labels = file("labels/*.csv") }\n'
PAIRS = 12


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("judged") / "calls.log"


@pytest.fixture(scope="module")
def project(log: Path) -> Iterator[Rewards]:
    """Built, trained, and its server there to answer."""
    with serving("tests.servers.judge", "--log", str(log)) as url:
        made = rewards(log.parent / "project")
        lines = (f'{{"prompt": "Question {n}: what is the sun?"}}\n' for n in range(PAIRS))
        (made.folder / "seeds.jsonl").write_text("".join(lines))
        text = (SPEC + JUDGED).format(url=url, extra="seeded = true")
        made.spec(text + "\n" + REWARD.replace("train     = d", "train     = contrastive") + EVALS).rebuild()
        assert made.train().code == 0
        yield made


def results(project: Rewards, name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((project.build / "eval" / name / "results.json").read_bytes())
    return value


def agreement(found: dict[str, Any], first: str, second: str) -> dict[str, Any]:
    (one,) = [one for one in found["agreement"] if (one["first"], one["second"]) == (first, second)]
    return dict(one)


def test_what_a_check_has_asked_costs_nothing(project: Rewards, log: Path) -> None:
    before = answered(log)
    done = project.run("eval", "t.music", "asked")
    assert done.code == 0, done.err
    assert answered(log) == before
    manifest = json.loads((project.build / "manifest.json").read_bytes())["checks"]["preferred"]["agreement"]
    verdicts = results(project, "asked")["verdicts"]
    assert sum(verdicts.values()) == PAIRS
    assert verdicts.get("chosen", 0) == manifest["agree"]
    assert verdicts.get("unread", 0) == manifest["unread"]
    assert ("M681" in done.err) is (manifest["unread"] > PAIRS / 10)


def test_without_a_judge_of_its_own_the_verdicts_of_the_build_count(project: Rewards) -> None:
    project.run("eval", "t.music")
    asked, built = results(project, "asked"), results(project, "built")
    for second in ("judge", "rm"):
        assert agreement(asked, "construction", second) == agreement(built, "construction", second)
    assert built["verdicts"] is None
    assert list(built["digests"]) == ["pairs.jsonl"]
    assert set(built["scorers"]["rm"]["metrics"]["by"]["rule"]) <= {"forget_history", "other_instruction", "sidestep"}
    line = json.loads((project.build / "eval" / "asked" / "scores.jsonl").open().readline())
    assert line["judge"] in {"chosen", "rejected", "tie", "unread"}


def test_another_judge_is_asked_within_the_budget_and_goes_on_where_it_was(project: Rewards, log: Path) -> None:
    project.spec((project.folder / "t.music").read_text() + WIDER)
    before = answered(log).total()
    told = refused(project.run("eval", "t.music", "anew", "--max-calls", "5"), "M530")
    assert "5 calls" in told
    assert answered(log).total() == before + 5
    assert project.run("eval", "t.music", "anew").code == 0
    asked = answered(log)
    assert max(asked.values()) == 1
    whole = (project.build / "eval" / "anew" / "results.json").read_bytes()
    assert project.run("eval", "t.music", "anew").code == 0
    assert answered(log) == asked
    assert (project.build / "eval" / "anew" / "results.json").read_bytes() == whole


def test_a_judge_that_cannot_be_reached(project: Rewards) -> None:
    text = (project.folder / "t.music").read_text()
    gone = text.replace("eval asked", 'model gone { url = "http://127.0.0.1:1/v1"  name = "gone" }\neval asked')
    project.spec(gone.replace("judge = better on fake }\n", "judge = better on gone }\n"))
    done = project.run("eval", "t.music", "asked")
    project.spec(text)
    assert done.code == 1 and "server of `gone`: it is refused" in done.err


def test_what_people_say_is_read_back(project: Rewards) -> None:
    text = (project.folder / "t.music").read_text()
    assert project.run("export", "t.music", "--for-labels", "--out", "labels").code == 0
    sheet = project.folder / "labels" / "labels.csv"
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    key = json.loads((project.folder / "labels" / "labels.key.json").read_bytes())["items"]
    for row in rows[2:]:
        row["choice"] = key[row["item"]]["chosen"]
    with sheet.open("w", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)
    project.spec(text + LABELLED)
    done = project.run("eval", "t.music", "people")
    project.spec(text)
    assert done.code == 0, done.err
    one = agreement(results(project, "people"), "construction", "labels")
    assert (one["items"], one["agree"]["share"]) == (PAIRS - 2, 1.0)
    assert agreement(results(project, "people"), "judge", "labels")["items"] <= PAIRS - 2
    assert f"labels of {PAIRS - 2} of {PAIRS} pairs" in done.err.splitlines()
    assert f"  who construction: with labels, both decide {PAIRS - 2}, agree 100.0%, " in done.out


def test_nobody_is_compared_with_a_majority_that_they_are_part_of(project: Rewards) -> None:
    text = (project.folder / "t.music").read_text()
    assert project.run("export", "t.music", "--for-labels", "--out", "sheet").code == 0
    key = json.loads((project.folder / "sheet" / "labels.key.json").read_bytes())["items"]
    for name, side in (("ann", "A"), ("bob", "B")):
        said = "".join(f"{item},{side}\n" for item in key)
        (project.folder / "sheet" / f"{name}.csv").write_text("item,choice\n" + said)
    (project.folder / "sheet" / "labels.csv").unlink()
    project.spec(text + 'eval both { score = rm  on = contrastive  labels = file("sheet") }\n')
    done = project.run("eval", "t.music", "both")
    project.spec(text)
    assert done.code == 0, done.err
    told = {(one["first"], one["second"]) for one in results(project, "both")["agreement"]}
    assert ("labels of ann", "labels of bob") in told
    assert not {("labels", "labels of ann"), ("labels", "labels of bob")} & told
    assert "labels of ann" not in done.out


PLAYED = """
eval best {
  compare   = [rm, first]
  prompts   = { openings: 4 }
  turns     = 2
  n         = [2, 3]
  user      = curious_user on fake
  assistant = helpful_assistant on fake
  judge     = better on fake
}
"""


def test_best_of_n_is_played_written_and_told(project: Rewards, log: Path) -> None:
    text = (project.folder / "t.music").read_text()
    project.spec(text + PLAYED)
    done = project.run("eval", "t.music", "best")
    asked = answered(log)
    again = project.run("eval", "t.music", "best")
    project.spec(text)
    assert (done.code, again.out, answered(log)) == (0, done.out, asked), done.err
    lines = done.out.splitlines()
    assert lines[0] == "eval best: 4 prompts"
    assert [line.partition(", win rate ")[0] for line in lines[1:3]] == [
        f"  contestant rm: against first, N {n}" for n in (2, 3)
    ]
    found = results(project, "best")
    assert (found["kind"], found["prompts"], list(found["rewards"])) == ("best_of_n", 4, ["rm"])
    assert "Win rates" in (project.build / "eval" / "best" / "report.md").read_text()
