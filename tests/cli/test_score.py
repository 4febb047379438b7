"""`musicc score`: files in, rewards out, stopped and gone on with. The model is a small one with random weights."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
import pytest
from typer.testing import CliRunner, Result

from musicc.cli.main import app
from tests.runtime.data.common import assistant, jsonl, skywork, user

IN_SMALL_WINDOWS = """
import time
from musicc.cli.main import main
from musicc.runtime.reward import scores, unfinished

def add(self, lines, write=unfinished.Unfinished.add):
    write(self, lines)
    time.sleep(0.1)

scores.RECORDS = 5
unfinished.Unfinished.add = add
main()
"""


@pytest.fixture(scope="session")
def rm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import LlamaConfig

    from tests.runtime.reward.data.common import llama
    from tests.runtime.reward.scoring.common import SHAPE, saved

    tokenizer = llama()
    tokenizer.pad_token = "<|header|>"
    return saved(tmp_path_factory.mktemp("reward") / "rm", LlamaConfig(**SHAPE), tokenizer)


def talk(number: int) -> dict[str, Any]:
    said = [
        user("What is a fugue?"),
        assistant("A piece of music."),
        user("And?"),
        assistant("It has voices. " * (number % 9 + 1)),
    ]
    return {"id": f"talk-{number}", "messages": said}


def score(*arguments: object) -> Result:
    result = CliRunner().invoke(app, ["score", *map(str, arguments)])
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def lines(text: str | bytes) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in text.splitlines()]


def told(result: Result) -> str:
    """What stands on stderr, as one line of words."""
    return " ".join(result.stderr.split())


def expected(rm: Path, records: Sequence[dict[str, Any]]) -> Any:
    from tests.runtime.reward.scoring.common import logits

    rewards = logits(rm, [tuple(record["messages"]) for record in records])
    return pytest.approx(rewards, rel=1e-5, abs=1e-5 * max(map(abs, rewards)))


# What comes out


def test_conversations_come_out_as_lines_in_their_order(rm: Path, tmp_path: Path) -> None:
    records = [talk(number) for number in range(12)]
    result = score(rm, jsonl(tmp_path / "talks.jsonl", records))
    found = lines(result.stdout)
    assert [(line["id"], line["line"]) for line in found] == [(f"talk-{n}", n + 1) for n in range(12)]
    assert [line["reward"] for line in found] == expected(rm, records)
    assert told(result).startswith("12 conversations: reward ")
    assert result.exit_code == 0


def test_pairs_come_out_with_their_margin(rm: Path, tmp_path: Path) -> None:
    result = score(
        rm, jsonl(tmp_path / "pairs.jsonl", [skywork("What is a fugue?"), skywork("What is a canon?", turns=2)])
    )
    found = lines(result.stdout)
    assert [list(line) for line in found] == [["line", "chosen", "rejected", "margin"]] * 2
    assert [line["margin"] for line in found] == [line["chosen"] - line["rejected"] for line in found]
    right = sum(line["margin"] > 0 for line in found)
    assert told(result).startswith(f"{right / 2:.1%} of 2 pairs right (")


def test_several_files_are_named(rm: Path, tmp_path: Path) -> None:
    one, other = jsonl(tmp_path / "a.jsonl", [talk(1)]), jsonl(tmp_path / "b.jsonl", [talk(1)])
    found = lines(score(rm, one, other).stdout)
    assert [(line["file"], line["line"]) for line in found] == [(str(one), 1), (str(other), 1)]


def test_a_table_for_people(rm: Path, tmp_path: Path) -> None:
    records = [skywork("What is a fugue?") | {"id": "first"}, {"prompt": "no reply"}]
    result = score(rm, jsonl(tmp_path / "pairs.jsonl", records), "--format", "table")
    head, pair, odd = result.stdout.splitlines()
    assert head.split() == ["line", "id", "reward", "chosen", "rejected", "margin", "error"]
    assert pair.split()[:2] == ["1", "first"] and len(pair.split()) == 5
    assert odd.split() == ["2", "M650"]


def test_half_precision_and_a_small_budget(rm: Path, tmp_path: Path) -> None:
    records = [talk(number) for number in range(4)]
    file = jsonl(tmp_path / "talks.jsonl", records)
    exact = lines(score(rm, file, "--token-budget", 1).stdout)
    assert [line["reward"] for line in exact] == expected(rm, records)
    half = lines(score(rm, file, "--precision", "bf16").stdout)
    assert [line["reward"] for line in half] == pytest.approx([line["reward"] for line in exact], rel=0.3, abs=0.1)


# What cannot be scored


def test_records_without_a_reward_are_told_of_and_the_rest_goes_on(rm: Path, tmp_path: Path) -> None:
    odd = [{"messages": [user("Hi")]}, {"messages": [user("Hi"), assistant("fugue " * 600)]}]
    file = jsonl(tmp_path / "talks.jsonl", [talk(0), *odd, talk(3)])
    result = score(rm, file)
    assert [line.get("error") for line in lines(result.stdout)] == [None, "M650", "M651", None]
    assert f"--> {file}:2" in told(result) and f"--> {file}:3" in told(result)
    assert told(result).endswith("2 of 4 records have no reward")
    assert result.exit_code == 1


def test_only_the_first_are_told_of_in_full(rm: Path, tmp_path: Path) -> None:
    result = score(rm, jsonl(tmp_path / "talks.jsonl", [{"messages": [user("Hi")]}] * 30))
    assert result.stderr.count("error[M650]") == 20
    assert told(result).endswith("30 of 30 records have no reward")


REFUSED: dict[str, tuple[Sequence[str], str, str]] = {
    "no file": (["RM", "nowhere.jsonl"], "M454", "there is no file `nowhere.jsonl`"),
    "a folder": (["RM", "."], "M454", "`.` is a folder"),
    "a name of no format": (["RM", "notes.txt"], "M455", "the name ends in no known format"),
    "a damaged file": (["RM", "broken.json"], "M456", "the file is damaged"),
    "no model": (["./nowhere", "talks.jsonl"], "M639", "`./nowhere` is no reward model"),
    "nothing to go on with": (["RM", "talks.jsonl", "--resume"], "M590", "only rewards that are written to a file"),
    "a table in a file": (["RM", "talks.jsonl", "--out", "o", "--format", "table"], "M590", "a table is for people"),
    "a folder as output": (["RM", "talks.jsonl", "--out", "."], "M590", "this is a folder"),
    "the input as output": (["RM", "talks.jsonl", "--out", "./talks.jsonl"], "M590", "this file is to be read"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str, rm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments, code, message = REFUSED[case]
    monkeypatch.chdir(tmp_path)
    jsonl(Path("talks.jsonl"), [talk(0)])
    Path("notes.txt").touch()
    Path("broken.json").write_text('[{"messages": ')
    before = sorted(tmp_path.iterdir())
    result = score(*(rm if argument == "RM" else argument for argument in arguments))
    assert f"error[{code}]: " in result.stderr and message in told(result)
    assert result.exit_code == (1 if code in {"M455", "M456"} else 2)
    assert sorted(tmp_path.iterdir()) == before


def test_without_torch_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("musicc.runtime.reward.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)  # type: ignore[arg-type]
    result = score("rm", jsonl(tmp_path / "talks.jsonl", [talk(0)]))
    assert "error[M630]: scoring needs the package `torch`, which is not installed" in told(result)
    assert 'pip install "musicc[train]"' in told(result)
    assert result.exit_code == 2


# Into a file


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("musicc.runtime.reward.scores.RECORDS", 5)


def _stopped_after(windows: int) -> Any:
    """A Ctrl-C while the next window is read."""
    from musicc.runtime.reward.scoring import RewardModel

    asked, count = RewardModel.score_tokens, [0]

    def until(self: RewardModel, *arguments: Any, **options: Any) -> list[float]:
        count[0] += 1
        if count[0] > windows:
            raise KeyboardInterrupt
        return asked(self, *arguments, **options)

    return patch.object(RewardModel, "score_tokens", until)


def _odd_file(folder: Path) -> Path:
    """Records of which some have no reward."""
    return jsonl(folder / "talks.jsonl", [talk(n) if n % 4 else {"id": n, "prompt": "no reply"} for n in range(23)])


def test_a_file_has_what_would_have_been_printed(rm: Path, tmp_path: Path) -> None:
    file, out = _odd_file(tmp_path), tmp_path / "new" / "rewards.jsonl"
    result = score(rm, file, "--out", out)
    assert result.stdout == f"{out}: the rewards of 23 records\n"
    assert result.exit_code == 1
    assert out.read_text() == score(rm, file).stdout
    assert list(out.parent.iterdir()) == [out]


@pytest.mark.usefixtures("small_windows")
def test_stopped_and_gone_on_with_it_is_the_same_file(rm: Path, tmp_path: Path) -> None:
    file, out, whole = _odd_file(tmp_path), tmp_path / "rewards.jsonl", tmp_path / "whole.jsonl"
    assert score(rm, file, "--out", whole).exit_code == 1
    with _stopped_after(2):
        stopped = score(rm, file, "--out", out)
    assert stopped.exit_code == 130
    assert "stopped after 10 of 23 records; the same command with `--resume` goes on" in told(stopped)
    again = score(rm, file, "--out", out)
    assert again.exit_code == 1 and "error[M653]: a scoring was stopped after 10 records" in told(again)
    with _stopped_after(1):
        assert score(rm, file, "--out", out, "--resume").exit_code == 130
    with _stopped_after(2):
        finished = score(rm, file, "--out", out, "--resume")
    assert out.read_bytes() == whole.read_bytes()
    assert told(finished).endswith("6 of 23 records have no reward")
    assert "17 conversations: reward" in told(finished)
    assert sorted(tmp_path.iterdir()) == sorted([file, out, whole])


@pytest.mark.usefixtures("small_windows")
def test_what_has_changed_is_not_gone_on_with(rm: Path, tmp_path: Path) -> None:
    file, out = _odd_file(tmp_path), tmp_path / "rewards.jsonl"
    with _stopped_after(1):
        score(rm, file, "--out", out)
    other = score(rm, file, "--out", out, "--resume", "--precision", "bf16")
    assert "error[M654]" in told(other) and "changed since are `precision`" in told(other)
    jsonl(file, [talk(0)])
    assert "changed since are `files`" in told(score(rm, file, "--out", out, "--resume"))
    assert not out.exists()


@pytest.mark.slow
@pytest.mark.usefixtures("small_windows")
def test_killed_and_gone_on_with_it_is_the_same_file(rm: Path, tmp_path: Path) -> None:
    import torch

    file, whole = jsonl(tmp_path / "talks.jsonl", [talk(n) for n in range(150)]), tmp_path / "whole.jsonl"
    out, grown = tmp_path / "rewards.jsonl", tmp_path / "rewards.jsonl.unfinished" / "rewards.jsonl"
    assert score(rm, file, "--out", whole).exit_code == 0
    command = [sys.executable, "-c", IN_SMALL_WINDOWS, "score", rm, file, "--out", out]
    threads = {"OMP_NUM_THREADS": str(torch.get_num_threads())}  # sums depend on how many they are made by
    with subprocess.Popen(command, env={**os.environ, **threads}) as process:
        while process.poll() is None and not (grown.exists() and grown.stat().st_size):
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert 0 < grown.stat().st_size < whole.stat().st_size
    with grown.open("ab") as torn:
        torn.write(b'{"id":"talk-')
    done = score(rm, file, "--out", out, "--resume")
    assert out.read_bytes() == whole.read_bytes()
    assert "150 conversations: reward" in told(done)
