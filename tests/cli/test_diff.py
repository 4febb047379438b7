"""`musicc diff` as a user meets it: files, revisions, and what a change means for a build that is there."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.project import Done, Project, endpoint

GOLDEN = Path(__file__).parent / "golden"
PRICED = "price = { input: 1.25, output: 5.00 }"
CHANGES = {
    "nothing": ("", ""),
    "comment": ("params {", "# So many are enough.\nparams {"),
    "layout": ("  turns     = 3", "  turns = 3"),
    "concurrency": ("concurrency: 8", "concurrency: 3"),
    "renamed": ("dialogue contrastive", "dialogue renamed"),
    "turns": ("turns     = 3", "turns     = 4"),
    "rules": ("50% sidestep | 50% forget_history", "80% sidestep | 20% forget_history"),
    "sampling": ("assistant = helpful_assistant on fake", "assistant = helpful_assistant on fake { temperature: 0.2 }"),
    "model": ('name  = "fake"', 'name  = "fake-2"'),
    "fewer": ("pairs = 12", "pairs = 8"),
    "replies": ("turns     = 3", "turns     = 3\n  replies   = { truncated: retry(3) }"),
    "check": ("params {", "check kind { of = contrastive  forbid = refusal  fail = mark }\n\nparams {"),
    "judge": (
        'import "std/contrasts"',
        'import "std/judges" (turnwise)\ncheck each { of = contrastive  judge = turnwise on fake }\nimport "std/contrasts"',
    ),
    "declared": (
        "dialogue contrastive",
        'persona sulky { role = assistant  system = "Sulk." }\n\ndialogue contrastive',
    ),
}


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--message", message)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A repository whose only commit is built."""
    project = Project(tmp_path_factory.mktemp("diff") / "project")
    with endpoint(project.folder.parent / "calls.log") as url:
        project.write(url, extra=PRICED)
        shutil.rmtree(project.folder / ".git")
        git(project.folder, "init", "--initial-branch", "main")
        (project.folder / ".gitignore").write_text("build/\n.musicc/\n")
        commit(project.folder, "first")
        assert project.build().code == 0
    return project


def changed(project: Project, before: str, after: str, name: str = "changed.music") -> str:
    text = project.spec.read_text()
    assert before in text
    (project.folder / name).write_text(text.replace(before, after, 1))
    return name


def diff(project: Project, *arguments: str) -> Done:
    done = project.run("diff", *arguments)
    assert done.code == 0, done.err
    return done


@pytest.mark.parametrize(("before", "after"), CHANGES.values(), ids=CHANGES)
def test_what_a_change_means(
    built: Project, request: pytest.FixtureRequest, golden: Callable[[Path, str], None], before: str, after: str
) -> None:
    done = diff(built, "test.music", changed(built, before, after))
    golden(GOLDEN / f"diff_{request.node.callspec.id}.txt", done.out)


@pytest.mark.parametrize("change", ["turns", "sampling", "fewer"])
def test_the_totals_are_those_of_plan(built: Project, change: str) -> None:
    """The first spec is built, so that the difference is what is left to do."""
    spec = changed(built, *CHANGES[change])
    compared, planned = diff(built, "test.music", spec), built.run("plan", spec)
    assert compared.out.splitlines()[-1] == planned.out.splitlines()[-1]


def test_json_tells_the_same(built: Project) -> None:
    spec = changed(built, *CHANGES["turns"])
    facts = json.loads(diff(built, "test.music", spec, "--format", "json").out)
    assert facts["differs"] is True
    (change,) = facts["changes"]
    assert (change["sign"], change["field"], change["old"], change["new"]) == ("~", "turns", "3", "4")
    calls = {part: sum(row["calls"] for row in rows) for part, rows in facts["calls"].items()}
    assert facts["plan"]["make"] == calls["added"] > 0 == calls["gone"]
    assert facts["plan"]["reuse"] == calls["kept"]
    shown = diff(built, "test.music", spec).out
    assert f"Plan: {calls['added']} calls to make, {calls['kept']} reused" in shown


@pytest.mark.parametrize(("change", "code"), [("nothing", 0), ("comment", 0), ("concurrency", 1), ("turns", 1)])
def test_an_exit_code_for_scripts(built: Project, change: str, code: int) -> None:
    spec = changed(built, *CHANGES[change])
    assert built.run("diff", "test.music", spec, "--exit-code").code == code
    assert built.run("diff", "test.music", spec).code == 0


def test_options_reach_both_sides(built: Project) -> None:
    spec = changed(built, *CHANGES["fewer"])
    assert "no call differs" in diff(built, "test.music", spec, "-p", "pairs=4").out


# Revisions

HISTORY = """music 1

import "parts" (fake, openings, sulky)
import "std/contrasts" (other_instruction)

dialogue contrastive {
  seeds     = openings
  user      = replay
  assistant = sulky on fake
  turns     = 2
  rejected { turn 1..last  other_instruction }
}
"""
PARTS = """music 1

model fake {
  url  = "http://localhost:1/v1"
  name = "fake"
}
seeds openings { from = file("../data/seeds.jsonl") }
persona sulky { role = assistant  system = "You sulk." }
"""


@pytest.fixture
def history(tmp_path: Path) -> Project:
    """Three commits: the second has another prompt in an imported file, the third another seed in a file of data."""
    project = Project(tmp_path / "project")
    specs, data = project.folder / "specs", project.folder / "data"
    specs.mkdir(parents=True)
    data.mkdir()
    git(project.folder, "init", "--initial-branch", "main")
    (specs / "test.music").write_text(HISTORY)
    (specs / "parts.music").write_text(PARTS)
    (data / "seeds.jsonl").write_text("".join(f'{{"prompt": "Question {n}?"}}\n' for n in range(4)))
    commit(project.folder, "first")
    (specs / "parts.music").write_text(PARTS.replace("sulk.", "sulk loudly."))
    commit(project.folder, "second")
    (data / "seeds.jsonl").write_text("".join(f'{{"prompt": "Question {n}?"}}\n' for n in range(1, 5)))
    commit(project.folder, "third")
    return project


def test_a_spec_alone_is_compared_with_its_last_commit(history: Project) -> None:
    assert "no call differs" in diff(history, "specs/test.music").out
    spec = history.folder / "specs/test.music"
    spec.write_text(spec.read_text().replace("turns     = 2", "turns     = 1"))
    shown = diff(history, "specs/test.music").out
    assert shown.startswith("HEAD:specs/test.music → specs/test.music\n")
    assert "~ dialogue contrastive.turns: 2 → 1  specs/test.music:10" in shown


@pytest.mark.parametrize(("name", "before", "after"), [("imports", 2, 1), ("data", 1, 0)])
def test_imports_and_data_are_those_of_the_revision(
    history: Project, golden: Callable[[Path, str], None], name: str, before: int, after: int
) -> None:
    done = diff(history, f"HEAD~{before}:specs/test.music", f"HEAD~{after}:specs/test.music")
    golden(GOLDEN / f"diff_of_{name}.txt", done.out)


def test_a_revision_alone_is_compared_with_the_working_file(history: Project) -> None:
    one, two = (
        diff(history, *sides).out
        for sides in (["HEAD~2:specs/test.music"], ["HEAD~2:specs/test.music", "specs/test.music"])
    )
    assert one == two
    assert one.startswith("HEAD~2:specs/test.music → specs/test.music\n")
    assert "specs/parts.music" in one


def test_paths_may_count_from_the_working_folder(history: Project) -> None:
    inside = Project(history.folder / "specs")
    from_top = diff(inside, "HEAD~1:specs/test.music", "HEAD:specs/test.music").out
    assert diff(inside, "HEAD~1:./test.music", "HEAD:./test.music").out == from_top
    assert diff(inside, "./test.music").out.startswith("HEAD:specs/test.music → ./test.music\n")


def test_data_that_git_does_not_have_is_that_of_the_working_tree(history: Project) -> None:
    git(history.folder, "rm", "--cached", "data/seeds.jsonl")
    git(history.folder, "commit", "--message", "the data is elsewhere")
    assert "no call differs" in diff(history, "specs/test.music").out


def test_an_error_is_told_with_the_revision(history: Project) -> None:
    spec = history.folder / "specs/test.music"
    spec.write_text(HISTORY.replace("sulky on", "silky on"))
    commit(history.folder, "broken")
    spec.write_text(HISTORY)
    done = history.run("diff", "specs/test.music")
    assert done.code == 1
    assert "--> HEAD:specs/test.music:9:15" in done.err


FAULTS = {
    "M596": ["mian:specs/test.music"],
    "M597": ["HEAD:specs/tset.music"],
}


@pytest.mark.parametrize(("code", "arguments"), FAULTS.items(), ids=FAULTS)
def test_what_git_does_not_have(
    history: Project, golden: Callable[[Path, str], None], code: str, arguments: list[str]
) -> None:
    done = history.run("diff", *arguments)
    assert done.code == 2
    golden(GOLDEN / f"{code}.txt", done.err)


def test_without_a_repository(tmp_path: Path, golden: Callable[[Path, str], None]) -> None:
    (tmp_path / "test.music").write_text(HISTORY)
    done = Project(tmp_path).run("diff", "test.music", GIT_CEILING_DIRECTORIES=str(tmp_path.parent))
    assert done.code == 2
    golden(GOLDEN / "M595.txt", done.err)


def test_without_git(tmp_path: Path) -> None:
    (tmp_path / "test.music").write_text(HISTORY)
    done = Project(tmp_path).run("diff", "HEAD:test.music", PATH=str(tmp_path))
    assert done.code == 2
    assert "error[M595]: the command `git` is not there" in done.err


@pytest.mark.parametrize("option", ["--upload-pack=touch evil", "-h"])
def test_a_revision_is_no_option(history: Project, option: str) -> None:
    done = history.run("diff", "--", f"{option}:specs/test.music")
    assert done.code == 2
    assert "error[M596]" in done.err
    assert not (history.folder / "evil").exists()


def test_a_spec_that_is_not_there(history: Project) -> None:
    done = history.run("diff", "specs/nowhere.music")
    assert done.code == 2
    assert "`specs/nowhere.music` cannot be read: there is no such file" in done.err


def test_a_secret_is_not_shown(built: Project) -> None:
    spec = changed(built, PRICED, f'{PRICED}\n  key   = env("SECRET_FOR_TEST")')
    done = built.run("diff", "test.music", spec, SECRET_FOR_TEST="sk-never-shown")
    assert '+ model fake.key = env("SECRET_FOR_TEST")' in done.out
    assert not re.search("sk-never", done.out + done.err)
