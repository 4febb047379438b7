"""Strings: their values, and where each character of a value stands in the file."""

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicc.diagnostics import Source, Span
from musicc.syntax.literals import long_text, number, text


def whole(written):
    return Span(Source("test.music", written), 0, len(written))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (r'"a\nb"', "a\nb"),
        (r'"\t\"\\"', '\t"\\'),
        (r'"\u00e9\u4e2d"', "é中"),
        (r'"{{ x }} \\n"', r"{{ x }} \n"),
        ('""', ""),
    ],
)
def test_escapes(written, value):
    node, faults = text(whole(written))
    assert (node.value, faults) == (value, [])


def test_offsets_behind_escapes():
    written = r'"a\n{{ name }}"'
    node, _ = text(whole(written))
    start = node.value.index("name")
    assert node.part(start, start + 4).text == "name"
    assert node.part(1, 2).start == 2
    assert node.offsets[-1] == len(written) - 1


def test_long_text_loses_the_common_indent():
    node = long_text(whole('"""\n    One.\n      Two.\n\n    Three.\n  """'))
    assert node.value == "One.\n  Two.\n\nThree.\n"


@pytest.mark.parametrize(
    "written", ['"""  \n  a\n  """', '"""a\n  b"""', '"""\n  a\n  b"""', '"""a "quoted" \\n"""', '""""""', '"""\n"""']
)
def test_long_text_is_dedented_like_textwrap_does(written):
    inner = written[3:-3]
    first, newline, rest = inner.partition("\n")
    assert long_text(whole(written)).value == dedent(rest if newline and not first.strip() else inner)


LINES = st.lists(st.tuples(st.sampled_from(["", "  ", "    ", "\t", " \t"]), st.sampled_from(["", "a", "é b ", '"q"'])))


@given(LINES, st.sampled_from(["\n", "\r\n"]))
def test_long_text_and_its_offsets_agree(lines, end):
    inner = "\n" + "\n".join(indent + content for indent, content in lines)
    written = '"""' + inner.replace("\n", end) + '"""'
    node = long_text(whole(written))
    assert node.value == dedent(inner.removeprefix("\n"))
    assert len(node.offsets) == len(node.value) + 1
    assert list(node.offsets) == sorted(node.offsets)
    for character, offset in zip(node.value, node.offsets, strict=False):
        assert written[offset] == character or (character == "\n" and written[offset : offset + 2] == "\r\n")


@given(st.text(st.characters(exclude_characters='"\\\n', exclude_categories=["Cs"])))
def test_plain_strings_are_themselves(value):
    node, faults = text(whole(f'"{value}"'))
    assert (node.value, faults) == (value, [])
    assert node.offsets == tuple(range(1, len(value) + 2))


@pytest.mark.parametrize(
    ("written", "value"), [("73_000", 73000), ("1_", 1), ("1__0", 10), ("-1_.5", -1.5), ("2_e3", 2e3)]
)
def test_underscores_stand_anywhere_in_a_number(written, value):
    node, fault = number(whole(written))
    assert (node.value, fault) == (value, None)


def test_huge_numbers():
    for written in ("1e999", "-1e999", "9" * 5000):
        node, fault = number(whole(written))
        assert fault is not None and fault.code.id == "M016"
        assert node.value == 0


@pytest.mark.parametrize(
    ("written", "meant"),
    [("30sec", "s"), ("5m", "M"), ("1K", "k"), ("2hours", "h"), ("3percent", "%"), ("2X", "x"), ("1zz", None)],
)
def test_the_unit_that_was_meant(written, meant):
    node, fault = number(whole(written))
    assert fault is not None and fault.code.id == "M009"
    assert (fault.fix and fault.fix.text) == meant
    assert node.unit == (meant or "")
