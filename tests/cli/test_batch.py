"""`musicc build --batch` as a user meets it, and what kills and interrupts leave of it."""

import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.cli.project import Project, endpoint, serving

BATCH = ("--batch", "-p", "pairs=31")


def server(handed_in: Path, *arguments: str) -> AbstractContextManager[str]:
    return serving("tests.servers.batches", "--handed-in", str(handed_in), *arguments)


def repeated(handed_in: Path) -> list[str]:
    counts = Counter(handed_in.read_text().split())
    return [name for name, times in counts.items() if times > 1]


@pytest.fixture
def handed_in(tmp_path: Path) -> Path:
    return tmp_path / "handed-in.txt"


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[bytes]:
    """The pairs of an ordinary build."""
    folder = tmp_path_factory.mktemp("ordinary")
    with endpoint(folder / "calls.log") as url:
        project = Project(folder / "project").write(url, seeds=31)
        assert project.build("-p", "pairs=31").code == 0
    yield project.pairs


def test_without_waiting_it_says_so_and_exits_with_3(project: Project, handed_in: Path) -> None:
    with server(handed_in) as url:
        done = project.write(url, seeds=31).build(*BATCH, "--no-wait")
    assert (done.code, done.out) == (
        3,
        "1 batch is open, with 31 calls: run the same command again for their replies, they take a day at most\n",
    )
    assert not (project.folder / "build/test/default/pairs.jsonl").exists()


def test_no_wait_alone_makes_no_sense(project: Project) -> None:
    done = project.write("http://127.0.0.1:9/v1").build("--no-wait")
    assert done.code == 2
    assert "error[M590]: `--no-wait` needs `--batch`" in done.err


@pytest.mark.slow
def test_an_interrupt_says_what_is_still_going_on(project: Project, handed_in: Path) -> None:
    with server(handed_in, "--pace", "60") as url:
        process = project.write(url, seeds=31).start("build", "test.music", *BATCH)
        while not handed_in.exists():
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "1 batch is open, with 31 calls: their calls are answered meanwhile" in err, out + err


@pytest.mark.slow
def test_a_build_in_batches_tells_how_it_goes(project: Project, handed_in: Path, expected: bytes) -> None:
    with server(handed_in) as url:
        done = project.write(url, seeds=31).build(*BATCH)
    assert done.code == 0, done.err
    assert "31 pairs in build/test/default/pairs.jsonl" in done.out
    assert "round 7" in done.err
    assert project.pairs == expected


@pytest.mark.slow
@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGINT])
def test_builds_that_are_stopped_hand_nothing_in_twice(
    project: Project, handed_in: Path, expected: bytes, kind: signal.Signals
) -> None:
    draw = random.Random(int(kind))
    with server(handed_in, "--pace", "0.2") as url:
        project.write(url, seeds=31)
        for _ in range(8):
            with project.going("build", "test.music", *BATCH) as build:
                time.sleep(draw.uniform(0.1, 2.9))
                build.end(kind)
        assert project.build(*BATCH).code == 0
    assert repeated(handed_in) == []
    assert project.pairs == expected
