"""The shipped seeds: well-formed, and themselves free of what is held against a model's replies."""

import re
from collections import Counter
from importlib.resources import files
from pathlib import Path

import orjson
import pytest

from musicc.plan.document import FileSource, Seeds
from musicc.runtime.data.seed import Seed
from musicc.runtime.data.source import SeedReader
from musicc.runtime.engine.faults import Role, faults_of

ORIGIN = FileSource(path="std/seeds.jsonl")
MESSAGE = {"role", "content"}


@pytest.fixture(scope="module")
def seeds() -> list[Seed]:
    reports: list[object] = []
    read = list(SeedReader(Seeds(origin=ORIGIN, context="first_user_turn"), Path(), reports.append))
    assert reports == []
    return read


def test_there_are_enough_and_each_opens_in_its_own_way(seeds: list[Seed]) -> None:
    assert len(seeds) >= 120
    openings = Counter(frozenset(re.findall(r"\w+", seed.user_turns[0].casefold())) for seed in seeds)
    assert [opening for opening, count in openings.items() if count > 1] == []


def test_users_and_assistants_take_turns(seeds: list[Seed]) -> None:
    for seed in seeds:
        roles = [message["role"] for message in seed.chosen]
        assert roles == ["user", "assistant"] * (len(roles) // 2)
        assert 2 <= len(seed.user_turns) <= 4


def test_a_pair_differs_in_its_last_reply_only(seeds: list[Seed]) -> None:
    for seed in seeds:
        assert seed.chosen[:-1] == seed.rejected[:-1] == seed.messages
        assert seed.chosen[-1]["content"] != seed.rejected[-1]["content"]


def test_messages_are_plain_text(seeds: list[Seed]) -> None:
    for message in (message for seed in seeds for message in (*seed.chosen, seed.rejected[-1])):
        assert set(message) == MESSAGE
        assert message["content"].isascii()
        assert message["content"] == message["content"].strip() != ""


def test_no_seed_has_a_fault(seeds: list[Seed]) -> None:
    """What people wrote is what the rules must let pass."""
    roles: tuple[Role, Role] = ("user", "assistant")
    for seed in seeds:
        texts = [message["content"] for message in seed.chosen]
        for index, text in enumerate(texts):
            earlier, said = texts[index % 2 : index : 2], texts[index - 1] if index % 2 else ""
            assert faults_of(text, "stop", role=roles[index % 2], hidden=None, earlier=earlier, said=said) == (), text


def test_the_file_is_one_conversation_a_line() -> None:
    lines = (files("musicc.std") / "data" / "seeds.jsonl").read_bytes().splitlines()
    assert all(set(orjson.loads(line)) == {"chosen", "rejected"} for line in lines)
    assert len(set(lines)) == len(lines)
