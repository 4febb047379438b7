"""Which part of a seed both branches start from, and what is left for replay."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicc.runtime.data.context import context_of
from musicc.runtime.data.seed import Seed
from tests.runtime.data.common import assistant, seeds, user

SYSTEM = {"role": "system", "content": "s"}


def seed(*messages: dict[str, str]) -> Seed:
    return Seed("0" * 16, messages)  # type: ignore[arg-type]


def talk(users: int) -> list[dict[str, str]]:
    return [m for n in range(1, users + 1) for m in (user(f"u{n}"), assistant(f"a{n}"))]


def context(of: Seed, kind: str, draw: float = 0.0, **fields: Any) -> tuple[list[str], tuple[str, ...]]:
    messages, later = context_of(of, seeds(context=kind, **fields), draw)
    return [message["content"] for message in messages], later


@pytest.mark.parametrize("last", [5, 6])
def test_first_user_turn(last: int) -> None:
    assert context(seed(*talk(3)[:last]), "first_user_turn") == (["u1"], ("u2", "u3"))
    assert context(seed(SYSTEM, *talk(3)[:last]), "first_user_turn") == (["s", "u1"], ("u2", "u3"))


@pytest.mark.parametrize("last", [5, 6])
def test_whole_prompt_is_the_whole_seed(last: int) -> None:
    whole = ["s", "u1", "a1", "u2", "a2", "u3", "a3"]
    assert context(seed(SYSTEM, *talk(3)[:last]), "whole_prompt") == (whole[: last + 1], ())


def test_a_prefix_ends_with_the_kth_user_message() -> None:
    whole = seed(*talk(5))
    for draw, k in [(0.0, 2), (0.34, 3), (0.67, 4), (0.999999, 4)]:
        messages, later = context(whole, "prefix", draw, prefix=(2, 4))
        assert messages[-1] == f"u{k}"
        assert len(messages) == 2 * k - 1
        assert later == tuple(f"u{n}" for n in range(k + 1, 6))


def test_a_prefix_is_no_longer_than_the_seed() -> None:
    assert context(seed(*talk(2)), "prefix", 0.9, prefix=(1, 9)) == (["u1", "a1", "u2"], ())


@pytest.mark.parametrize("kind", ["first_user_turn", "prefix", "whole_prompt"])
def test_user_turns_without_replies_open_with_the_first(kind: str) -> None:
    alone = seed(user("u1"), user("u2"), user("u3"))
    assert context(alone, kind, prefix=(3, 3)) == (["u1"], ("u2", "u3"))


@given(
    users=st.integers(1, 6),
    replied=st.booleans(),
    system=st.booleans(),
    kind=st.sampled_from(["first_user_turn", "prefix", "whole_prompt"]),
    low=st.integers(1, 8),
    more=st.integers(0, 3),
    draw=st.floats(0, 1, exclude_max=True),
)
def test_context_and_later_turns_are_the_seed(
    users: int, replied: bool, system: bool, kind: str, low: int, more: int, draw: float
) -> None:
    messages = [SYSTEM] * system + talk(users)[: None if replied else -1]
    whole = seed(*messages)
    found, later = context_of(whole, seeds(context=kind, prefix=(low, low + more)), draw)
    assert list(found) == messages[: len(found)]
    if kind != "whole_prompt":
        assert found[-1]["role"] == "user"
    assert tuple(m["content"] for m in found if m["role"] == "user") + later == whole.user_turns
