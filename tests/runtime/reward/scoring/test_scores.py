"""From records to lines, window by window."""

import tracemalloc
from collections.abc import Sequence
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes.scoring import TOO_LONG
from musicc.runtime.data.conversation import Conversation
from musicc.runtime.data.records import Record, read_file
from musicc.runtime.reward import scores
from musicc.runtime.reward.scorable import Scorable, scorable
from musicc.runtime.reward.scores import Line, score_all, windows
from musicc.runtime.reward.tally import Tally
from musicc.runtime.reward.types import Tokens
from tests.runtime.data.common import assistant, jsonl, skywork, user

ASKED, SAID = user("What is a fugue?"), assistant("A piece of music.")


class Lengths:
    """A reward model that likes what is long, and reads no more than a hundred characters at the end."""

    def __init__(self) -> None:
        self.read: list[int] = []

    def tokens(self, conversation: Conversation, called: str = "", place: str | None = None) -> Tokens:
        if len(conversation[-1]["content"]) > 100:
            raise DiagnosticError(Diagnostic(TOO_LONG, f"{called} is too long", place))
        return [len(conversation[-1]["content"])]

    def score_tokens(
        self, conversations: Sequence[Tokens], *, token_budget: int | None = None, step: Any = None
    ) -> list[float]:
        self.read.append(len(conversations))
        for number, _ in enumerate(conversations, 1):
            step(number, len(conversations))
        return [{13: nan, 14: -inf}.get(tokens[0], float(tokens[0])) for tokens in conversations]


class Nowhere:
    """A sink that keeps nothing."""

    def kept(self, count: int) -> None:
        """None are."""

    def add(self, lines: Sequence[Line]) -> None:
        """They go."""


class Kept:
    """A sink that has some lines already."""

    def __init__(self, lines: Sequence[Line] = ()) -> None:
        self.before, self.lines = list(lines), list[Line]()

    def kept(self, count: int) -> list[Line] | None:
        found, self.before = self.before[:count], self.before[count:]
        return found if len(found) == count else None

    def add(self, lines: Sequence[Line]) -> None:
        self.lines += lines


def scored(
    *records: dict[str, Any], column: str | None = None, file: bool = False
) -> tuple[list[Line], list[Diagnostic]]:
    """The lines of records, and what was reported."""
    told: list[Diagnostic] = []
    items = (Record(f"talks.jsonl:{number}", record) for number, record in enumerate(records, 1))
    made = [scorable(item, column, file=file) for item in items]
    lines = score_all(made, Lengths(), Kept(), token_budget=None, report=told.append, step=lambda done: None)
    return list(lines), told


RECORDS: dict[str, dict[str, Any]] = {
    "messages": {"messages": [ASKED, SAID]},
    "ShareGPT": {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "A piece of music."}]},
    "a transcript": {"conversation": "\n\nHuman: Hi\n\nAssistant: A piece of music."},
    "a prompt and its response": {"prompt": "Hi", "response": "A piece of music."},
    "TRL's prompt and completion": {"prompt": [ASKED], "completion": [SAID]},
    "Alpaca": {"instruction": "Say", "input": "what a fugue is", "output": "A piece of music."},
    "a system message apart": {"system": "Be brief.", "messages": [ASKED, SAID]},
}


@pytest.mark.parametrize("case", RECORDS)
def test_a_conversation(case: str) -> None:
    assert scored(RECORDS[case]) == ([{"line": 1, "reward": 17.0}], [])


def test_a_conversation_in_a_column_of_another_name() -> None:
    assert scored({"talk": [ASKED, SAID], "prompt": "no"}, column="talk")[0] == [{"line": 1, "reward": 17.0}]


def test_a_pair() -> None:
    expected = {"line": 1, "chosen": 4.0, "rejected": 3.0, "margin": 1.0}
    assert scored(skywork("What is a fugue?")) == ([expected], [])
    replies = {"question": "What is a fugue?", "chosen": "good", "rejected": "bad"}
    assert scored(replies) == scored(replies, column="question") == ([expected], [])


def test_what_names_a_record_stands_first() -> None:
    lines, _ = scored({"id": "a-1", "messages": [ASKED, SAID]}, {"id": 7, "messages": [ASKED, SAID]}, file=True)
    assert [list(line.items()) for line in lines] == [
        [("id", "a-1"), ("file", "talks.jsonl"), ("line", 1), ("reward", 17.0)],
        [("id", 7), ("file", "talks.jsonl"), ("line", 2), ("reward", 17.0)],
    ]


@pytest.mark.parametrize("id_", [None, ["a"], 2**70, "\udcff"])
def test_an_id_that_json_does_not_have_is_left_out(id_: object) -> None:
    assert scored({"id": id_, "messages": [ASKED, SAID]})[0] == [{"line": 1, "reward": 17.0}]


UNSCORED: dict[str, tuple[dict[str, Any], str, str]] = {
    "ends with the user": ({"messages": [ASKED]}, "M650", "the conversation does not end with the assistant's reply"),
    "a prompt alone": ({"prompt": "Hi"}, "M650", "the conversation does not end with the assistant's reply"),
    "no columns": ({"text": "Hi"}, "M650", "no column is known for a conversation or prompt; there is `text`"),
    "a tool": (
        {"messages": [ASKED, {"role": "tool", "content": "{}"}]},
        "M650",
        "`messages` has a message 2 by `tool`",
    ),
    "too long": ({"messages": [ASKED, assistant("x" * 101)]}, "M651", "the conversation is too long"),
    "not a number": ({"messages": [ASKED, assistant("x" * 13)]}, "M652", "the reward is nan"),
    "no prompt": ({"chosen": "a", "rejected": "b"}, "M650", "no prompt is known for the reply in `chosen`"),
    "a long reply": ({"prompt": "Hi", "chosen": "a", "rejected": "x" * 101}, "M651", "`rejected` is too long"),
    "infinite": ({"prompt": "Hi", "chosen": "x" * 14, "rejected": "b"}, "M652", "the reward of `chosen` is -inf"),
}


@pytest.mark.parametrize("case", UNSCORED)
def test_a_record_that_cannot_be_scored(case: str) -> None:
    record, code, message = UNSCORED[case]
    lines, told = scored({"messages": [ASKED, SAID]}, record, {"messages": [ASKED, SAID]})
    names = ("chosen", "rejected", "margin") if "chosen" in record else ("reward",)
    assert lines[1] == {"line": 2, **dict.fromkeys(names), "error": code}
    assert [line["reward"] for line in lines[::2]] == [17.0, 17.0]
    (fault,) = told
    assert (fault.code.id, fault.at) == (code, "talks.jsonl:2")
    assert fault.message.startswith(message)


def test_a_line_that_is_no_record(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "talks.jsonl", [{"messages": [ASKED, SAID]}, 7])
    path.write_bytes(path.read_bytes() + b"{\n")
    told: list[Diagnostic] = []
    records = map(scorable, read_file(path, "talks.jsonl"))
    lines = score_all(records, Lengths(), Kept(), token_budget=None, report=told.append, step=lambda done: None)
    assert [line.get("error") for line in lines] == [None, "M650", "M650"]
    assert [fault.at for fault in told] == ["talks.jsonl:2", "talks.jsonl:3"]


# Windows


def _talk(number: int, size: int) -> Scorable:
    return Scorable(f"f:{number}", {"line": number}, sides={"reward": (user("x" * size), assistant("y"))})


def test_windows_end_by_number_and_by_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "RECORDS", 3)
    monkeypatch.setattr(scores, "CHARACTERS", 100)
    sizes = [9, 9, 9, 9, 79, 19, 199, 9]
    found = [[talk.size for talk in window] for window in windows(_talk(n, size) for n, size in enumerate(sizes))]
    assert found == [[10, 10, 10], [10, 80], [20], [200], [10]]


def test_windows_are_read_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "RECORDS", 3)
    read: list[int] = []
    records = (read.append(number) or _talk(number, 1) for number in range(100))
    next(windows(records))  # type: ignore[arg-type]
    assert len(read) == 4


def test_memory_does_not_grow_with_the_file() -> None:
    def peak(count: int) -> int:
        records = (_talk(number, 500) for number in range(count))
        tracemalloc.start()
        for _ in score_all(
            records, Lengths(), Nowhere(), token_budget=None, report=lambda _: None, step=lambda _: None
        ):
            pass
        _, found = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return found

    assert peak(8 * scores.RECORDS) < 1.2 * peak(2 * scores.RECORDS)


def test_lines_that_are_kept_are_not_scored_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "RECORDS", 3)
    model, sink, done = Lengths(), Kept([{"line": number, "reward": 0.0} for number in range(7)]), list[float]()
    records = [_talk(number, 1) for number in range(10)]
    lines = list(score_all(records, model, sink, token_budget=None, report=lambda _: None, step=done.append))
    assert [line["line"] for line in lines] == list(range(10))
    assert [line["line"] for line in sink.lines] == [6, 7, 8, 9]
    assert model.read == [3, 1]
    assert done[:3] == [3, 6, 7] and done == sorted(done) and done[-1] == 10


# What it comes to


def test_the_tally_of_pairs() -> None:
    tally = Tally()
    pairs = [(2.0, 1.0)] * 6 + [(1.0, 1.0)] * 1 + [(0.0, 1.0)] * 3
    for chosen, rejected in pairs:
        tally.add({"line": 1, "chosen": chosen, "rejected": rejected, "margin": chosen - rejected})
    tally.add({"line": 11, "chosen": None, "rejected": None, "margin": None, "error": "M651"})
    assert (tally.records, tally.unscored) == (11, 1)
    assert list(tally.told()) == ["60.0% of 10 pairs right (31.3% to 83.2%, 1 tie); margin 0.3 in the mean"]


def test_the_tally_of_conversations() -> None:
    tally = Tally()
    for reward in (1.0, -2.5, 3.0):
        tally.add({"line": 1, "reward": reward})
    assert list(tally.told()) == ["3 conversations: reward 0.5 in the mean, from -2.5 to 3"]
    assert list(Tally().told()) == []
