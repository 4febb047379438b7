import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicc.runtime.engine.parse import parse_fields

FIELDS = ("instruction", "answer")
GOOD = {"instruction": "Name a river.", "answer": "The Nile."}

READ = [
    '{"instruction": "Name a river.", "answer": "The Nile."}',
    '{"answer": "The Nile.", "instruction": "Name a river."}',
    '{"Instruction": "Name a river.", "ANSWER": "The Nile."}',
    '{"instruction": "Name a river.", "answer": "The Nile.",}',
    '{"instruction": "Name a river.", "note": "x", "answer": "The Nile."',
    '```json\n{"instruction": "Name a river.",\n "answer": "The Nile."}\n```',
    '```\n{"instruction": "Name a river.", "answer": "The Nile."}\n```',
    'Sure! Here it is:\n\n{"instruction": "Name a river.", "answer": "The Nile."}\n\nHope that helps.',
    'Here:\n```json\n{"instruction": "Name a river.", "answer": "The Nile."}\n```\nDone.',
    '{"result": {"instruction": "  Name a river.\\n", "answer": "The Nile."}}',
    '<think>{"instruction": "no", "answer": "no"}</think>{"instruction": "Name a river.", "answer": "The Nile."}',
    "Instruction: Name a river.\nAnswer: The Nile.",
    "Instruction: Name a river. Answer: The Nile.",
    "instruction : Name a river.\nANSWER:The Nile.",
    "**Instruction:** Name a river.\n\n**Answer:** The Nile.",
    "**Instruction**: Name a river.\n**Answer**: The Nile.",
    "1. **Modified instruction:** Name a river.\n2. **Answer:** The Nile.",
    "New Instruction: Name a river.\nNew answer: The Nile.",
    "### Instruction\nName a river.\n\n### Answer\nThe Nile.",
    '## Instruction:\n\n"Name a river."\n\n## Answer:\n\nThe Nile.',
    "Of course.\n\nInstruction: Name a river.\nAnswer: The Nile.",
    "```\nInstruction: Name a river.\nAnswer: The Nile.\n```",
    "<instruction>Name a river.</instruction>\n<answer>The Nile.</answer>",
    "<Instruction>\nName a river.\n</Instruction><Answer>\nThe Nile.\n</Answer>",
]


@pytest.mark.parametrize("text", READ)
def test_the_forms_that_are_read(text: str) -> None:
    assert parse_fields(text, FIELDS) == GOOD


UNREADABLE = [
    "",
    "The Nile.",
    "Instruction: Name a river.",
    "Answer: The Nile.",
    "Answer: The Nile.\nInstruction: Name a river.",
    '{"instruction": "Name a river."}',
    '{"instruction": "Name a river.", "answer": ""}',
    '{"instruction": "...", "answer": "The Nile."}',
    '{"instruction": "Name a river.", "answer": null}',
    '{"instruction": "Name a river.", "answer": "The Ni',
    '{"instruction": "a", "answer": "b"} {"instruction": "c", "answer": "d"}',
    r'{"instruction": "a", "answer": "\uZZZZ"}',
    "Instruction:\nAnswer: The Nile.",
    "Instruction: a\nAnswer: b\n\nInstruction: c\nAnswer: d",
    "<instruction>a</instruction><answer>b",
    "<instruction>a<answer>b</answer></instruction>",
    "<answer>a</answer>",
]


@pytest.mark.parametrize("text", UNREADABLE)
def test_what_is_not_sure_is_not_read(text: str) -> None:
    assert parse_fields(text, FIELDS) is None


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        (r'"line\nbreak and \"quotes\""', 'line\nbreak and "quotes"'),
        ('"a raw\nline break"', "a raw\nline break"),
        (r'"\(x^2\) and C:\dir"', r"\(x^2\) and C:\dir"),
        (r'"snow\u2603 \ud83d\ude00"', "snow\u2603 \U0001f600"),
        (r'"half a pair \ud83d."', "half a pair �."),
        (r'"it holds \"answer\": \"x\" itself"', 'it holds "answer": "x" itself'),
        ("42", "42"),
        ("-3.5", "-3.5"),
    ],
)
def test_values_of_json_members(literal: str, value: str) -> None:
    assert parse_fields(f'{{"instruction": "How many?", "answer": {literal}}}', FIELDS) == {
        "instruction": "How many?",
        "answer": value,
    }


def test_the_last_field_may_hold_its_own_label() -> None:
    parsed = parse_fields("Instruction: What is 6 x 7?\nAnswer: Six times seven.\nAnswer: 42", FIELDS)
    assert parsed == {"instruction": "What is 6 x 7?", "answer": "Six times seven.\nAnswer: 42"}


def test_fields_of_any_name_come_back_in_order() -> None:
    assert parse_fields("New question: Why?\nBest-reply: So.", ("new_question", "best_reply")) == {
        "new_question": "Why?",
        "best_reply": "So.",
    }


VALUES = st.text(min_size=1).map(str.strip).filter(lambda text: any(map(str.isalnum, text)) and text.isprintable())


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    parsed = parse_fields(text, FIELDS)
    assert parsed is None or tuple(parsed) == FIELDS


PIECES = [
    '"instruction"',
    '"answer"',
    "Instruction:",
    "Answer",
    "<answer>",
    "</",
    ":",
    '"',
    "\\",
    "```",
    "\n",
    "**",
    "x",
    "{",
    " ",
]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_fragments_of_the_forms_are_taken(text: str) -> None:
    parsed = parse_fields(text, FIELDS)
    assert parsed is None or all(any(map(str.isalnum, value)) for value in parsed.values())


@given(VALUES, VALUES, st.booleans())
def test_json_comes_back_as_it_was_written(instruction: str, answer: str, ascii_only: bool) -> None:
    written = json.dumps({"instruction": instruction, "answer": answer}, ensure_ascii=ascii_only)
    assert parse_fields(f"```json\n{written}\n```", FIELDS) == {"instruction": instruction, "answer": answer}


PLAIN = st.from_regex(r"[a-z]{1,8}( [a-z]{1,8}){0,8}[.?]", fullmatch=True).filter(lambda text: "answer" not in text)


@given(PLAIN, PLAIN, st.sampled_from(["{}: {}\n{}: {}", "**{}:** {}\n\n**{}:** {}", "## {}\n{}\n## {}\n{}"]))
def test_labelled_text_comes_back_as_it_was_written(instruction: str, answer: str, form: str) -> None:
    text = form.format("Instruction", instruction, "Answer", answer)
    assert parse_fields(text, FIELDS) == {"instruction": instruction, "answer": answer}


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece", ['"instruction":"\\"', '"answer":"', "<answer>", "Answer: ", "\n", "*", "#", '"\\', "{", "```\n", " "]
)
def test_long_texts_take_linear_time(piece: str) -> None:
    """A quadratic pattern would take hours here."""
    assert parse_fields(piece * (1_000_000 // len(piece)), FIELDS) is None
