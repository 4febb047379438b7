"""Which pairs have a prompt in them that is to be kept out."""

import pytest

from musicc.runtime.data.mixing.prompts import RUN, Prompts
from musicc.runtime.data.pairs import Pair
from musicc.runtime.data.seed import Seed
from tests.runtime.data.common import assistant, user
from tests.runtime.data.mixing.common import TURN

LONG = "Explain to me how a fugue differs from a canon and why Bach wrote so many of both."
WORDS = LONG.split()


def pair(*said: str, reply: str = "Well.") -> Pair:
    told = [message for text in said for message in (user(text), assistant(reply))]
    return Pair("id", tuple(told), (*told[:-1], assistant("No.")), "0" * 16, "talk", 0, (TURN,))


def prompts(*openings: str, later: str = "") -> Prompts:
    more = (assistant("Hm."), user(later)) if later else ()
    return Prompts(Seed("0" * 16, (user(text), *more)) for text in openings)


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        ("What is a fugue?", True),
        ("  what IS a  “fugue”", True),
        ("What is a fugue, what is a canon?", False),
        ("What is a canon?", False),
        (LONG.upper(), True),
        (f"Please. {LONG} Thank you!", True),
        (" ".join(WORDS[:RUN]), True),
        (" ".join(WORDS[3 : 3 + RUN]), True),
        (" ".join(WORDS[: RUN - 1]), False),
        (" ".join(["And", *WORDS[: RUN - 1], "else"]), False),
    ],
)
def test_openings_and_runs_of_words(said: str, stands: bool) -> None:
    known = prompts("What is a fugue?", LONG)
    assert known.stand_in(pair(said)) is stands
    assert known.stand_in(pair("Hello!", said)) is stands


def test_what_the_assistant_says_is_no_prompt() -> None:
    assert not prompts("What is a fugue?", LONG).stand_in(pair("Hello!", reply=LONG))


def test_of_later_turns_only_long_runs_count() -> None:
    assert not prompts("Hello!", later="Why?").stand_in(pair("Why?"))
    assert prompts("Hello!", later=LONG).stand_in(pair(f"Now: {LONG}"))


def test_a_text_without_spaces_is_looked_through_as_well() -> None:
    text = "请解释赋格曲和卡农之间的区别以及巴赫为什么写了这么多"
    known = prompts(text)
    assert known.stand_in(pair(f"你好{text[4 : 4 + RUN]}"))
    assert not known.stand_in(pair(f"你好{text[4 : 4 + RUN - 1]}"))
