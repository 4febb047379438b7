"""Repositories in the hub's layout, written by the tests: as folders, and from a hub on this machine."""

import os
import subprocess
import sys
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from musicc.diagnostics import DiagnosticError
from musicc.plan.document import HubSource, Seeds
from musicc.runtime.data.hub import read_hub
from musicc.runtime.data.records import Record
from tests.runtime.data.common import jsonl, load, only, skywork
from tests.servers.hub import Hub

pytest.importorskip("datasets")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))


def source(repository: str = "org/repo", split: str = "train", **fields: Any) -> HubSource:
    return HubSource(repository=repository, split=split, **fields)


def shard(base: Path, name: str, records: list[dict[str, Any]]) -> None:
    path = base / "org" / "repo" / "data" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(records), path)


def refused(base: Path, origin: HubSource) -> DiagnosticError:
    with pytest.raises(DiagnosticError) as raised:
        list(read_hub(origin, base))
    return raised.value


def test_a_folder_in_the_hubs_layout(tmp_path: Path) -> None:
    shard(tmp_path, "train-00000-of-00002.parquet", [skywork("one", turns=2), skywork("two")])
    shard(tmp_path, "train-00001-of-00002.parquet", [skywork("three")])
    shard(tmp_path, "test-00000-of-00001.parquet", [skywork("four")])
    rows = list(read_hub(source(revision="abc"), tmp_path))
    assert rows[0] == Record("org/repo/train:1", skywork("one", turns=2))
    assert [row.place for row in rows] == [f"org/repo/train:{row}" for row in (1, 2, 3)]
    assert [row.value for row in read_hub(source(split="test"), tmp_path)] == [skywork("four")]


def test_a_pool_from_the_hub_takes_what_it_needs(tmp_path: Path) -> None:
    shard(tmp_path, "train-00000-of-00001.parquet", [skywork(f"q{n}") for n in range(50)])
    pool, told = load(tmp_path, Seeds(origin=source(), context="first_user_turn", take=3))
    assert ([pool[row].user_turns for row in range(3)], told) == ([("q0 1",), ("q1 1",), ("q2 1",)], [])
    assert pool.counts.read == 3


def test_configurations_of_a_readme(tmp_path: Path) -> None:
    folder = tmp_path / "org" / "repo"
    folder.mkdir(parents=True)
    configs = "".join(f"- config_name: {name}\n  data_files: {name}.jsonl\n" for name in ("main", "socratic"))
    (folder / "README.md").write_text(f"---\nconfigs:\n{configs}---\n# A data set\n")
    for name in ("main", "socratic"):
        jsonl(folder / f"{name}.jsonl", [{"question": name, "answer": "4"}])
    assert [row.value["question"] for row in read_hub(source(config="socratic"), tmp_path)] == ["socratic"]
    for config in (None, "no_such"):
        (fault,) = refused(tmp_path, source(config=config)).diagnostics
        assert (fault.code.id, fault.at) == ("M460", "org/repo")
        assert "['main', 'socratic']" in fault.message


def test_no_such_split(tmp_path: Path) -> None:
    shard(tmp_path, "train-00000-of-00001.parquet", [skywork("one")])
    (fault,) = refused(tmp_path, source(split="validation")).diagnostics
    assert fault.code.id == "M460"
    assert "['train']" in fault.message


def test_a_repository_without_data(tmp_path: Path) -> None:
    (tmp_path / "org" / "repo").mkdir(parents=True)
    assert only(refused(tmp_path, source())) == ("M453", "org/repo")


def test_a_broken_shard(tmp_path: Path) -> None:
    shard(tmp_path, "train-00000-of-00001.parquet", [skywork("one")])
    whole = next((tmp_path / "org" / "repo" / "data").iterdir())
    whole.write_bytes(whole.read_bytes()[:-20])
    assert only(refused(tmp_path, source()))[0] == "M456"


def test_a_broken_line(tmp_path: Path) -> None:
    folder = tmp_path / "org" / "repo"
    folder.mkdir(parents=True)
    (folder / "train.jsonl").write_text('{"prompt": "one"}\n{"prompt": tw\n')
    code, place = only(refused(tmp_path, source()))
    assert code == "M456"
    assert place.startswith("org/repo/train:")


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    error = refused(tmp_path, source())
    assert (only(error)[0], error.exit_code) == ("M457", 2)
    assert 'pip install "musicc[hub]"' in error.diagnostics[0].help


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """One that has `org/repo`, with no data yet."""
    folder = tmp_path / "hub"
    (folder / "org" / "repo").mkdir(parents=True)
    with Hub(folder) as serving:
        yield serving


PROGRAM = """
import sys
from pathlib import Path
from musicc.diagnostics import DiagnosticError
from musicc.plan.document import HubSource
from musicc.runtime.data.hub import read_hub
for name in sys.argv[1:]:
    try:
        rows = [row.place for row in read_hub(HubSource(repository=name, split="train", revision="main"), Path())]
        print(len(rows), rows[0], rows[-1])
    except DiagnosticError as error:
        print(error.diagnostics[0].code.id, error.diagnostics[0].at, error.diagnostics[0].message)
"""


def told(tmp_path: Path, *names: str, **environment: str) -> list[str]:
    """What a fresh process says: the hub's client reads its environment once."""
    env = {**os.environ, "HF_HOME": str(tmp_path / "home"), "PYTHONPATH": str(Path.cwd()), **environment}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *names], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_data_that_come_over_the_network(tmp_path: Path, hub: Hub) -> None:
    shard(hub.folder, "train-00000-of-00002.parquet", [skywork(f"q{n}") for n in range(300)])
    shard(hub.folder, "train-00001-of-00002.parquet", [skywork(f"q{n}") for n in range(300, 500)])
    assert told(tmp_path, "org/repo", **hub.environment) == ["500 org/repo/train:1 org/repo/train:500"]
    assert any(path.endswith("data/train-00001-of-00002.parquet") for path in hub.asked)


def long_lines(hub: Hub) -> None:
    """More than the hub's client reads at once."""
    jsonl(hub.folder / "org" / "repo" / "train.jsonl", [{"prompt": f"{n} " + "x" * 1000} for n in range(20_000)])


@pytest.mark.parametrize(("status", "code"), [(HTTPStatus.GONE, "M458"), (HTTPStatus.UNAUTHORIZED, "M459")])
def test_a_hub_that_breaks_off_is_not_a_damaged_file(tmp_path: Path, hub: Hub, status: HTTPStatus, code: str) -> None:
    long_lines(hub)
    hub.refusal, hub.refused_from = status, 1
    (fault,) = told(tmp_path, "org/repo", **hub.environment)
    assert fault.startswith(f"{code} org/repo ")
    assert str(int(status)) in fault


def test_a_hub_that_refuses(tmp_path: Path, hub: Hub) -> None:
    shard(hub.folder, "train-00000-of-00001.parquet", [skywork("one")])
    hub.gated.add("org/repo")
    missing, gated = told(tmp_path, "org/missing", "org/repo", **hub.environment)
    assert missing.startswith("M459 org/missing")
    assert gated.startswith("M459 org/repo")
    assert "gated" in gated


def test_a_hub_that_is_offline(tmp_path: Path) -> None:
    (fault,) = told(tmp_path, "org/repo", HF_HUB_OFFLINE="1")
    assert fault.startswith("M458 org/repo")
