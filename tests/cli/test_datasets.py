"""Datasets as a user meets them: declared in a spec, made by `musicc build`, told by `plan` and `diff`."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.project import SPEC, Project, answered

DATASET = """
seeds own {{ from = file("own.jsonl")  license = "mit" }}
seeds asked {{ from = file("asked.jsonl") }}

dataset mixed {{
  mix         = {{ contrastive: 2x, own.pairs: 20 }}
  validation  = 20%
  deduplicate = exact
  apart_from  = asked
  export      = trl
}}
"""
MIXED = SPEC + DATASET
IN_PARQUET_TOO = MIXED.replace("= trl", "= [parquet, trl]")  # costs half a second more for each build


def write(project: Project, url: str, spec: str = MIXED, extra: str = "") -> Project:
    """The project with a source of thirty pairs, the last as the one before it, and a prompt that is asked elsewhere."""
    project.write(url, spec=spec, extra=extra)
    (project.folder / "own.jsonl").write_text("".join(json.dumps(one) + "\n" for one in _records()))
    (project.folder / "asked.jsonl").write_text('{"prompt": "TASK 3?"}\n')
    return project


def _records() -> Iterator[dict[str, object]]:
    for number in (*range(29), 28):
        asked = {"role": "user", "content": f"Task {number}."}
        yield {side: [asked, {"role": "assistant", "content": f"{side} {number}"}] for side in ("chosen", "rejected")}


def home(project: Project, name: str = "mixed") -> Path:
    return project.folder / "build/test/default/datasets" / name


def files(project: Project) -> dict[str, bytes]:
    return {path.relative_to(home(project)).as_posix(): path.read_bytes() for path in home(project).rglob("*.*")}


def lines(project: Project, split: str = "train", name: str = "mixed") -> list[dict[str, object]]:
    return [json.loads(line) for line in (home(project, name) / f"{split}.jsonl").read_text().splitlines()]


def test_a_build_makes_its_datasets_and_says_so(project: Project, url: str) -> None:
    done = write(project, url, IN_PARQUET_TOO).build()
    assert done.code == 0, done.err
    train, validation = lines(project), lines(project, "validation")
    told = f"{len(train)} pairs for training, {len(validation)} for validation"
    assert f"dataset mixed: {told} in build/test/default/datasets/mixed" in done.out
    assert "left out: 1 with a prompt to keep out" in done.out
    assert len(train) + len(validation) == 2 * 12 + 20
    made = project.manifest["datasets"]["mixed"]  # type: ignore[index]
    assert (made["train"], made["validation"]) == (len(train), len(validation))
    assert {name: part["pairs"] for name, part in made["parts"].items()} == {"contrastive": 12, "own.pairs": 28}
    assert "mit" in (home(project) / "README.md").read_text()
    assert (home(project) / "parquet/train.parquet").exists()


def test_the_same_spec_gives_the_same_bytes_whatever_the_concurrency(
    project: Project, url: str, tmp_path: Path
) -> None:
    write(project, url, IN_PARQUET_TOO).build()
    other = write(Project(tmp_path / "other"), url, IN_PARQUET_TOO.replace("concurrency: 8", "concurrency: 1"))
    assert other.build().code == 0
    assert files(other) == files(project)
    assert project.run_anew("build", "test.music").code == 0
    assert files(other) == files(project)


def test_another_mix_calls_nobody_and_rewrites_no_pair(project: Project, url: str, log: Path) -> None:
    write(project, url).build()
    pairs, calls = project.pairs, answered(log)
    write(project, url, MIXED.replace("2x", "5").replace("  validation  = 20%\n", "").replace("= trl", "= hh"))
    told = project.run("plan", "test.music").out
    assert "mixed  5 contrastive, 20 own.pairs  `mix`, `validation`, `export` changed" in told
    assert "0 calls to make" in told
    assert project.build().code == 0
    assert (project.pairs, answered(log)) == (pairs, calls)
    assert sorted(files(project)) == ["README.md", "hh/train.jsonl.gz", "train.jsonl"]
    assert len(lines(project)) == 25


def test_a_diff_names_what_is_declared_otherwise(project: Project, url: str) -> None:
    write(project, url)
    other = MIXED.replace("contrastive: 2x", "contrastive: 5").replace("exact", "near(80%)")
    (project.folder / "other.music").write_text(other.format(url=url, extra=""))
    told = project.run("diff", "test.music", "other.music").out
    changes = [line for line in told.splitlines() if line.startswith("~")]
    assert [" ".join(line.split()[:3]) for line in changes] == ["~ dataset mixed.mix:", "~ dataset mixed.deduplicate:"]
    assert all("other.music:" in line for line in changes)
    assert "no call differs" in told


def test_a_dataset_of_sources_alone(project: Project, url: str) -> None:
    spec = "music 1\n" + DATASET.replace("contrastive: 2x, ", "")
    done = write(project, url, spec).build()
    assert done.code == 0, done.err
    assert len(lines(project)) + len(lines(project, "validation")) == 20


def test_an_empty_dataset_is_an_error_behind_the_summary(project: Project, url: str) -> None:
    done = write(project, url).build()
    spec = MIXED.replace("contrastive: 2x, own.pairs: 20", "own.pairs: 20").replace('"asked.jsonl"', '"own.jsonl"')
    done = write(project, url, spec.replace("seeds own {{", "seeds own {{ min_turns = 1")).build()
    assert "error[M493]" in done.err
    (project.folder / "all.jsonl").write_bytes((project.folder / "own.jsonl").read_bytes())
    done = write(
        project, url, spec.replace('asked {{ from = file("own.jsonl")', 'asked {{ from = file("all.jsonl")')
    ).build()
    assert done.code == 1
    assert "12 pairs in" in done.out
    assert "error[M465]" in done.err
    assert not home(project).exists()


def test_fewer_pairs_than_counted_are_a_warning(project: Project, url: str) -> None:
    done = write(project, url, MIXED.replace("contrastive: 2x", "contrastive: 31k")).build()
    assert done.code == 0
    assert "warning[M464]" in done.err
    assert "`contrastive` has 12 pairs for `mixed`, the mix counts 31,000" in done.err


def test_a_source_without_pairs_costs_no_call(project: Project, url: str, log: Path) -> None:
    write(project, url)
    (project.folder / "own.jsonl").write_text('{"prompt": "alone"}\n')
    done = project.build()
    assert done.code == 1
    assert "error[M463]" in done.err
    assert not answered(log)


def test_a_repository_in_the_hubs_layout_is_a_source(project: Project, url: str) -> None:
    write(project, url, MIXED.replace('file("own.jsonl")', 'hub("own_repo", split = "train")'))
    (project.folder / "own_repo").mkdir()
    (project.folder / "own.jsonl").rename(project.folder / "own_repo/train.jsonl")
    done = project.build()
    assert done.code == 0, done.err
    assert len(lines(project)) + len(lines(project, "validation")) == 44


def test_the_lock_knows_what_datasets_read(project: Project, url: str) -> None:
    write(project, url).build()
    with (project.folder / "asked.jsonl").open("a") as file:
        file.write('{"prompt": "Another?"}\n')
    done = project.build("--locked")
    assert "error[M582]" in done.err
    assert "asked.jsonl" in done.err


def test_points_of_a_sweep_have_their_own_mixes_of_the_same_pairs(project: Project, url: str, log: Path) -> None:
    spec = MIXED.replace("pairs = 12", "pairs = 12\n  added = 2").replace("contrastive: 2x", "contrastive: added")
    write(project, url, spec + "\nsweep more {{ added in [2, 5] }}\n").build("--sweep", "more")
    folder = project.folder / "build"
    found = {path.parents[2].name: len(path.read_bytes().splitlines()) for path in folder.rglob("mixed/train.jsonl")}
    found_out = {path.parents[2].name: len(path.read_bytes().splitlines()) for path in folder.rglob("validation.jsonl")}
    assert {name: count + found_out.get(name, 0) for name, count in found.items()} == {"added=2": 22, "added=5": 25}
    assert max(answered(log).values()) == 1


@pytest.mark.slow
def test_what_is_written_is_what_datasets_loads(project: Project, url: str) -> None:
    from datasets import load_dataset

    write(project, url, IN_PARQUET_TOO).build()
    loaded = load_dataset(str(home(project)), "default", cache_dir=str(project.folder / "cache"))
    assert {split: len(rows) for split, rows in loaded.items()} == {
        "train": len(lines(project)),
        "validation": len(lines(project, "validation")),
    }
