"""The VS Code extension says of the language what the grammar and the tables say."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from musicc.semantics.kinds import SCHEMAS
from musicc.semantics.schema import Schema
from musicc.syntax import decode, parse

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "grammar" / "vscode"
TEXTMATE = json.loads((FOLDER / "syntaxes" / "music.tmLanguage.json").read_text())
RULES = TEXTMATE["repository"]
GAP = re.compile(r"\$\{\d+:([^}]*)\}|\$\{?\d+\}?")


def listed(pattern: str) -> set[str]:
    """The words of the longest alternation."""
    return set(max(re.findall(r"\(([a-z|]+)\)", pattern), key=len).split("|"))


def kinds(schemas: dict[str, Schema]) -> Iterator[str]:
    for schema in schemas.values():
        yield schema.kind
        yield from kinds(dict(schema.blocks))


def patterns(part: Any) -> Iterator[str]:
    """Every regular expression in a part of the grammar."""
    if isinstance(part, dict):
        yield from (value for key, value in part.items() if key in ("match", "begin", "end"))
        part = list(part.values())
    for inner in part if isinstance(part, list) else ():
        yield from patterns(inner)


def test_keywords_are_those_of_the_grammar() -> None:
    lark = (ROOT / "grammar" / "music.lark").read_text()
    keywords = set(re.findall(r'^[A-Z]+\.2: "(\w+)" _END$', lark, re.MULTILINE))
    assert len(keywords) >= 11
    assert listed(RULES["keyword"]["patterns"][0]["match"]) == keywords


def test_booleans_and_units_are_those_of_the_grammar() -> None:
    assert listed(RULES["boolean"]["match"]) == {"true", "false"}
    number = re.compile(RULES["number"]["match"])
    for written in ("31k", "1%", "0.5x", "2e-6", "30s", "-5", "1_000", "0.5"):
        assert number.fullmatch(written)


def test_kinds_of_blocks_are_those_of_the_tables() -> None:
    assert listed(RULES["block"]["match"]) == set(kinds(dict(SCHEMAS)))


@pytest.mark.parametrize("pattern", sorted(set(patterns(TEXTMATE))))
def test_every_pattern_compiles(pattern: str) -> None:
    re.compile(pattern)


def test_every_rule_that_is_included_is_there() -> None:
    included = set(re.findall(r'"include": "#([\w-]+)"', json.dumps(TEXTMATE)))
    assert included == RULES.keys()


def test_keywords_are_names_where_the_grammar_takes_them_for_names() -> None:
    keyword = re.compile(RULES["keyword"]["patterns"][0]["match"])
    for text in ("on = rewardbench", "like: 3", "turn.x", "lasting", "a.turn"):
        assert not keyword.search(text)
    for text in ("turn 1", "2..last  x", "a on b", "turn 1..last"):
        assert keyword.search(text)


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.json")), ids=lambda path: path.name)
def test_every_json_file_parses(path: Path) -> None:
    assert json.loads(path.read_text())


def test_the_manifest_names_files_that_are_there() -> None:
    manifest = json.loads((FOLDER / "package.json").read_text())
    contributed = manifest["contributes"]
    named = [manifest["main"], contributed["languages"][0]["configuration"]]
    named += [one["path"] for one in (*contributed["grammars"], *contributed["snippets"])]
    for name in named:
        assert (FOLDER / name).is_file()
    assert contributed["grammars"][0]["scopeName"] == TEXTMATE["scopeName"]


SNIPPETS = json.loads((FOLDER / "snippets" / "music.json").read_text())


@pytest.mark.parametrize("name", SNIPPETS)
def test_snippets_are_read_by_the_parser(name: str) -> None:
    body = GAP.sub(lambda gap: gap[1] or "x", "\n".join(SNIPPETS[name]["body"]))
    if body.startswith(("turn ", "rejected ")):
        body = f"dialogue d {{ {f'rejected {{ {body} }}' if body.startswith('turn') else body} }}"
    text = body if body.startswith("music 1") else f"music 1\n{body}\n"
    assert parse(decode("snippet", text.encode())).diagnostics == ()


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no JavaScript here to read it with")
def test_the_client_is_javascript() -> None:
    done = subprocess.run(["node", "--check", FOLDER / "extension.js"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
