"""The lock as a user meets it: written by builds, refused where it drifts, renewed on demand."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.project import SPEC, Done, Project, answered
from tests.servers.hub import Hub

GOLDEN = Path(__file__).parent / "golden"
OLD, NEW = "0123456789" * 4, "abcdef0123" * 4

HUB = """
seeds far {{ from = hub("org/data", split = "train")  take = 2 }}
seeds tagged {{ from = hub("org/data", revision = "v2") }}
"""
UNUSED = "# musicc: allow(M191)"


@pytest.fixture
def project(tmp_path: Path, url: str) -> Project:
    return Project(tmp_path / "project").write(url)


def lock(project: Project) -> list[str]:
    """The facts, without the two lines before them."""
    return (project.folder / "test.music.lock").read_text().splitlines()[2:]


def things(project: Project) -> list[str]:
    return [" ".join(fact.split()[:2]) for fact in lock(project)]


def test_a_build_writes_what_it_reads(project: Project) -> None:
    done = project.build()
    assert things(project) == ["file seeds.jsonl", "import std/contrasts", "import std/personas"]
    assert "test.music.lock: 3 facts about what is read; commit it beside the spec" in done.err
    assert project.build("--locked").code == 0
    assert "lock" not in project.build().err


def test_what_only_a_reward_model_reads_is_locked_as_well(project: Project) -> None:
    (project.folder / "own.jsonl").write_text('{"chosen": "A", "rejected": "B"}\n')
    text = project.spec.read_text()
    project.spec.write_text(
        text + 'seeds own { from = file("own.jsonl") }\nreward r { base = "x/y"  train = own.pairs }\n'
    )
    project.build()
    assert things(project)[:2] == ["file own.jsonl", "file seeds.jsonl"]
    (project.folder / "own.jsonl").write_text('{"chosen": "A", "rejected": "C"}\n')
    assert "`own.jsonl` has changed" in project.run("check", "test.music", "--locked").err


def test_a_lock_is_the_same_wherever_the_project_lies(project: Project, tmp_path: Path, url: str) -> None:
    project.build()
    other = Project(tmp_path / "elsewhere").write(url.replace("127.0.0.1", "localhost"))
    other.build("-p", "pairs=2")
    assert lock(other) == lock(project)


def test_a_locked_build_refuses_drift_before_any_call(
    project: Project, log: Path, golden: Callable[[Path, str], None]
) -> None:
    project.build()
    calls = answered(log)
    (project.folder / "more.music").write_text('music 1\npersona asker { role = user  prompt = "Go on." }\n')
    text = project.spec.read_text().replace("(curious_user, helpful_assistant)", "(helpful_assistant)")
    text = text.replace("curious_user", "asker").replace("params {", 'import "more" (asker)\n\nparams {')
    project.spec.write_text(text.replace('"std/personas"', '"std/personas.music"'))
    (project.folder / "seeds.jsonl").write_text('{"prompt": "Something else?"}\n{"prompt": "And this?"}\n')
    before = lock(project)
    done = project.build("--locked")
    assert done.code == 1
    golden(GOLDEN / "M582.txt", done.err)
    assert (answered(log), lock(project)) == (calls, before)
    assert "error[M582]" in project.run("check", "test.music", "--locked").err
    accepted = project.build()
    assert accepted.code == 0, accepted.err
    assert "test.music.lock: file seeds.jsonl was sha256 " in accepted.err
    assert "test.music.lock: import more is new, sha256 " in accepted.err
    assert project.build("--locked").code == 0
    assert project.run("check", "test.music", "--locked").code == 0


def test_without_a_lock_a_locked_build_says_so(project: Project, log: Path) -> None:
    done = project.build("--locked")
    assert (done.code, done.err.count("error[M582]")) == (1, 1)
    assert "there is no lock" in done.err
    assert not answered(log)


def test_facts_of_other_profiles_stay_and_those_of_nothing_go(project: Project) -> None:
    (project.folder / "few.jsonl").write_text('{"prompt": "One?"}\n{"prompt": "Two?"}\n')
    text = project.spec.read_text()
    project.spec.write_text(text + 'profile few { seeds openings { from = file("few.jsonl") } }\n')
    project.build()
    assert things(project)[0] == "file seeds.jsonl"
    assert project.build("--profile", "few").code == 0
    assert things(project)[:2] == ["file few.jsonl", "file seeds.jsonl"]
    project.spec.write_text(text)
    refused = project.build("--locked")
    assert "nothing reads file `few.jsonl`, which the lock has" in refused.err
    done = project.build()
    assert "file few.jsonl is no longer read" in done.err
    assert things(project)[0] == "file seeds.jsonl"


def test_a_sweep_locks_what_its_points_read(project: Project) -> None:
    (project.folder / "few.jsonl").write_text('{"prompt": "One?"}\n{"prompt": "Two?"}\n')
    sweep = 'sweep sources { openings.from in [file("seeds.jsonl"), file("few.jsonl")] }\n'
    project.spec.write_text(project.spec.read_text() + sweep)
    assert project.build("--sweep", "sources").code == 0
    assert things(project)[:2] == ["file few.jsonl", "file seeds.jsonl"]
    project.build()
    assert things(project)[:2] == ["file few.jsonl", "file seeds.jsonl"], "a sweep that is not built keeps its facts"
    assert project.build("--sweep", "sources", "--locked").code == 0


def test_a_damaged_lock_stops_every_command(project: Project, log: Path) -> None:
    project.build()
    calls = answered(log)
    path = project.folder / "test.music.lock"
    path.write_text(path.read_text().replace("sha256", "sha-256"))
    for command in ("build", "plan", "check", "lock"):
        done = project.run(command, "test.music")
        assert (done.code, "error[M581]" in done.err) == (1, True), command
    assert answered(log) == calls
    path.unlink()
    assert project.run("lock", "test.music").code == 0


def test_no_secret_is_in_a_lock(project: Project, url: str) -> None:
    project.write(url, extra='key = env("LOCK_SECRET")').build(LOCK_SECRET="sk-never-written")
    text = (project.folder / "test.music.lock").read_text()
    assert "sk-" not in text
    assert "LOCK_SECRET" not in text


# The hub


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """It tells the commit of `org/data` and of its tag `v2`; it has no data."""
    pytest.importorskip("huggingface_hub")
    folder = tmp_path / "hub"
    (folder / "org" / "data").mkdir(parents=True)
    with Hub(folder, OLD, {"v2": "2" * 40}) as serving:
        yield serving


@pytest.fixture
def far(project: Project, url: str) -> Project:
    return project.write(url, spec=SPEC + HUB.replace("seeds", f"{UNUSED}\nseeds"))


def revisions(project: Project) -> dict[str, str]:
    split = (fact.split() for fact in lock(project) if fact.startswith("hub "))
    return {name: revision for _, name, _, revision in split}


def test_musicc_lock_pins_what_the_spec_names(far: Project, hub: Hub) -> None:
    assert "M491" in far.run("check", "test.music").err
    done = far.run("lock", "test.music", **hub.environment)
    assert done.code == 0, done.err
    assert revisions(far) == {"org/data": OLD, "org/data@v2": "2" * 40}
    assert done.out == "test.music.lock: 5 facts\n"
    assert far.run("check", "test.music").err == "", "the lock pins what M491 is about"


def test_a_pinned_revision_stays_until_it_is_renewed(far: Project, hub: Hub) -> None:
    far.run("lock", "test.music", **hub.environment)
    hub.commit = NEW
    hub.asked.clear()
    far.run("lock", "test.music", **hub.environment)
    assert (revisions(far)["org/data"], hub.asked) == (OLD, [])
    for name in ("far", "org/data"):
        done = far.run("lock", "test.music", "--update", name, **hub.environment)
        assert revisions(far) == {"org/data": NEW, "org/data@v2": "2" * 40}
        hub.commit = NEW
    assert done.code == 0
    misspelt = far.run("lock", "test.music", "--update", "fra", **hub.environment)
    assert (misspelt.code, "write `--update far`" in misspelt.err) == (2, True)
    local = far.run("lock", "test.music", "--update", "openings", **hub.environment)
    assert (local.code, "only those have a revision" in local.err) == (2, True)


def on_the_hub(project: Project) -> Project:
    project.spec.write_text(project.spec.read_text().replace("seeds     = openings", "seeds     = far"))
    return project


def test_a_build_pins_and_reads_the_pinned_revision(far: Project, hub: Hub, log: Path) -> None:
    done = on_the_hub(far).build(**hub.environment)
    assert revisions(far) == {"org/data": OLD}, "pinned before anything is read, so that the same command goes on there"
    assert done.code == 1, "this hub has no data"
    assert any(OLD in path for path in hub.asked)
    hub.commit = NEW
    hub.asked.clear()
    far.build(**hub.environment)
    assert revisions(far) == {"org/data": OLD}
    assert any(OLD in path for path in hub.asked)
    assert not any(NEW in path for path in hub.asked)


def test_a_locked_build_does_not_ask_the_hub_for_a_revision(far: Project, hub: Hub) -> None:
    far.build(**hub.environment)
    hub.asked.clear()
    done = on_the_hub(far).build("--locked", **hub.environment)
    assert (done.code, hub.asked) == (1, [])
    assert "the lock says nothing about hub `org/data`" in done.err


def test_the_revision_is_in_the_plan(far: Project, hub: Hub) -> None:
    from musicc.plan.compile import compile_module
    from musicc.plan.serialise import digest
    from musicc.semantics import load

    def built() -> tuple[str | None, str]:
        module = load(far.spec).module
        assert module is not None
        plan = compile_module(module)
        return plan.seeds["far"].origin.revision, digest(plan)  # type: ignore[union-attr]

    on_the_hub(far)
    unpinned = built()
    far.run("lock", "test.music", **hub.environment)
    pinned = built()
    hub.commit = NEW
    far.run("lock", "test.music", "--update", "far", **hub.environment)
    assert [revision for revision, _ in (unpinned, pinned, built())] == [None, OLD, NEW]
    assert len({unpinned[1], pinned[1], built()[1]}) == 3


@pytest.mark.parametrize(
    ("text", "environment", "code"),
    [
        (HUB.replace("org/data", "org/missing"), {}, "M459"),
        (HUB.replace('"v2"', '"v3"'), {}, "M459"),
        (HUB, {"HF_HUB_OFFLINE": "1"}, "M458"),
        (HUB, {"HF_ENDPOINT": "http://127.0.0.1:9"}, "M458"),
    ],
)
def test_a_hub_that_cannot_tell(
    project: Project, url: str, hub: Hub, text: str, environment: dict[str, str], code: str
) -> None:
    project.write(url, spec=SPEC + text)
    done: Done = project.run("lock", "test.music", **{**hub.environment, **environment})
    assert (done.code, f"error[{code}]" in done.err) == (1, True), done.err
    assert not (project.folder / "test.music.lock").exists()


def test_a_repository_that_is_a_folder_has_a_digest(project: Project, url: str) -> None:
    data = project.folder / "org" / "data"
    data.mkdir(parents=True)
    (data / "train.jsonl").write_text('{"prompt": "One?"}\n')
    (data / ".cache").write_text("x")
    project.write(url, spec=SPEC + HUB)
    assert project.run("lock", "test.music").code == 0
    facts = [fact for fact in lock(project) if fact.startswith("hub ")]
    assert [fact.split()[1:3] for fact in facts] == [["org/data", "sha256"], ["org/data@v2", "sha256"]]
    (data / ".cache").write_text("y")
    project.run("lock", "test.music")
    assert [fact for fact in lock(project) if fact.startswith("hub ")] == facts
    (data / "train.jsonl").write_text('{"prompt": "Two?"}\n')
    assert "hub org/data was sha256 " in project.run("lock", "test.music").err
