"""Renderings, each in full in `cases/`. How syntax errors look is in tests/syntax/cases."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicc.diagnostics import Code, Diagnostic, Note, Source, Span
from musicc.diagnostics.codes import all_codes
from musicc.diagnostics.render import explain, render_text

CASES = Path(__file__).parent / "cases"
ERROR = Code("M104", "a title", "")
WARNING = Code("M117", "a title", "", "warning")

SPEC = Source(
    "specs/skywork.music",
    'music 1\n\nimport "std/contrasts" (sidestep, other_instruction, forget_history)\n'
    + "\n" * 8
    + "dialogue d {\n  turns = 5\n  user  = a on b { n: 1 }\n  rejected {\n    turn 1  forget_histroy\n  }\n}\n",
)
WIDE = Source("other/日本.music", 'music 1\n\tname\t= "日本e\u0301語" x\nlast\x1b[31m \u202eline\x85 \u200bend\n')


def at(text, source=SPEC, nth=0):
    start = -1
    for _ in range(nth + 1):
        start = source.text.index(text, start + 1)
    return Span(source, start, start + len(text))


def one(message="a fault", span=None, label="", notes=(), **more):
    return [Diagnostic(ERROR, message, span, label, tuple(Note(*note) for note in notes), **more)]


EXAMPLES = {
    "note-elsewhere": one(
        "no contrast is named `forget_histroy`",
        at("forget_histroy"),
        "not declared or imported",
        [(at("forget_history"), "a contrast with a close name is imported here")],
        help="write `forget_history`",
    ),
    "no-label": one("a fault", at("turns")),
    "empty-span": one("a fault", Span(SPEC, at("turns").start, at("turns").start), "here"),
    "end-of-file": one("a fault", Span(SPEC, len(SPEC.text), len(SPEC.text)), "here"),
    "same-line": one("a fault", at("b"), "third", [(at("a on"), "second"), (at("user"), "first"), (at("n:"), "last")]),
    "same-line-no-label": one("a fault", at("a on b"), "", [(at("user"), "this one"), (at("1 }"), "")]),
    "same-place": one("a fault", at("turns = 5"), "the whole", [(at("turns"), "the name"), (at("5"), "the value")]),
    "next-line": one("a fault", at("turns"), "here", [(at("user"), "and here"), (at("{"), "and there")]),
    "several-lines": one("a fault", at("rejected {\n    turn 1  forget_histroy\n  }"), "all of this"),
    "several-lines-near": one("a fault", at("{\n  turns = 5\n  user"), "this", [(at("turns"), "inside")]),
    "several-lines-with-their-end": one("a fault", at("turns = 5\n"), "this"),
    "other-file": one("a fault", at("turns"), "here", [(at("x", WIDE), "there"), (at("music", WIDE), "")]),
    "wide": one(
        "a fault", at("日本e\u0301語", WIDE), "wide", [(at("x", WIDE), "behind"), (at("name", WIDE), "before")]
    ),
    "control-characters": one("say \x1b[31m\u202e", at("end", WIDE), "not\x07", help="a\x00b"),
    "long-line": one(
        "a fault", Span(Source("long", "x" * 999), 500, 510), "here", [(Span(Source("l", "é" * 900), 0, 900), "")]
    ),
    "place-in-words": one(
        "a line is malformed", "data/seeds.jsonl:17", "not JSON", help="mend the line\nor leave it out"
    ),
    "no-place": one("the disk is full", help="make room"),
    "no-place-but-notes": one("a fault", None, "", [(at("turns"), "here")]),
    "help-of-two-lines": one("a fault", at("turns"), "", help="first\nsecond"),
    "warning": [Diagnostic(WARNING, "a doubt", at("turns"), "here", (Note(at("user"), "there"),))],
    "order": [
        *one("last", at("}", nth=1)),
        *one("in a line far down", "data.jsonl:17"),
        *one("in a line higher up", "data.jsonl:9"),
        Diagnostic(WARNING, "in the middle", at("turns")),
        Diagnostic(WARNING, "in the middle", at("turns")),
        *one("in the middle", at("turns")),
        *one("first of this file", at("music")),
        *one("in no file"),
    ],
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_rendering(name, golden):
    golden(CASES / f"{name}.txt", render_text(EXAMPLES[name], colour=False))


@pytest.mark.parametrize("name", EXAMPLES)
def test_colours_only_colour(name):
    coloured = render_text(EXAMPLES[name], colour=True)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render_text(EXAMPLES[name], colour=False)


def test_colours_differ_by_severity():
    assert "\x1b[1;31merror" in render_text(EXAMPLES["no-label"], colour=True)
    assert "\x1b[1;33mwarning" in render_text(EXAMPLES["warning"], colour=True)


def test_nothing_to_say():
    assert render_text([], colour=True) == ""


def test_the_order_given_does_not_matter():
    assert render_text(reversed(EXAMPLES["order"]), colour=False) == render_text(EXAMPLES["order"], colour=False)


def test_two_readings_of_a_file_are_one_file():
    copy = Source(SPEC.name, SPEC.text)
    twice = one("a fault", at("turns"), "here") + one("a fault", at("turns", copy), "here")
    assert render_text(twice, colour=False).endswith("\n1 error\n")


@given(st.text(), st.data())
def test_any_span_can_be_shown(text, data):
    source = Source("any", text)
    spans = []
    for _ in range(3):
        start = data.draw(st.integers(0, len(text)))
        spans.append(Span(source, start, data.draw(st.integers(start, len(text)))))
    rendered = render_text(one("a fault", spans[0], "x", [(spans[1], "y"), (spans[2], "")]), colour=False)
    assert "^" in rendered
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", rendered)


def test_explain():
    code = all_codes()["M004"]
    assert explain("M004") == f"{code.id}: {code.title}\n\n{code.explanation.strip()}\n"
    with pytest.raises(KeyError):
        explain("M999")


def test_every_code_is_explained():
    for code in all_codes().values():
        assert re.fullmatch(r"M\d{3}", code.id)
        assert code.title and not code.title.endswith(".")
        assert "**Mend:**" in code.explanation or len(code.explanation) > 80, code.id
