"""What a shell is told when Tab is pressed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from musicc.cli.main import app

SPEC = "music 1\nparams { pairs = 8  heat = 1 }\nprofile small { params { pairs = 2 } }\nprofile sparse { }\n"


def asked(line: str) -> dict[str, str]:
    """What a shell sets when Tab is pressed behind `line`."""
    return {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" ")), "_MUSICC_COMPLETE": "complete_bash"}


def test_a_shell_is_answered_on_stdout_alone(tmp_path: Path) -> None:
    (tmp_path / "x.music").write_text(SPEC)
    command = [sys.executable, "-c", "from musicc.cli.main import app; app(prog_name='musicc')"]
    environment = {**os.environ, **asked("musicc check x.music --profile ")}
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert (done.stdout.split(), done.stderr) == (["small", "sparse"], "")


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("musicc che", ["check"]),
        ("musicc build x.music --profile sp", ["sparse"]),
        ("musicc plan x.music -p ", ["pairs=", "heat="]),
        ("musicc plan x.music -p he", ["heat="]),
        ("musicc build no.music --profile ", []),
        ("musicc build broken.music --profile ", ["small"]),
        ("musicc build --profile ", []),
    ],
)
def test_names_of_the_spec_are_offered(
    line: str, offered: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.music").write_text(SPEC)
    (tmp_path / "broken.music").write_text("music 1\nmodel {{ \nprofile small { }\n")
    done = CliRunner().invoke(app, env=asked(line))
    assert (done.stdout.split(), done.stderr) == (offered, "")
