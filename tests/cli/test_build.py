"""`musicc build` as a user meets it: a process, a server, and all that can go wrong between them."""

import json
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.cli.project import SPEC, Project, answered, endpoint, wait_for


def test_a_build_writes_pairs_in_seed_order(project: Project, url: str) -> None:
    done = project.write(url).build()
    assert done.code == 0, done.err
    pairs = [json.loads(line) for line in project.pairs.splitlines()]
    assert [pair["chosen"][0]["content"].split(":")[0] for pair in pairs] == [f"Question {n}" for n in range(12)]
    for pair in pairs:
        assert [m["role"] for m in pair["chosen"]] == ["user", "assistant"] * 3
        assert pair["chosen"] != pair["rejected"]
        assert pair["music"]["turns"][0]["rule"] == "other_instruction"
    assert "12 pairs in build/test/default/pairs.jsonl" in done.out
    folder = project.folder / "build/test/default"
    assert sorted(p.name for p in folder.iterdir() if not p.name.startswith(".")) == [
        "README.md",
        "manifest.json",
        "pairs.jsonl",
        "plan.json",
        "quarantine.jsonl",
    ]


def test_a_second_build_calls_nobody_and_writes_the_same_bytes(project: Project, url: str, log: Path) -> None:
    project.write(url).build()
    first, calls = project.pairs, answered(log)
    done = project.run_anew("build", "test.music")
    assert project.pairs == first
    assert answered(log) == calls
    assert "0 calls made" in done.out


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("params {{", "# why so many\nparams {{"),
        ("fake", "other_name"),
        ("openings", "beginnings"),
        ("dialogue contrastive", "dialogue renamed"),
        ("concurrency: 8", "concurrency: 3"),
        ("  turns     = 3", "  turns = 3"),
    ],
)
def test_what_does_not_reach_a_model_repeats_no_call(
    project: Project, url: str, log: Path, before: str, after: str
) -> None:
    project.write(url).build()
    calls = answered(log)
    spec = SPEC.replace(before, after).replace('name  = "other_name"', 'name  = "fake"')
    assert project.write(url, spec=spec).build().code == 0
    assert answered(log) == calls


CHANGED = """
contrast last_words {{ system = "{system}" }}
"""


def test_a_changed_prompt_of_the_last_turn_repeats_that_turn_only(project: Project, url: str, log: Path) -> None:
    def spec(system: str) -> str:
        rules = "    turn 1        other_instruction\n    turn last     last_words\n"
        head, _, rest = SPEC.partition("    turn 1        other_instruction\n")
        tail = rest.partition("\n")[2]
        declared = CHANGED.format(system=system).replace("{", "{{").replace("}", "}}")
        return (head + rules + tail).replace(
            "(sidestep, other_instruction, forget_history)", "(other_instruction)"
        ) + declared

    project.write(url, spec=spec("You are in a hurry.")).build()
    before = answered(log)
    assert project.write(url, spec=spec("You are bored.")).build().code == 0
    new = answered(log) - before
    assert new.total() == 12, "one reply a row, at the last turn of the rejected branch"


def test_more_seeds_leave_the_other_rows_as_they_are(project: Project, url: str) -> None:
    spec = SPEC.replace("turn 1        other_instruction", "turn 1        sidestep").replace("other_instruction, ", "")
    project.write(url, spec=spec).build("-p", "pairs=8")
    few = project.pairs.splitlines()
    project.build("-p", "pairs=12")
    many = project.pairs.splitlines()
    without_digest = [
        [{**json.loads(line)["music"], "plan": ""} for line in lines] for lines in (few, many[: len(few)])
    ]
    assert without_digest[0] == without_digest[1]
    assert len(many) == 12


def test_rows_of_a_storm_of_faults_are_those_of_a_calm_run(project: Project, tmp_path: Path) -> None:
    storm = ["--fault", "500=0.05", "--fault", "cut=0.02", "--fault", "429-after=0.1", "--fault", "disconnect=0.02"]
    with endpoint(tmp_path / "calm.log") as url:
        assert project.write(url).build().code == 0
    calm = project.pairs
    other = Project(tmp_path / "storm")
    with endpoint(tmp_path / "storm.log", *storm) as url:
        assert other.write(url).build().code == 0
    assert other.pairs == calm
    manifest = json.loads((other.folder / "build/test/default/manifest.json").read_text())
    assert manifest["models"]["fake"]["retries"] > 0


def test_a_row_that_always_fails_is_quarantined_with_its_reason(project: Project, tmp_path: Path) -> None:
    with endpoint(tmp_path / "log", "--mark", "subject 5?=400") as url:
        done = project.write(url).build()
    assert done.code == 0
    failures = (project.folder / "build/test/default/quarantine.jsonl").read_text().splitlines()
    # The row itself, and any whose contrast borrowed its opening.
    assert 1 <= len(failures) <= 11
    assert all("maximum context length" in json.loads(line)["message"] for line in failures)
    assert len(project.pairs.splitlines()) == 12 - len(failures)
    assert f"{len(failures)} rows quarantined (call: {len(failures)})" in done.out


def test_a_build_without_a_pair_is_an_error(project: Project, tmp_path: Path) -> None:
    with endpoint(tmp_path / "log", "--fault", "400=1.0") as url:
        done = project.write(url).build()
    assert done.code == 1
    assert "error[M591]" in done.err


def test_a_missing_key_names_the_variable(project: Project, url: str) -> None:
    done = project.write(url, extra='key = env("TEST_KEY_THAT_IS_NOT_SET")').build()
    assert done.code != 0
    assert "`TEST_KEY_THAT_IS_NOT_SET`" in done.err


def test_a_key_is_sent_and_written_nowhere(project: Project, tmp_path: Path) -> None:
    with endpoint(tmp_path / "log", "--token-from", "SECRET_FOR_TEST", SECRET_FOR_TEST="sk-never-written") as url:
        done = project.write(url, extra='key = env("SECRET_FOR_TEST")').build(SECRET_FOR_TEST="sk-never-written")
        assert done.code == 0, done.err
        wrong = Project(tmp_path / "wrong").write(url, extra='key = env("SECRET_FOR_TEST")')
        refused = wrong.build(SECRET_FOR_TEST="sk-wrong-secret")
    assert "refuses the API key" in refused.err
    assert "sk-wrong-secret" not in refused.err
    for folder in (project.folder, wrong.folder):
        for path in folder.rglob("*"):
            assert not path.is_file() or b"sk-" not in path.read_bytes(), path


def test_an_unknown_model_is_named(project: Project, tmp_path: Path) -> None:
    with endpoint(tmp_path / "log", "--model", "faker") as url:
        done = project.write(url).build()
    assert done.code == 1
    assert "`fake`" in done.err
    assert "faker" in done.err


@pytest.mark.slow
def test_a_refused_connection_is_told(project: Project) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        done = project.write(f"http://127.0.0.1:{taken.getsockname()[1]}/v1").build()
    assert done.code == 1
    assert "no connection to the server of `fake`" in done.err


def test_two_builds_at_once_on_one_store(project: Project, tmp_path: Path) -> None:
    with endpoint(tmp_path / "log", "--median", "0.3") as url:
        first = project.write(url).start("build", "test.music")
        wait_for(project.folder / ".musicc/store/.holder.json")
        second = project.build("--out", "elsewhere")
        assert second.code == 2
        assert f"process {first.pid}" in second.err
        first.kill()
        first.communicate()


def test_a_store_of_another_version_is_refused(project: Project, url: str) -> None:
    project.write(url).build()
    journal = project.folder / ".musicc/store/journal.log"
    data = bytearray(journal.read_bytes())
    data[len(b"musicc store")] += 1  # the version stands behind the magic words
    journal.write_bytes(bytes(data))
    done = project.build()
    assert done.code == 2
    assert "error[M540]" in done.err


def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(project: Project, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with endpoint(log, "--median", "0.1") as url:
        process = project.write(url).start("build", "test.music")
        wait_for(log)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert process.returncode == 130
        assert "the same command goes on from here" in err
        assert "Traceback" not in err
        stopped = answered(log)
        assert project.build().code == 0
        repeats = answered(log) - stopped
        assert repeats, "there was work left"
    assert sum(count - 1 for count in answered(log).values()) <= 8, "only what was on the wire is asked again"


def test_plan_tells_what_is_left_and_what_is_held(project: Project, url: str) -> None:
    project.write(url)
    before = project.run("plan", "test.music")
    assert before.code == 0, before.err
    made = project.build().out.split(" calls made")[0].split()[-1]
    assert f"{made} calls to make, 0 reused" in before.out.replace("about ", "")
    after = project.run("plan", "test.music")
    assert f"0 calls to make, {made} reused" in after.out


def test_show_prints_the_pair(project: Project, url: str) -> None:
    project.write(url).build()
    shown = project.run("show", "build/test/default", "--first")
    assert shown.code == 0
    assert "Question 0: what should I know" in shown.out
    assert "other_instruction" in shown.out


def test_a_bad_option_and_a_missing_spec(project: Project, url: str) -> None:
    project.write(url)
    assert "error[M590]" in project.build("-p", "pairs").err
    misspelt = project.build("-p", "paris=3")
    assert misspelt.code == 2
    assert "write `-p pairs=…`" in misspelt.err
    missing = project.run("check", "nowhere.music")
    assert missing.code != 0
    assert "nowhere.music" in missing.err


def test_explain(project: Project, url: str) -> None:
    project.write(url)
    assert "M591: no row became a pair" in project.run("explain", "M591").out
    assert project.run("explain", "M000").code == 2
