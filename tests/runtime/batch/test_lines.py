"""Calls as lines of files, and the lines that come back."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicc.runtime.batch.lines import filled, read_line, request_line
from musicc.runtime.llm.answer import Refusal
from musicc.runtime.llm.types import Reply

KEY = b"k" * 32


@given(st.lists(st.binary(max_size=30), max_size=40), st.integers(1, 7), st.integers(1, 80))
def test_files_hold_every_line_once_in_order_within_the_limits(lines: list[bytes], most: int, most_bytes: int) -> None:
    named = [(number.to_bytes(2), line) for number, line in enumerate(lines)]
    made = list(filled(iter(named), most, most_bytes))
    assert [key for keys, _ in made for key in keys] == [key for key, _ in named]
    assert b"".join(content for _, content in made) == b"".join(lines)
    assert all(0 < len(keys) <= most for keys, _ in made)
    assert all(len(content) <= most_bytes or len(keys) == 1 for keys, content in made)


def test_a_request_carries_its_key_and_the_body_as_it_is() -> None:
    line = request_line(KEY, b'{"model":"m","temperature":0.70}')
    assert line.endswith(b'"body":{"model":"m","temperature":0.70}}\n')
    assert orjson.loads(line)["custom_id"] == KEY.hex()


def result(**fields: object) -> bytes:
    return orjson.dumps({"custom_id": KEY.hex(), **fields})


def test_a_reply_is_read() -> None:
    body = {
        "choices": [{"message": {"content": "yes"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 1},
    }
    assert read_line(result(response={"status_code": 200, "body": body})) == (KEY, Reply("yes", "stop", 3, 1))


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"response": {"status_code": 400, "body": {"error": {"message": "no"}}}}, Refusal(400, "no")),
        (
            {"response": None, "error": {"code": "batch_expired", "message": "late"}},
            Refusal(0, "late", "batch_expired"),
        ),
        ({"error": {}}, Refusal(0, "no reason given")),
    ],
)
def test_a_refusal_is_read(fields: dict[str, object], refusal: Refusal) -> None:
    assert read_line(result(**fields)) == (KEY, refusal)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"custom_id": 7}',
        b'{"custom_id": "xyz", "error": {}}',
        b'{"response": {"status_code": 200}}',
        result(),
        result(response="yes"),
        result(response={"body": {}}),
    ],
)
def test_a_line_that_makes_no_sense_is_none(line: bytes) -> None:
    assert read_line(line) is None
