"""What the tests take for processes of their own behaves as such."""

import os
import signal
from pathlib import Path

import pytest

from tests.warm import forked

PROBE = """
import os, sys, time
print(os.getcwd(), os.environ.get("MINE"), os.environ.get("HOME"), *sys.argv[1:])
print(len(os.listdir(f"/proc/{os.getppid()}/task")), {"torch", "numpy", "huggingface_hub"} & sys.modules.keys())
print("told apart", file=sys.stderr, flush=True)
sys.stdout.flush()
time.sleep(float(sys.argv[1]))
sys.exit(3)
"""


@pytest.fixture
def probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "a_probe.py").write_text(PROBE)
    monkeypatch.syspath_prepend(tmp_path)
    return "a_probe"


def test_a_fork_has_what_a_process_has(probe: str, tmp_path: Path) -> None:
    with forked(probe, "0", "word", cwd=tmp_path, environment={"MINE": "yes"}) as fork:
        fork.process.join()
        first, second = fork.out.read_text().splitlines()
        assert (fork.process.exitcode, fork.err.read_text()) == (3, "told apart\n")
    assert first == f"{tmp_path} yes None 0 word"
    assert second == "1 set()", "a process with threads cannot be forked safely, and heavy modules start them"


def test_a_fork_is_gone_when_its_block_ends(probe: str, tmp_path: Path) -> None:
    with forked(probe, "60", cwd=tmp_path, environment={}) as fork:
        pid, folder = fork.process.pid, fork.out.parent
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not folder.exists()


def test_a_fork_is_ended_by_a_signal(probe: str, tmp_path: Path) -> None:
    with forked(probe, "60", cwd=tmp_path, environment={}) as fork:
        fork.end(signal.SIGTERM)
        assert fork.process.exitcode == -signal.SIGTERM
        fork.end(signal.SIGTERM)
