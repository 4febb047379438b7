"""Servers that others wrote, reached by URL as any server is: llama.cpp's, and `transformers serve` where it is installed.

The weights are those of the embedded model. What one server does that the protocol does not say is asserted as well: where
a new release of it does otherwise, it is to be known.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import orjson
import pytest

from musicc.diagnostics.codes import servers
from musicc.runtime.llm.backend import ModelBackend, open_backend
from musicc.runtime.llm.retry import Patience
from musicc.runtime.llm.types import Rejected, Reply, Unusable
from tests.cli.project import Project
from tests.runtime.llm.support import model, request
from tests.servers.process import ROOT, serving_apart

pytestmark = pytest.mark.slow
Got = TypeVar("Got")
KEY = "A_LLAMA_KEY"

SPEC = """music 1

import "std/contrasts" (other_instruction)
import "std/judges" (turnwise)
import "std/personas" (concise_assistant)

model real {{
  url     = "{url}"
  name    = "{name}"
  limit   = {{ concurrency: 2 }}
  timeout = 120s
}}

seeds openings {{ from = file("seeds.jsonl")  context = first_user_turn }}

dialogue contrastive {{
  seeds     = openings
  user      = replay
  assistant = concise_assistant on real {{ temperature: 0.0, max_tokens: 12 }}
  turns     = 1
  rejected  {{ turn 1 other_instruction }}
  replies   = {{ truncated: mark, repeated: mark, role_leak: mark, hidden_leak: mark }}
}}

check right {{
  of    = contrastive
  judge = turnwise on real
  fail  = mark
}}
"""
ROWS = 3


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def process(*command: str, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that is killed when the block ends, if it still runs."""
    started = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.DEVNULL)
    try:
        yield started
    finally:
        started.kill()
        started.wait()


@pytest.fixture(scope="module")
def llama() -> Iterator[str]:
    with serving_apart("--token-from", KEY, module="tests.servers.llama", **{KEY: "sk-llama"}) as url:
        yield url


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "sk-llama")


def on(url: str, play: Callable[[ModelBackend], Awaitable[Got]], **fields: object) -> Got:
    described = {"key": KEY, "structured": True, "seeded": True, "timeout": 120.0} | fields

    async def run() -> Got:
        async with open_backend({"gemma": model(url, **described)}, patience=Patience(attempts=1)) as backend:
            return await play(backend)

    return asyncio.run(run())


def told(url: str, **fields: object) -> Unusable:
    with pytest.raises(Unusable) as caught:
        on(url, lambda backend: backend.complete(request(max_tokens=4)), **fields)
    return caught.value


def test_the_seed_decides_what_is_written(llama: str) -> None:
    async def play(backend: ModelBackend) -> list[Reply]:
        calls = (request("Name a colour.", seed=seed, max_tokens=8, temperature=1.0) for seed in (1, 2, 3, 1))
        return [await backend.complete(call) for call in calls]

    one, two, three, again = on(llama, play)
    assert one.text == again.text
    assert len({one.text, two.text, three.text}) > 1
    assert one.prompt_tokens > 0
    assert 0 < one.completion_tokens <= 8


def test_length_stop_and_form_are_as_the_protocol_says(llama: str) -> None:
    async def play(backend: ModelBackend) -> tuple[Reply, Reply, Reply]:
        return (
            await backend.complete(request("Tell me a long story.", max_tokens=5)),
            await backend.complete(request("Count: one, two, three, four.", max_tokens=30, stop=("o",))),
            await backend.complete(request("Say hello.", max_tokens=100, fields=("instruction", "answer"))),
        )

    cut, stopped, formed = on(llama, play)
    assert (cut.finish, cut.completion_tokens) == ("length", 5)
    assert "o" not in stopped.text
    assert formed.text.lstrip().startswith("{")
    if formed.finish == "stop":
        assert set(orjson.loads(formed.text)) == {"instruction", "answer"}


def test_a_prompt_that_is_too_long_is_refused_for_good(llama: str) -> None:
    with pytest.raises(Rejected, match=r"400 request \(\d+ tokens\) exceeds the available context size \(512 tokens\)"):
        on(llama, lambda backend: backend.complete(request("word " * 600, max_tokens=4)))


def test_a_server_of_one_model_answers_by_any_name(llama: str) -> None:
    reply = on(llama, lambda backend: backend.complete(request(max_tokens=4)), served="no/such-model")
    assert reply.completion_tokens == 4


def test_another_key_and_another_address_are_told(llama: str, monkeypatch: pytest.MonkeyPatch) -> None:
    failure = told(llama.replace("/v1", "/v2"))
    assert failure.diagnostic.code is servers.NO_ENDPOINT
    assert "404 File Not Found" in failure.diagnostic.message
    monkeypatch.setenv(KEY, "sk-another")
    failure = told(llama)
    assert failure.diagnostic.code is servers.KEY_REFUSED
    assert "401 Invalid API Key" in failure.diagnostic.message


def project(folder: Path, url: str, name: str) -> Project:
    return Project(folder).write(url, seeds=ROWS, spec=SPEC.replace("{name}", name))


def is_whole(made: Project) -> None:
    assert made.pairs.count(b"\n") == ROWS
    judged = orjson.loads(orjson.dumps(made.manifest["checks"]))["right"]
    assert judged["passed"] + judged["failed"] == ROWS


def test_a_build_waits_for_llama_and_outlives_its_death(tmp_path: Path) -> None:
    port = free_port()
    command = (sys.executable, "-m", "tests.servers.llama", "--port", str(port))
    outlives(project(tmp_path / "project", f"http://127.0.0.1:{port}/v1", "small"), command)


def outlives(made: Project, command: tuple[str, ...]) -> None:
    """A build whose server starts late, and is killed when it has given some replies."""
    store = made.folder / ".musicc" / "store" / "journal.log"
    build = made.start("build", "test.music")
    until(store.is_file)
    time.sleep(1)  # it asks, and nobody answers
    with process(*command) as server:
        began = store.stat().st_size
        until(lambda: store.stat().st_size > began or build.poll() is not None)
        server.send_signal(signal.SIGKILL)
    assert build.poll() is None
    with process(*command):
        _, err = build.communicate(timeout=500)
    assert build.returncode == 0, err
    is_whole(made)


def until(holds: Callable[[], bool], seconds: float = 300.0) -> None:
    last = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < last
        time.sleep(0.02)


SERVING = ("torch", "transformers", "gguf", "fastapi", "uvicorn")
missing = [name for name in SERVING if find_spec(name) is None]
CONVERTING = """
import sys
from pathlib import Path
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
from musicc.runtime.llm.weights import locate

path = locate("smollm2_135m", Path(), print)
folder, named = path.parent, {"gguf_file": path.name}
config = GgufConfig(dequantize=True)
AutoModelForCausalLM.from_pretrained(folder, quantization_config=config, **named).save_pretrained(sys.argv[1])
AutoTokenizer.from_pretrained(folder, **named).save_pretrained(sys.argv[1])
"""


@pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")
def test_a_build_waits_for_transformers_and_outlives_its_death(tmp_path: Path) -> None:
    weights = tmp_path / "weights"
    subprocess.run([sys.executable, "-c", CONVERTING, str(weights)], check=True, cwd=ROOT, capture_output=True)
    port = free_port()
    command = (str(Path(sys.executable).parent / "transformers"), "serve", str(weights), "--port", str(port))
    outlives(project(tmp_path / "project", f"http://127.0.0.1:{port}/v1", str(weights)), command)
