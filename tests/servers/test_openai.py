"""The fake server itself: what it draws depends on the request alone."""

import asyncio
import subprocess
import sys
from collections import Counter
from pathlib import Path
from urllib.request import Request, urlopen

import aiohttp
import orjson
import pytest

from tests.servers.openai import Behaviour, FakeServer, serving


def body(text: str, **fields: object) -> dict[str, object]:
    return {"model": "m", "messages": [{"role": "user", "content": text}], **fields}


async def post(server: FakeServer, sent: dict[str, object]) -> tuple[int, str]:
    url = f"{server.url}/chat/completions"
    async with aiohttp.ClientSession() as session, session.post(url, json=sent) as response:
        return response.status, await response.text()


def answers(behaviour: Behaviour, *bodies: dict[str, object]) -> list[tuple[int, str]]:
    async def play() -> list[tuple[int, str]]:
        async with serving(behaviour) as server:
            return [await post(server, sent) for sent in bodies]

    return asyncio.run(play())


def test_equal_requests_get_equal_answers_and_others_do_not() -> None:
    once, again, other, seeded = answers(Behaviour(), body("a"), body("a"), body("b"), body("a", seed=1))
    assert once == again
    texts = {orjson.loads(answer)["choices"][0]["message"]["content"] for _, answer in (once, other, seeded)}
    assert len(texts) == 3


def test_faults_are_drawn_from_content_and_attempt() -> None:
    bodies = [body(str(number)) for number in range(100)] * 2
    first = [status for status, _ in answers(Behaviour(shares={"500": 0.3}), *bodies)]
    assert first == [status for status, _ in answers(Behaviour(shares={"500": 0.3}), *bodies)]
    assert first[:100] != first[100:]
    assert 30 < Counter(first)[500] < 90
    assert first != [status for status, _ in answers(Behaviour(seed=1, shares={"500": 0.3}), *bodies)]


def test_marks_and_script_choose_faults() -> None:
    behaviour = Behaviour(script=("500", "ok"), marks={"poison": "400"})
    assert [status for status, _ in answers(behaviour, *[body("poison")] * 3)] == [500, 200, 400]


def test_unknown_faults_are_refused() -> None:
    with pytest.raises(ValueError, match="no such fault: oops"):
        Behaviour(shares={"oops": 1.0})


def test_it_runs_in_its_own_process_and_logs_what_it_answers(tmp_path: Path) -> None:
    log = tmp_path / "requests.log"
    command = [sys.executable, "-m", "tests.servers.openai", "--port", "0", "--mark", "bad=422", "--log", str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            for _ in range(2):
                sent = Request(f"{url}/chat/completions", orjson.dumps(body("hello")))
                assert urlopen(sent).status == 200
        finally:
            process.terminate()
    lines = [line.split() for line in log.read_text().splitlines()]
    assert [(digest, status) for _, digest, status in lines] == [(lines[0][1], "200")] * 2
