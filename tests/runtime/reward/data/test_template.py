"""Chat templates as people write them: one BOS, systems that a template does not know, and templates that fail."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicc.diagnostics import DiagnosticError
from musicc.runtime.reward.template import Renderer
from tests.runtime.data.common import only
from tests.runtime.reward.data.common import CHATML, LLAMA, chatml, closed, gemma, llama, said, tokenizer

TALK = said("What is a fugue?", "A piece of music.")
SYSTEM = said("What is a fugue?", "A piece of music.", system="Be brief.")
DATED = "{{ 'Today is ' + strftime_now('%d %b %Y') + '\n' }}" + CHATML
SILENT = CHATML.replace("{{ '<|im_start|>'", "{{ '' if message['role'] == 'system' else '<|im_start|>'")


def text(tokenizer: Any, conversation: Any = TALK) -> str:
    found: str = Renderer(tokenizer).text(conversation)
    return found


def failure(tokenizer: Any, conversation: Any = TALK, place: str | None = None) -> tuple[str, str, str]:
    with pytest.raises(DiagnosticError) as raised:
        Renderer(tokenizer).text(conversation, place)
    return (*only(raised.value), raised.value.diagnostics[0].message)


def test_a_conversation_is_what_the_template_makes_of_it() -> None:
    made = "<|im_start|>user\nWhat is a fugue?<|im_end|>\n<|im_start|>assistant\nA piece of music.<|im_end|>\n"
    assert text(chatml()) == made
    tokens = Renderer(chatml()).tokens(TALK)
    assert chatml().decode(tokens) == made


@pytest.mark.parametrize("kind", [gemma, llama])
def test_exactly_one_bos_where_the_tokenizer_adds_one_too(kind: Any) -> None:
    made = kind()
    tokens = Renderer(made).tokens(TALK)
    assert (tokens[0], tokens.count(made.bos_token_id)) == (made.bos_token_id, 1)
    assert made(text(made))["input_ids"].count(made.bos_token_id) == 2  # this is why


def test_many_texts_are_read_as_one_is() -> None:
    renderer = Renderer(llama())
    texts = [renderer.text(said("Hi", "Hello " * number)) for number in range(1, 9)]
    assert renderer.encode(texts) == [renderer.encode([one])[0] for one in texts]


def test_a_system_message_that_the_template_knows() -> None:
    renderer = Renderer(chatml())
    assert not renderer.folds_system
    assert renderer.text(SYSTEM).startswith("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhat is")


def test_a_template_that_refuses_a_system_message_gets_it_with_the_first_question() -> None:
    renderer = Renderer(gemma())
    assert renderer.folds_system
    opening = "<s><start_of_turn>user\nBe brief.\n\nWhat is a fugue?<end_of_turn>\n<start_of_turn>model\n"
    assert renderer.text(SYSTEM).startswith(opening)
    assert renderer.text(TALK) == text(gemma())


def test_a_template_that_swallows_a_system_message_does_not() -> None:
    silent = tokenizer(SILENT, ["<|im_start|>"], eos_token="<|im_end|>")
    assert Renderer(silent).folds_system
    assert "Be brief." in text(silent, SYSTEM)


def test_without_a_template() -> None:
    assert failure(tokenizer(None, eos_token="</s>")) == ("M620", "org/tiny", "`org/tiny` has no chat template")


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ raise_exception('not today') }}", "the chat template fails: not today"),
        ("{{ messages[0]['content'] + 1 }}", 'the chat template fails: can only concatenate str (not "int") to str'),
        ("{% for message in messages %}", "the chat template fails: Unexpected end of template."),
        ("{{ messages[0]['content'] }}", "the chat template leaves out what the assistant says"),
        ("{{ messages.clear() }}", "the chat template fails: "),
        ("{{ ''.__class__.__mro__ }}", "the chat template fails: "),
    ],
)
def test_a_template_that_can_render_nothing(template: str, reason: str) -> None:
    code, place, message = failure(tokenizer(template, eos_token="</s>"))
    assert (code, place) == ("M621", "org/tiny")
    assert message.startswith(reason)


def test_a_template_that_fails_names_the_record() -> None:
    short = "{% if messages | length > 4 %}{{ raise_exception('too many') }}{% endif %}" + CHATML
    made = tokenizer(short, ["<|im_start|>"], eos_token="<|im_end|>")
    assert failure(made, said(*"abcdef"), "a.jsonl:7") == ("M621", "a.jsonl:7", "the chat template fails: too many")


def test_of_several_templates_the_default_is_used_and_kept() -> None:
    made = tokenizer(CHATML, ["<|im_start|>"], eos_token="<|im_end|>")
    made.chat_template = {"default": CHATML, "tool_use": "{{ raise_exception('no') }}"}
    assert text(made) == text(chatml())
    assert made.chat_template == CHATML


def test_a_template_writes_the_same_date_every_day() -> None:
    made = tokenizer(DATED, ["<|im_start|>"], eos_token="<|im_end|>")
    said_before = made.apply_chat_template([dict(message) for message in TALK], tokenize=False)
    assert str(date.today().year) in said_before
    assert text(made) == "Today is 26 Jul 2024\n" + text(chatml())
    kept = made.chat_template
    assert text(made) == "Today is 26 Jul 2024\n" + text(chatml())
    assert made.chat_template == kept


TEXTS = st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda said: not said.isspace())


@pytest.mark.parametrize("kind", [chatml, llama, gemma, closed])
def test_a_conversation_starts_with_the_tokens_of_its_beginning(kind: Any) -> None:
    renderer = Renderer(kind())

    @settings(max_examples=50)
    @given(st.lists(TEXTS, min_size=4, max_size=6).filter(lambda texts: len(texts) % 2 == 0))
    def starts_alike(texts: list[str]) -> None:
        whole, beginning = renderer.tokens(said(*texts)), renderer.tokens(said(*texts[:-2]))
        assert whole[: len(beginning)] == beginning

    starts_alike()


def test_the_template_of_a_text_is_not_run() -> None:
    assert "{{ 7 * 6 }}" in text(tokenizer(LLAMA, bos_token="<s>"), said("{{ 7 * 6 }}", "42"))
