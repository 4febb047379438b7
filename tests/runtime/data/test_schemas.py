"""The schemas people have, each to its seed; what is no seed, and why."""

from typing import Any

import pytest

from musicc.diagnostics import Diagnostic
from musicc.runtime.data.records import Record
from musicc.runtime.data.schemas import seed_from
from musicc.runtime.data.seed import Seed
from tests.runtime.data.common import assistant, skywork, user

SYSTEM = {"role": "system", "content": "Be brief."}
TALK = [user("Name a fruit."), assistant("Apple."), user("Another.")]
GOOD, BAD = assistant("Pear."), assistant("Carrot.")
HH = "\n\nHuman: Name a fruit.\n\nAssistant: Apple.\n\nHuman: Another.\n\nAssistant:"


def seed(columns: dict[str, Any], field: str | None = None) -> Seed:
    found = seed_from(Record("a.jsonl:1", columns), field)
    assert isinstance(found, Seed), found
    return found


def fault(columns: dict[str, Any], field: str | None = None) -> Diagnostic:
    found = seed_from(Record("a.jsonl:1", columns), field)
    assert isinstance(found, Diagnostic), found
    assert found.at == "a.jsonl:1"
    assert not found.is_error
    return found


PAIRS: dict[str, dict[str, Any]] = {
    "Skywork, TRL with an implicit prompt": {"chosen": [*TALK, GOOD], "rejected": [*TALK, BAD], "source": "x"},
    "TRL with an explicit prompt": {"prompt": TALK, "chosen": [GOOD], "rejected": [BAD]},
    "HH": {"chosen": f"{HH} Pear.", "rejected": f"{HH} Carrot."},
    "HH with a prompt": {"prompt": HH, "chosen": " Pear.", "rejected": " Carrot."},
    "UltraFeedback": {"prompt": "Name a fruit.", "chosen": [*TALK, GOOD], "rejected": [*TALK, BAD]},
    "UltraFeedback with its column of messages": {
        "prompt": "Name a fruit.",
        "messages": [*TALK, GOOD],
        "chosen": [*TALK, GOOD],
        "rejected": [*TALK, BAD],
    },
    "a prompt that is empty": {"prompt": "", "chosen": [*TALK, GOOD], "rejected": [*TALK, BAD]},
    "UltraInteract": {
        "trajectory": [{"from": m["role"], "value": m["content"]} for m in TALK],
        "chosen": "Pear.",
        "rejected": "Carrot.",
    },
    "ShareGPT for DPO": {
        "conversations": [
            {"from": "human", "value": "Name a fruit."},
            {"from": "gpt", "value": "Apple."},
            {"from": "human", "value": "Another."},
        ],
        "chosen": {"from": "gpt", "value": "Pear."},
        "rejected": {"from": "gpt", "value": "Carrot."},
    },
}


@pytest.mark.parametrize("name", PAIRS)
def test_schemas_of_pairs(name: str) -> None:
    found = seed(PAIRS[name])
    assert (
        [m["role"] for m in found.chosen] == [m["role"] for m in found.rejected] == [m["role"] for m in [*TALK, GOOD]]
    )
    assert [found.chosen[-1]["content"].strip(), found.rejected[-1]["content"].strip()] == ["Pear.", "Carrot."]
    assert list(found.messages) == TALK
    assert found.user_turns == ("Name a fruit.", "Another.")


def test_prompts_as_strings_with_replies() -> None:
    found = seed({"prompt": "Hi", "chosen": "Hello!", "rejected": "No."})
    assert list(found.chosen) == [user("Hi"), assistant("Hello!")]
    assert list(found.rejected) == [user("Hi"), assistant("No.")]
    assert list(found.messages) == [user("Hi")]


PROMPTS: dict[str, tuple[dict[str, Any], list[dict[str, str]]]] = {
    "prompt": ({"prompt": "Hi", "id": 3}, [user("Hi")]),
    "gsm8k": ({"question": "2 + 2?", "answer": "4"}, [user("2 + 2?")]),
    "instruction": ({"instruction": "Sing.", "input": "", "output": "La."}, [user("Sing.")]),
    "Alpaca": ({"instruction": "Sum up.", "input": "A text.", "output": "T."}, [user("Sum up.\n\nA text.")]),
    "MT-bench": ({"question_id": 81, "turns": ["One.", "Two."]}, [user("One."), user("Two.")]),
    "messages": ({"prompt": "Name a fruit.", "messages": TALK}, TALK),
    "LMSYS": ({"conversation": [*TALK, GOOD], "turns": 2, "model": "x"}, [*TALK, GOOD]),
    "ShareGPT": ({"conversations": [{"from": "human", "value": "Hi"}]}, [user("Hi")]),
    "system in the list": ({"messages": [SYSTEM, *TALK]}, [SYSTEM, *TALK]),
    "system beside it": ({"system": "Be brief.", "question": "Hi"}, [SYSTEM, user("Hi")]),
    "system in the list and beside it": ({"system": "Be long.", "messages": [SYSTEM, *TALK]}, [SYSTEM, *TALK]),
    "empty system beside it": ({"system": "", "question": "Hi"}, [user("Hi")]),
    "unused keys in messages": ({"messages": [{**user("Hi"), "name": None, "weight": 1}]}, [user("Hi")]),
    "columns that are null": ({"messages": None, "prompt": "Hi", "chosen": None, "rejected": "x"}, [user("Hi")]),
    "transcript as a prompt": ({"prompt": HH}, TALK),
    "talk about humans": ({"prompt": "Human: a definition"}, [user("Human: a definition")]),
}


@pytest.mark.parametrize("name", PROMPTS)
def test_schemas_without_a_pair(name: str) -> None:
    columns, messages = PROMPTS[name]
    found = seed(columns)
    assert list(found.messages) == messages
    assert found.chosen == found.rejected == ()


def test_a_system_text_beside_a_pair_opens_all_conversations() -> None:
    found = seed({"system": "Be brief.", "question": "Hi", "chosen": "Hello!", "rejected": "No."})
    assert found.chosen[0] == found.rejected[0] == found.messages[0] == SYSTEM


def test_the_field_decides() -> None:
    columns = {"prompt": "not this", "ask": "this"}
    assert seed(columns, "ask").user_turns == ("this",)
    pair = seed({"ask": "this", "chosen": "yes", "rejected": "no"}, "ask")
    assert (pair.user_turns, pair.chosen[-1]["content"]) == (("this",), "yes")
    assert seed(skywork("q"), "chosen").messages[-1] == assistant("good")


def test_the_id_is_the_conversations() -> None:
    lists, transcripts = seed(PAIRS["Skywork, TRL with an implicit prompt"]), seed(PAIRS["HH"])
    assert lists.id == transcripts.id == seed({"messages": TALK}).id
    assert len(lists.id) == 16
    assert int(lists.id, 16) >= 0
    others = [seed({"messages": messages}).id for messages in ([*TALK, GOOD], TALK[:1], [SYSTEM, *TALK])]
    assert len({lists.id, *others}) == 4


def test_the_id_never_changes() -> None:
    """It is in file names, stores and splits."""
    assert seed({"prompt": "Hi"}).id == "8b1450277179b15b"


UNRECOGNISED: dict[str, tuple[dict[str, Any], str | None, str]] = {
    "no known column": ({"text": "x", "n": 1}, None, "there are `text`, `n`"),
    "no column": ({}, None, "there are none"),
    "one column": (
        {"What is 2 + 2, and why is it so hard to say?": "4"},
        None,
        "there is `What is 2 + 2, and why is it so …`",
    ),
    "many columns": ({f"c{n}": n for n in range(20)}, None, "`c7`, 12 more"),
    "a field that is not there": ({"prompt": "Hi"}, "ask", "no text or list is named `ask`"),
    "a field that is not there, beside a pair": (skywork("q"), "ask", "no text or list is named `ask`"),
    "a field of numbers": ({"prompt": "Hi", "n": 3}, "n", "no text or list is named `n`"),
    "replies without a prompt": (
        {"chosen": "yes", "rejected": "no"},
        None,
        "no prompt is known for the reply in `chosen`",
    ),
    "half a pair": ({"chosen": [*TALK, GOOD]}, None, "there is `chosen`"),
}


@pytest.mark.parametrize("name", UNRECOGNISED)
def test_unrecognised_schemas_name_the_columns(name: str) -> None:
    columns, field, reason = UNRECOGNISED[name]
    found = fault(columns, field)
    assert found.code.id == "M451"
    assert reason in found.message
    assert "field" in found.help


BAD_CONVERSATIONS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown role": ({"messages": [user("Hi"), {"role": "tool", "content": "{}"}]}, "message 2 by `tool`"),
    "no role": ({"messages": [{"content": "Hi"}]}, "message 1 by nobody"),
    "empty": ({"messages": [user("Hi"), assistant(" \n"), user("?")]}, "empty message 2"),
    "no content": ({"messages": [{"role": "user", "content": None}]}, "holds nothing where the text of message 1"),
    "parts": ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "holds a list"),
    "empty prompt": ({"prompt": ""}, "`prompt` has an empty message 1"),
    "empty list": ({"messages": []}, "empty list"),
    "lone surrogate": ({"prompt": "a\udcffb"}, "not UTF-8"),
    "no user": ({"messages": [SYSTEM]}, "no message but the system's"),
    "assistant first": ({"messages": [assistant("Hi")]}, "message 1 by `assistant` where `user`"),
    "twice": ({"messages": [user("a"), user("b"), assistant("c")]}, "message 2 by `user` where `assistant`"),
    "late system": ({"messages": [user("a"), SYSTEM]}, "message 2 by `system`"),
    "twice in a transcript": ({"prompt": "Human: a\n\nHuman: b\n\nAssistant: c"}, "message 2 by `user`"),
    "equal pair": ({"chosen": [*TALK, GOOD], "rejected": [*TALK, GOOD]}, "are equal"),
    "no shared opening": ({"chosen": [user("a"), GOOD], "rejected": [user("b"), BAD]}, "share no opening"),
    "shared system only": (
        {"chosen": [SYSTEM, user("a"), GOOD], "rejected": [SYSTEM, user("b"), BAD]},
        "share no opening",
    ),
    "pair without replies": ({"chosen": [*TALK], "rejected": [*TALK, BAD]}, "does not end with the assistant"),
    "reply to a reply": ({"prompt": [*TALK, GOOD], "chosen": "a", "rejected": "b"}, "message 5 by `assistant`"),
    "empty reply": ({"prompt": "a", "chosen": "", "rejected": "b"}, "`chosen` has an empty message 1"),
}


@pytest.mark.parametrize("name", BAD_CONVERSATIONS)
def test_bad_conversations_say_why(name: str) -> None:
    columns, reason = BAD_CONVERSATIONS[name]
    found = fault(columns)
    assert found.code.id == "M452"
    assert reason in found.message


def test_a_pair_with_a_field_needs_a_shared_opening_too() -> None:
    pair = {"ask": "q", "chosen": [user("a"), GOOD], "rejected": [user("b"), BAD]}
    assert "share no opening" in fault(pair, "ask").message
