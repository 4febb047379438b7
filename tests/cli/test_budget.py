"""`musicc build --max-calls` and `--max-cost` as a user meets them."""

from pathlib import Path

import pytest

from tests.cli.project import Project, answered, endpoint

PRICE = "price = { input: 1.25, output: 5.00 }"


def published(project: Project) -> list[str]:
    folder = project.folder / "build/test/default"
    return [path.name for path in folder.iterdir() if not path.name.startswith(".")] if folder.exists() else []


@pytest.mark.slow
def test_a_build_in_instalments_makes_every_call_once_and_the_same_bytes(tmp_path: Path) -> None:
    with endpoint(tmp_path / "whole.log") as url:
        whole = Project(tmp_path / "whole").write(url)
        assert whole.build().code == 0
    log = tmp_path / "log"
    storm = ["--median", "0.005", "--fault", "500=0.1", "--fault", "429-after=0.1"]
    with endpoint(log, *storm) as url:
        project, paid = Project(tmp_path / "project").write(url), 0
        while (done := project.build("--max-calls", "25")).code == 1:
            paid += 25
            assert answered(log).total() == paid
            assert "error[M530]: the budget of 25 calls is used up: 25 calls were made" in done.err
            assert not published(project)
        assert done.code == 0, done.err
    assert project.pairs == whole.pairs
    assert max(answered(log).values()) == 1


@pytest.mark.slow
def test_money_is_kept_to_and_what_is_paid_is_kept(tmp_path: Path) -> None:
    log, spent = tmp_path / "log", []
    with endpoint(log) as url:
        project = Project(tmp_path / "project").write(url, extra=PRICE)
        while (done := project.build("--max-cost", "0.01")).code == 1:
            assert "error[M530]: the budget of $0.01 is used up" in done.err
            assert "without `--max-cost`" in done.err
            spent.append(float(done.err.split(" calls were made for $")[1].split(",")[0]))
        assert done.code == 0, done.err
    assert len(spent) >= 2
    assert all(0.005 < one <= 0.01 for one in spent)
    assert max(answered(log).values()) == 1


def test_without_a_call_to_make_a_budget_of_nothing_is_enough(project: Project, url: str) -> None:
    assert project.write(url).build("--max-calls", "0").code == 1
    assert project.build().code == 0
    done = project.build("--max-calls", "0", "--max-cost", "0")
    assert (done.code, "`fake` has no price" in done.err) == (1, True)
    assert project.build("--max-calls", "0").code == 0


@pytest.mark.slow
def test_a_sweep_has_one_budget_for_all_of_its_points(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with endpoint(log) as url:
        project = Project(tmp_path / "project").write(url)
        with project.spec.open("a") as spec:
            spec.write("\nsweep depth { contrastive.turns in [2, 3] }\n")
        done = project.build("--sweep", "depth", "--max-calls", "30")
        assert (done.code, answered(log).total()) == (1, 30), done.err
        assert project.build("--sweep", "depth").code == 0
    assert max(answered(log).values()) == 1


@pytest.mark.parametrize("given", [("--max-cost", "nan"), ("--max-cost", "-1"), ("--max-calls", "-1")])
def test_a_budget_that_is_none_is_refused(project: Project, url: str, log: Path, given: tuple[str, str]) -> None:
    done = project.write(url).build(*given)
    assert (done.code, given[0] in done.err) == (2, True)
    assert not answered(log)


def test_the_manifest_of_the_last_instalment_tells_its_own_calls(project: Project, url: str) -> None:
    project.write(url).build("--max-calls", "25")
    assert project.build().code == 0
    models: dict[str, dict[str, int]] = project.manifest["models"]  # type: ignore[assignment]
    assert models["fake"]["reused"] >= 25
