"""Reading what servers answer."""

import time
from email.utils import formatdate

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicc.runtime.llm.answer import Refusal, read_answer, wait_asked, wait_for_more
from musicc.runtime.llm.types import Reply

scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=5)
keys = st.sampled_from(
    ["choices", "message", "content", "text", "error", "code", "detail", "usage", "prompt_tokens", "finish_reason"]
)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=6), max_leaves=20
)


def completion(**choice: object) -> bytes:
    return orjson.dumps({"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop", **choice}]})


@given(st.sampled_from([200, 302, 400, 429, 500, 599]), documents.map(orjson.dumps) | st.binary(max_size=40))
def test_any_answer_is_a_reply_or_a_refusal(status: int, body: bytes) -> None:
    answer = read_answer(status, {}, body)
    if isinstance(answer, Reply):
        assert status == 200
        assert isinstance(answer.text, str)
        assert isinstance(answer.finish, str)
        assert isinstance(answer.prompt_tokens, int)
    else:
        assert isinstance(answer.message, str)
        assert answer.status in {status, 0} or status == 200


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Hello", "Hello"),
        (None, ""),
        ([{"type": "text", "text": "Hel"}, {"type": "image"}, {"type": "text", "text": "lo"}], "Hello"),
        ([{"type": "text", "text": None}, "odd"], ""),
    ],
)
def test_content_is_a_string_or_null_or_parts(content: object, text: str) -> None:
    answer = read_answer(200, {}, completion(message={"content": content, "reasoning_content": "hm"}))
    assert answer == Reply(text, "stop", 0, 0)


def test_tokens_are_counted_where_they_are_reported() -> None:
    body = {**orjson.loads(completion()), "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}}
    assert read_answer(200, {}, orjson.dumps(body)) == Reply("Hello", "stop", 3, 5)


def test_a_missing_finish_reason_is_a_stop() -> None:
    assert read_answer(200, {}, completion(finish_reason=None)) == Reply("Hello", "stop", 0, 0)


@pytest.mark.parametrize(
    ("status", "body", "refusal"),
    [
        (400, {"error": {"message": "no", "code": "bad"}}, Refusal(400, "no", "bad")),
        (400, {"error": "no"}, Refusal(400, "no")),
        (400, [{"error": {"message": "no", "code": 400}}], Refusal(400, "no", "400")),
        (422, {"detail": [{"msg": "no"}]}, Refusal(422, "[{'msg': 'no'}]")),
        (500, {}, Refusal(500, "{}")),
        (200, {"error": {"message": "busy", "code": 503}}, Refusal(503, "busy", "503")),
        (200, {"error": {"message": "busy", "code": "overloaded"}}, Refusal(0, "busy", "overloaded")),
        (200, {"choices": [], "error": {"message": "busy", "code": 503}}, Refusal(503, "busy", "503")),
        (200, {"choices": []}, Refusal(0, "the answer has no message")),
        (200, {"choices": [{"text": "Hello"}]}, Refusal(0, "the answer has no message")),
    ],
)
def test_errors_come_in_many_forms(status: int, body: object, refusal: Refusal) -> None:
    assert read_answer(status, {}, orjson.dumps(body)) == refusal


def test_an_error_in_the_middle_of_a_completion_is_a_refusal() -> None:
    answer = read_answer(200, {}, completion(finish_reason="error", error={"message": "out of memory"}))
    assert answer == Refusal(0, "out of memory")


def chunk(**choice: object) -> str:
    return f"data: {orjson.dumps({'choices': [{'index': 0, **choice}]}).decode()}"


HEL, LO = chunk(delta={"content": "Hel"}), chunk(delta={"content": "lo"})
END = chunk(delta={}, finish_reason="stop")
USAGE = 'data: {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 5}}'
BROKE_OFF = Refusal(0, "the stream of the reply broke off")


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        ([HEL, LO, END, USAGE, "data: [DONE]"], Reply("Hello", "stop", 3, 5)),
        ([": hold the line", "event: message", HEL, LO, END], Reply("Hello", "stop", 0, 0)),
        ([chunk(delta={"role": "assistant", "content": None}), HEL, LO, END], Reply("Hello", "stop", 0, 0)),
        ([chunk(delta={"reasoning_content": "hm"}), HEL, LO, END], Reply("Hello", "stop", 0, 0)),
        ([HEL, chunk(index=1, delta={"content": "other"}), LO, END], Reply("Hello", "stop", 0, 0)),
        ([HEL, chunk(delta={"content": "lo"}, finish_reason="length")], Reply("Hello", "length", 0, 0)),
        ([chunk(message={"content": "Hello"}, finish_reason="stop")], Reply("Hello", "stop", 0, 0)),
        ([HEL, LO, chunk(delta={}, finish_reason=""), "data: [DONE]"], BROKE_OFF),
        ([HEL, LO], BROKE_OFF),
        ([HEL, LO[:-5]], BROKE_OFF),
        ([HEL, 'data: {"error": {"message": "no memory", "code": 500}}', END], Refusal(500, "no memory", "500")),
        ([HEL, chunk(delta={}, finish_reason="error")], Refusal(0, "the server failed while it wrote")),
    ],
)
@pytest.mark.parametrize("end", ["\n\n", "\r\n\r\n", "\n"])
def test_a_stream_is_put_together(lines: list[str], answer: Reply | Refusal, end: str) -> None:
    assert read_answer(200, {}, end.join([*lines, ""]).encode()) == answer


@given(st.lists(st.sampled_from([HEL, LO, END, USAGE, "data: 7", "data: {", "data:", ": x", "x"])))
def test_any_stream_is_a_reply_or_a_refusal(lines: list[str]) -> None:
    answer = read_answer(200, {}, "\n".join(lines).encode())
    assert isinstance(answer, Refusal) or END in lines


def test_html_is_not_quoted_as_a_reason() -> None:
    assert read_answer(502, {}, b"<html>long page</html>") == Refusal(502, "Bad Gateway")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "2"}, 2.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "-3"}, 0.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": formatdate(0, usegmt=True)}, 0.0),
        ({"retry-after-ms": "250", "Retry-After": "1"}, 0.25),
        ({"x-ratelimit-reset-requests": "6m0s"}, 360.0),
        ({"x-ratelimit-reset-requests": "1h2m3.5s"}, 3723.5),
        ({"x-ratelimit-reset-tokens": "60ms", "x-ratelimit-reset-requests": "1s"}, 1.0),
        ({"x-ratelimit-reset-tokens": "60ms", "x-ratelimit-remaining-tokens": "12"}, None),
        ({"x-ratelimit-reset-tokens": "1.5"}, 1.5),
        ({"x-ratelimit-reset-tokens": "whenever"}, None),
    ],
)
def test_servers_ask_to_wait_in_many_ways(headers: dict[str, str], seconds: float | None) -> None:
    assert wait_asked(headers) == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"x-ratelimit-reset-requests": "2s"}, None),
        ({"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "2s"}, None),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "2s"}, 2.0),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "30s"}, 30.0),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1h"}, 60.0),
        ({"x-ratelimit-remaining-tokens": "0"}, None),
        ({"RateLimit-Limit": "10", "RateLimit-Remaining": "0", "RateLimit-Reset": "7"}, 7.0),
        ({"RateLimit-Remaining": "2", "RateLimit-Reset": "7"}, None),
        ({"RateLimit": '"default";r=0;t=30'}, 30.0),
        ({"RateLimit": '"burst";r=0;t=3, "daily";r=50;t=3600'}, 3.0),
        ({"RateLimit": '"default";r=50;t=30'}, None),
        ({"RateLimit": "limit=10, remaining=0, reset=7"}, None),
        ({"RateLimit": ';;=,r;"'}, None),
    ],
)
def test_an_answer_may_say_that_it_was_the_last_for_now(headers: dict[str, str], seconds: float | None) -> None:
    assert wait_for_more(headers) == seconds


def test_a_date_to_wait_for_is_turned_into_seconds() -> None:
    asked = wait_asked({"Retry-After": formatdate(time.time() + 100, usegmt=True)})
    assert asked is not None
    assert 90 < asked <= 100
