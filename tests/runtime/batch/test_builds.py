"""Builds in batches write what ordinary builds write, and hand no call in twice, whatever happens to the batches."""

import asyncio
import re
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from musicc.runtime.llm.types import Unusable
from tests.cli.project import SPEC
from tests.runtime.batch.support import SWIFT, Scene, ordinary, play, repeated
from tests.servers.batches import Course, serving_batches
from tests.servers.openai import Behaviour, Body, reply_text


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path / "batches")


def test_pairs_are_those_of_an_ordinary_build_and_each_call_is_handed_in_once(scene: Scene, tmp_path: Path) -> None:
    server = play(scene)
    usual = ordinary(tmp_path)
    assert scene.pairs == usual.pairs
    assert len(scene.pairs.splitlines()) == 31
    assert repeated(server) == []
    assert server.chats == 0
    assert scene.ledger() == []
    assert scene.reports == []


def test_a_round_is_one_batch_for_all_rows(scene: Scene) -> None:
    server = play(scene)
    assert len(server.batches) <= 9, "three turns take a few rounds, however many rows there are"
    assert max(len(batch.calls) for batch in server.batches.values()) >= 31


def test_files_keep_within_the_limits_and_all_calls_come_back(scene: Scene, tmp_path: Path) -> None:
    scene.pace = replace(SWIFT, requests=9, bytes=12_000)
    server = play(scene)
    assert max(len(batch.calls) for batch in server.batches.values()) <= 9
    assert max(map(len, server.files.values())) <= 12_000
    assert repeated(server) == []
    assert scene.pairs == ordinary(tmp_path).pairs


@pytest.mark.parametrize("end", ["expired", "cancelled", "failed", "silent", "garbled"])
def test_what_a_batch_leaves_is_handed_in_again_and_nothing_else(scene: Scene, tmp_path: Path, end: str) -> None:
    server = play(scene, course=Course(ends=(end,)))
    assert scene.pairs == ordinary(tmp_path).pairs
    first = server.batches["batch_1"]
    left = {
        "expired": 0.5,
        "cancelled": 0.5,
        "failed": 1.0,
        "silent": 1 / len(first.calls),
        "garbled": 2 / len(first.calls),
    }
    assert len(repeated(server)) == pytest.approx(left[end] * len(first.calls), abs=1)
    assert set(repeated(server)) <= {call["custom_id"] for call in first.calls}
    assert max(server.handed_in.values()) == 2
    told = [diagnostic.code.id for diagnostic in scene.reports]
    assert told == (["M523"] if end == "garbled" else [])
    assert len(scene.notes) == (end in {"expired", "cancelled", "failed"})


def test_batches_that_come_to_nothing_three_times_end_the_run(scene: Scene, tmp_path: Path) -> None:
    with pytest.raises(Unusable) as raised:
        play(scene, course=Course(ends=("failed",) * 3))
    assert raised.value.diagnostic.code.id == "M521"
    assert "something broke" in raised.value.diagnostic.message
    assert scene.ledger() == [scene.store / "batch-troubles.json"]
    play(scene)
    assert scene.pairs == ordinary(tmp_path).pairs


def test_a_call_that_is_refused_fails_its_rows_as_in_an_ordinary_build(scene: Scene, tmp_path: Path) -> None:
    refusing = Behaviour(marks={"subject 5?": "400"})
    server = play(scene, refusing)
    usual = ordinary(tmp_path, refusing)
    assert scene.quarantine == usual.quarantine != b""
    assert scene.pairs == usual.pairs
    assert repeated(server) == []


def test_a_call_that_goes_wrong_time_and_again_fails_its_rows(scene: Scene) -> None:
    server = play(scene, Behaviour(marks={"subject 5?": "500"}))
    assert b"500 internal error" in scene.quarantine
    assert max(server.handed_in.values()) == 5
    assert len(scene.pairs.splitlines()) + len(scene.quarantine.splitlines()) == 31


def test_calls_that_go_wrong_at_times_are_handed_in_again(scene: Scene, tmp_path: Path) -> None:
    server = play(scene, Behaviour(shares={"500": 0.05, "429": 0.05, "error-200": 0.02}))
    assert scene.pairs == ordinary(tmp_path).pairs
    assert repeated(server)
    assert sum(part.retries.total() for part in scene.seen[0].parts) == server.handed_in.total() - len(server.handed_in)


def test_answers_and_downloads_that_get_lost_cost_nothing(scene: Scene, tmp_path: Path) -> None:
    server = play(scene, course=Course(lost=2, cut=2, page=1))
    assert (server.lost, server.cut) == (2, 2)
    assert repeated(server) == []
    assert scene.pairs == ordinary(tmp_path).pairs


def test_a_queue_that_is_full_gets_less_at_a_time(scene: Scene, tmp_path: Path) -> None:
    scene.pace = replace(SWIFT, requests=20)
    server = play(scene, course=Course(room=13, pace=0.02))
    assert max(len(batch.calls) for batch in server.batches.values() if batch.end == "completed") <= 13
    assert repeated(server) == []
    assert scene.pairs == ordinary(tmp_path).pairs


def test_a_queue_without_room_for_one_call_ends_the_run(scene: Scene) -> None:
    with pytest.raises(Unusable, match="no room for a single call"):
        play(scene, course=Course(room=0))


def test_a_server_without_batches_is_asked_one_by_one(scene: Scene, tmp_path: Path) -> None:
    server = play(scene, course=Course(offered=False))
    assert [diagnostic.code.id for diagnostic in scene.reports] == ["M520"]
    assert server.chats > 0
    assert scene.pairs == ordinary(tmp_path).pairs


@pytest.mark.parametrize("refused", [None, "response_format", "max_tokens"])
def test_requests_have_the_form_that_the_server_takes(scene: Scene, tmp_path: Path, refused: str | None) -> None:
    scene.extra = "structured = true"
    behaviour = Behaviour(refused=(refused,) if refused else ())
    server = play(scene, behaviour)
    usual = ordinary(tmp_path, behaviour, extra=scene.extra)
    assert scene.pairs == usual.pairs
    assert any("response_format" in body for body in server.requests)
    assert bool(repeated(server)) is bool(refused)


def test_a_server_that_refuses_the_sampling_ends_the_run(scene: Scene) -> None:
    scene.extra = "sampling = { temperature: 0.5 }"
    with pytest.raises(Unusable, match="refuses the `temperature`"):
        play(scene, Behaviour(refused=("temperature",)))


def test_a_stored_call_is_not_handed_in(scene: Scene) -> None:
    server = play(scene, times=2)
    assert repeated(server) == []
    assert scene.seen[1].made == 0


def test_a_key_is_sent_and_stands_in_no_note(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_OF_A_TEST", "sk-not-to-be-noted")
    scene.extra = 'key = env("KEY_OF_A_TEST")'
    written: list[bytes] = []

    async def main() -> None:
        async with serving_batches(Behaviour(token="sk-not-to-be-noted"), Course(pace=0.1)) as server:
            task = asyncio.create_task(scene.build(server.url))
            while not task.done():
                written.extend(path.read_bytes() for path in scene.ledger())
                await asyncio.sleep(0.02)
            await task

    asyncio.run(main())
    assert written
    assert not any(b"sk-not" in text for text in written)


def test_a_key_that_is_refused_ends_the_run(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_OF_A_TEST", "sk-wrong")
    scene.extra = 'key = env("KEY_OF_A_TEST")'
    with pytest.raises(Unusable) as raised:
        play(scene, Behaviour(token="sk-right"))
    assert raised.value.diagnostic.code.id == "M502"


JUDGED = SPEC.replace('import "std/contrasts"', 'import "std/judges" (pairwise)\nimport "std/contrasts"') + (
    "\ncheck preferred {{ of = contrastive  judge = pairwise on fake  fail = retry(1) then drop }}\n"
)


def judging(body: Body) -> str:
    """The server's own reply, or a verdict that does not depend on the order of the conversations."""
    if "impartial judge" not in body["messages"][0]["content"]:
        return reply_text(body)
    first, second = re.findall(r"=== Conversation [AB] ===(.*?)(?====)", body["messages"][-1]["content"], re.DOTALL)
    return "A" if sha256(first.strip().encode()).digest() < sha256(second.strip().encode()).digest() else "B"


def test_judges_are_asked_in_batches_as_well(scene: Scene, tmp_path: Path) -> None:
    scene.spec = JUDGED
    verdicts = Behaviour(answer=judging)
    server = play(scene, verdicts)
    assert scene.pairs == ordinary(tmp_path, verdicts, spec=JUDGED).pairs
    assert 0 < len(scene.pairs.splitlines()) < 31
    assert any("impartial judge" in str(body) for body in server.requests)
    assert repeated(server) == []
    assert server.chats == 0
