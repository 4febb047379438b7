"""Ctrl-C while workers play: the command ends as ever, and takes them along."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.cli.project import Project, endpoint
from tests.servers.process import ROOT

COMMAND = """
from musicc.runtime.replay import crew
crew.crew_size, crew._WORKER = lambda rows: 2, "tests.runtime.replay.idler"
crew.BLOCK = crew.AHEAD = 1  # so that there is something to play for both
from musicc.cli.main import main
main()
"""


def workers_of(process: psutil.Process) -> list[psutil.Process]:
    for _ in range(3_000):
        if len(found := process.children()) == 2:
            return found
        time.sleep(0.01)
    raise AssertionError("no workers were started")


@pytest.mark.slow
@pytest.mark.parametrize(("ending", "code"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_workers_go_with_the_command(tmp_path: Path, ending: signal.Signals, code: int) -> None:
    with endpoint(tmp_path / "calls.log") as url:
        project = Project(tmp_path / "project").write(url)
        assert project.build().code == 0
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "build", "test.music"],
            cwd=project.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        workers = workers_of(psutil.Process(process.pid))
        process.send_signal(ending)
        _, told = process.communicate(timeout=60)
    assert process.returncode == code
    assert "Traceback" not in told
    assert ("stopped; what was received is kept" in told) == (ending == signal.SIGINT)
    assert psutil.wait_procs(workers, timeout=60)[1] == []
