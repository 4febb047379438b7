"""The tree of whole files: nothing is lost, and every node knows its place."""

import itertools
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from musicc.diagnostics import Source, Span
from musicc.syntax import parse
from musicc.syntax.tree import (
    Between,
    Block,
    Boolean,
    Call,
    Field,
    Import,
    ListOf,
    MapOf,
    Name,
    Node,
    Number,
    On,
    Ref,
    SweepPoint,
    Text,
    Then,
    TurnRule,
    Without,
)

HERE = Path(__file__).parent
SPEC = (HERE / "skywork.music").read_text(encoding="utf-8")


def read(text, name="test.music"):
    parsed = parse(Source(name, text))
    assert parsed.diagnostics == ()
    return parsed.file


def block(body):
    (item,) = read(f"music 1\nmodel m {{ {body} }}").items
    return item


def value(text):
    (item,) = block(f"x = {text}").items
    assert isinstance(item, Field)
    return item.value


def shape(node) -> str:
    """A node without its spans."""
    if isinstance(node, Node):
        inner = (f"{f.name}={shape(getattr(node, f.name))}" for f in fields(node) if f.name not in ("span", "offsets"))
        return f"{type(node).__name__}({', '.join(inner)})"
    if isinstance(node, tuple):
        return f"[{', '.join(map(shape, node))}]"
    return repr(node)


def outline(node, indent="") -> Iterator[str]:
    """One line for each node, with the text it stands for if that fits on a line."""
    shown = node.span.text if len(node.span.text) <= 60 and "\n" not in node.span.text else "…"
    yield f"{indent}{type(node).__name__}  {shown}"
    for child in children(node):
        yield from outline(child, indent + "  ")


def children(node) -> Iterator[Node]:
    for f in fields(node):
        part = getattr(node, f.name)
        if f.name != "offsets":
            yield from (child for child in (part if isinstance(part, tuple) else (part,)) if isinstance(child, Node))


def walk(node) -> Iterator[Node]:
    yield node
    for child in children(node):
        yield from walk(child)


def test_the_spec_of_the_paper(golden):
    golden(HERE / "skywork.tree.txt", "\n".join(outline(read(SPEC))) + "\n")


def test_children_lie_in_their_parents_and_in_order():
    for parent in walk(read(SPEC)):
        inner = [child for child in children(parent) if child not in getattr(parent, "comments", ())]
        spans = [child.span for child in inner]
        assert all(parent.span.start <= span.start <= span.end <= parent.span.end for span in spans)
        assert all(one.end <= next_.start for one, next_ in itertools.pairwise(spans))


def test_names_and_texts_stand_where_their_spans_say():
    for node in walk(read(SPEC)):
        if isinstance(node, Name | Ref):
            assert node.span.text == node.text
        if isinstance(node, Text):
            assert "".join(SPEC[i] for i in node.offsets[:-1]) == node.value
            assert len(node.offsets) == len(node.value) + 1


def test_comments():
    file = read("# first\nmusic 1 # second\r\n  # third  \nparams { # fourth\n}# fifth")
    assert [(c.text, c.own_line) for c in file.comments] == [
        ("# first", True),
        ("# second", False),
        ("# third", True),
        ("# fourth", False),
        ("# fifth", False),
    ]
    assert all(c.span.text == c.text for c in file.comments)


def test_a_hash_in_a_string_is_no_comment():
    assert read('music 1 params { a = "# no" }').comments == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("31k", "Number(value=31, unit='k')"),
        ("4M", "Number(value=4, unit='M')"),
        ("2B", "Number(value=2, unit='B')"),
        ("1%", "Number(value=1, unit='%')"),
        ("2e-6", "Number(value=2e-06, unit='')"),
        ("1.5h", "Number(value=1.5, unit='h')"),
        ("30s", "Number(value=30, unit='s')"),
        ("5min", "Number(value=5, unit='min')"),
        ("100ms", "Number(value=100, unit='ms')"),
        ("0.5x", "Number(value=0.5, unit='x')"),
        ("-1", "Number(value=-1, unit='')"),
        ("73_000", "Number(value=73000, unit='')"),
        ("true", "Boolean(value=True)"),
        ("false", "Boolean(value=False)"),
        ('"a"', "Text(value='a')"),
        ("a.b", "Ref(parts=[Name(text='a'), Name(text='b')])"),
        ("truest", "Ref(parts=[Name(text='truest')])"),
        ("[]", "ListOf(items=[])"),
        ("[1, 2,]", "ListOf(items=[Number(value=1, unit=''), Number(value=2, unit='')])"),
        ("{}", "MapOf(entries=[])"),
        ("f()", "Call(name=Name(text='f'), arguments=[])"),
    ],
)
def test_values(text, expected):
    assert shape(value(text)) == expected


def test_maps_take_commas_or_not_and_dotted_keys():
    one, other = value("{ a: 1, b.c: x, }"), value("{ a: 1 b.c: x }")
    assert shape(one) == shape(other)
    assert isinstance(one, MapOf)
    assert [entry.key.text for entry in one.entries] == ["a", "b.c"]


def test_calls():
    call = value('hub("x", split = "train", prefix(1..4),)')
    assert isinstance(call, Call)
    assert [(a.name and a.name.text, type(a.value)) for a in call.arguments] == [
        (None, Text),
        ("split", Text),
        (None, Call),
    ]


def test_ranges():
    for text in ("3..7", "2..last", "1..turns"):
        assert isinstance(value(text), Between)
        assert value(text).span.text == text


def test_on_and_then():
    then = value("replay then curious_user on gemini { temperature: 1.0 }")
    assert isinstance(then, Then) and isinstance(then.second, On)
    assert shape(then.first) == "Ref(parts=[Name(text='replay')])"
    assert then.second.model.text == "gemini"
    assert then.second.settings is not None
    assert shape(value("retry(2) then mark").second) == "Ref(parts=[Name(text='mark')])"


@pytest.mark.parametrize(
    "name",
    [
        "music",
        "import",
        "like",
        "without",
        "in",
        "turn",
        "any",
        "last",
        "when",
        "then",
        "on",
        "true",
        "false",
        "model",
        "rejected",
    ],
)
def test_a_keyword_is_a_name_where_no_keyword_can_stand(name):
    first, second = block(f"a = {{ {name}: x }} {name} = y").items
    assert first.value.entries[0].key.text == name
    assert second.name.text == name
    assert value(f"f({name} = 1)").arguments[0].name.text == name


def test_several_fields_on_one_line():
    items = block("score = [rm, baseline]  on = rewardbench  seeds = skywork then mark turn = 3").items
    assert [item.name.text for item in items] == ["score", "on", "seeds", "turn"]


def test_blocks():
    file = read("music 1 params { } reward a like b { x { } variant v { } }")
    params, reward = file.items
    assert shape(params) == "Block(kind=Name(text='params'), name=None, like=None, items=[])"
    assert isinstance(reward, Block) and reward.like is not None and reward.like.text == "b"
    assert [(item.kind.text, item.name and item.name.text) for item in reward.items] == [("x", None), ("variant", "v")]
    assert reward.span.text == "reward a like b { x { } variant v { } }"


def test_imports():
    (item,) = read('music 1 import "std/judges" (a, b,)').items
    assert isinstance(item, Import)
    assert (item.path.value, [name.text for name in item.names]) == ("std/judges", ["a", "b"])


def test_without_and_sweep_points():
    without, dotted, plain = block("without preferred d.turns in [2, 3] n in [1]").items
    assert isinstance(without, Without) and without.name.text == "preferred"
    assert isinstance(dotted, SweepPoint) and dotted.field.text == "d.turns" and len(dotted.values.items) == 2
    assert isinstance(plain, SweepPoint) and plain.field.text == "n"


def rule(text):
    (item,) = block(text).items
    assert isinstance(item, TurnRule)
    assert item.span.text == text
    return item


def test_turn_rules():
    one = rule("turn 1 faithful")
    assert (one.any, one.when, one.alternatives[0].weight) == (False, None, None)
    assert shape(rule("turn last sidestep").turns) == "Ref(parts=[Name(text='last')])"
    assert isinstance(rule("turn 3..last a").turns, Between)
    weighted = rule("turn 2..4 60% a | 30% b on m { temperature: 1 } | 10% faithful")
    assert [a.weight.value for a in weighted.alternatives] == [60, 30, 10]
    assert isinstance(weighted.alternatives[1].rule, On)
    drawn = rule("turn any 2 sidestep")
    assert drawn.any and drawn.turns.value == 2
    condition = rule("turn 1..last a when words(instruction) >= 5").when
    assert (condition.measure.name.text, condition.comparison, condition.bound.value) == ("words", ">=", 5)


def test_items_follow_a_turn_rule_on_its_line():
    items = block("turn 1 a turn any 2 b on m turn = 5 without c").items
    assert [type(item).__name__ for item in items] == ["TurnRule", "TurnRule", "Field", "Without"]


@pytest.mark.parametrize("text", [SPEC.replace("\n", "\r\n"), "\ufeff" + SPEC, SPEC.replace("  ", "\t")])
def test_line_ends_byte_order_marks_and_tabs_change_nothing(text):
    assert shape(read(text)).replace("\\r", "") == shape(read(SPEC))


def test_a_file_of_nothing_but_the_edition():
    file = read("music 1")
    assert (file.items, shape(file.edition)) == ((), "Number(value=1, unit='')")
    assert file.span == Span(file.span.source, 0, 7)


def test_types_of_the_tree_are_all_covered():
    seen = {type(node).__name__ for node in walk(read(SPEC))}
    assert {"Import", "Block", "Field", "TurnRule", "Without", "SweepPoint", "On", "Between", "Call"} <= seen
    assert isinstance(value("true"), Boolean) and isinstance(value("1"), Number) and isinstance(value("[1]"), ListOf)
