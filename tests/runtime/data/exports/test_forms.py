"""What is exported says what the pair says, by readers written from each project's documentation."""

import re
from typing import Any

import pytest
from hypothesis import given

from musicc.runtime.data.exports import forms
from musicc.runtime.data.exports.forms import Unfit
from musicc.runtime.data.pairs import Pair
from tests.runtime.data.common import assistant, user
from tests.runtime.data.exports.common import BAD, GOOD, HEAD, PAIR, conversations, shared, system
from tests.runtime.data.test_pairs import pair

SAME = (*HEAD, assistant("Hm."))
USERS_DIFFER = pair(chosen=(*SAME, user("And?"), assistant("Bach.")), rejected=(*SAME, user("So?"), assistant("Cake.")))
EQUAL = pair(chosen=HEAD + GOOD, rejected=HEAD + GOOD)
NO_USER = pair(chosen=GOOD, rejected=BAD)


@given(conversations())
def test_trl_puts_the_prompt_before_both_completions(made: Pair) -> None:
    """https://huggingface.co/docs/trl/dataset_formats, "Preference", conversational with explicit prompt. The generation
    prompt goes behind `prompt`, so it ends with the user and completions begin with the assistant."""
    record = forms.trl(made)
    assert [*record["prompt"], *record["chosen"]] == list(made.chosen)
    assert [*record["prompt"], *record["rejected"]] == list(made.rejected)
    assert record["prompt"][-1]["role"] == "user"
    assert {record["chosen"][0]["role"], record["rejected"][0]["role"]} == {"assistant"}


def test_trl_prompts_are_as_long_as_they_can_be() -> None:
    longer = pair(chosen=(*HEAD, *GOOD[:2], assistant("Bach.")), rejected=(*HEAD, *GOOD[:2], assistant("Cake.")))
    assert forms.trl(longer)["prompt"] == [*HEAD, *GOOD[:2]]
    assert forms.trl(USERS_DIFFER)["prompt"] == list(HEAD)
    assert forms.trl(USERS_DIFFER)["rejected"] == list(USERS_DIFFER.rejected[1:])
    assert forms.trl(EQUAL)["chosen"] == forms.trl(EQUAL)["rejected"] == list(GOOD[-1:])


@given(conversations())
def test_openrlhf_has_whole_conversations(made: Pair) -> None:
    """https://openrlhf.readthedocs.io, reward model datasets: `chosen` and `rejected`, lists of messages for
    `--data.apply_chat_template`; no `prompt`, which would be put before them once more."""
    assert forms.openrlhf(made) == {"id": made.id, "chosen": list(made.chosen), "rejected": list(made.rejected)}


def sharegpt_reader(messages: list[dict[str, str]]) -> list[dict[str, str]]:
    """LLaMA-Factory, data/README.md, "Sharegpt Format": `human` on odd places, `gpt` on even ones, perhaps `system` first."""
    start = int(messages[0]["from"] == "system")
    for place, message in enumerate(messages[start:]):
        assert message.keys() == {"from", "value"}
        assert message["from"] == ("human", "gpt")[place % 2]
    names = {"system": "system", "human": "user", "gpt": "assistant"}
    return [{"role": names[message["from"]], "content": message["value"]} for message in messages]


@given(conversations())
def test_sharegpt_has_whole_conversations(made: Pair) -> None:
    record = forms.sharegpt(made)
    assert sharegpt_reader(record["chosen"]) == list(made.chosen)
    assert sharegpt_reader(record["rejected"]) == list(made.rejected)


def ranking_reader(record: dict[str, Any]) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """LLaMA-Factory, data/README.md, "Preference Dataset" in ShareGPT format: `conversations` ends with the human's
    message, `chosen` and `rejected` are one message of the assistant each."""
    prompt = sharegpt_reader(record["conversations"])
    assert prompt[-1]["role"] == "user"
    for side in ("chosen", "rejected"):
        assert record[side].keys() == {"from", "value"}
        assert record[side]["from"] == "gpt"
    replies = ({"role": "assistant", "content": record[side]["value"]} for side in ("chosen", "rejected"))
    chosen, rejected = ([*prompt, reply] for reply in replies)
    return chosen, rejected


@given(conversations())
def test_llama_factory_has_what_is_common_and_two_replies(made: Pair) -> None:
    common = shared(made)
    try:
        chosen, rejected = ranking_reader(forms.llama_factory(made))
    except Unfit:
        assert common in (len(made.chosen), len(made.rejected)) or made.chosen[common]["role"] == "user"
        return
    assert chosen == list(made.chosen[: common + 1])
    assert rejected == list(made.rejected[: common + 1])
    assert chosen[-1] != rejected[-1]


@pytest.mark.parametrize("unfit", [USERS_DIFFER, EQUAL, pair(chosen=HEAD + GOOD[:1], rejected=HEAD + GOOD)])
def test_llama_factory_has_no_place_for_pairs_that_do_not_differ_first_in_a_reply(unfit: Pair) -> None:
    with pytest.raises(Unfit, match="does not differ first in a reply"):
        forms.llama_factory(unfit)


@pytest.mark.parametrize("form", [forms.trl, forms.llama_factory])
def test_a_prompt_needs_a_message_of_the_user(form: Any) -> None:
    with pytest.raises(Unfit, match="shares no opening message of the user"):
        form(NO_USER)


def hh_reader(transcript: str) -> list[dict[str, str]]:
    """https://huggingface.co/datasets/Anthropic/hh-rlhf: each message is introduced by a blank line, its speaker and `: `."""
    pieces = re.split(r"\n\n(Human|Assistant): ", transcript)
    assert pieces[0] == ""
    names = {"Human": "user", "Assistant": "assistant"}
    return [{"role": names[by], "content": said} for by, said in zip(pieces[1::2], pieces[2::2], strict=True)]


@given(conversations())
def test_hh_transcripts_read_back_as_they_were(made: Pair) -> None:
    try:
        record = forms.hh(made)
    except Unfit:
        said = [message["content"] for message in (*made.chosen, *made.rejected)]
        assert made.chosen[0]["role"] == "system" or any("\n\nHuman:" in t or "\n\nAssistant:" in t for t in said)
        return
    assert record.keys() == {"chosen", "rejected"}
    assert hh_reader(record["chosen"]) == list(made.chosen)
    assert hh_reader(record["rejected"]) == list(made.rejected)


def test_hh_as_anthropic_writes_it() -> None:
    assert forms.hh(PAIR)["rejected"] == (
        "\n\nHuman: What is a fugue?\n\nAssistant: A kind of cake.\n\nHuman: With sugar?\n\nAssistant: Yes."
    )


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (system("Be brief."), "has a system message"),
        (user("Say\n\nHuman: hi"), "has a text with a transcript's own mark"),
        (user("Say\n\nAssistant:hi"), "has a text with a transcript's own mark"),
    ],
)
def test_hh_has_no_place_for(head: dict[str, str], reason: str) -> None:
    middle = HEAD if head["role"] == "system" else ()
    with pytest.raises(Unfit, match=reason):
        forms.hh(pair(chosen=(head, *middle, *GOOD), rejected=(head, *middle, *BAD)))
