"""The parse table of `music.lark`, as plain data.

Lark checks the grammar and computes the table; the result is kept as JSON in the user's cache folder, because reading it
back takes a few milliseconds, and importing Lark and computing it again takes a quarter of a second.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zlib import crc32

import platformdirs

from musicc import grammar

FORMAT = 1
STARTS = ("file", "tops", "items")


@dataclass(frozen=True, slots=True)
class Rule:
    """`origin: …` of `size` parts, built by `method`; with no method its one part is passed on."""

    origin: str
    method: str | None
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """`states[s][symbol]` is the state to go to if it is 0 or more, else the rule `~n` to reduce by.

    `terminals` are regular expressions in the order in which they are tried; a terminal of `keywords` is a NAME where
    the state does not take it. `starts` gives for each start symbol the state to begin in and the one to end in.
    """

    states: tuple[dict[str, int], ...]
    rules: tuple[Rule, ...]
    terminals: dict[str, str]
    keywords: frozenset[str]
    ignored: frozenset[str]
    starts: dict[str, tuple[int, int]]


@cache
def load() -> Table:
    """The table of the grammar in this installation, from the cache if it is there and whole."""
    text = (Path(grammar.__path__[0]) / "music.lark").read_text(encoding="utf-8")
    path = Path(platformdirs.user_cache_dir("musicc", appauthor=False)) / "grammar.json"
    if (data := _read(path, text)) is None:
        data = _compute(text)
        _write(path, text, data)
    return Table(
        states=tuple(data["states"]),
        rules=tuple(Rule(*rule) for rule in data["rules"]),
        terminals=data["terminals"],
        keywords=frozenset(data["keywords"]),
        ignored=frozenset(data["ignored"]),
        starts={name: (first, last) for name, (first, last) in data["starts"].items()},
    )


def _compute(text: str) -> dict[str, Any]:
    from lark import Lark
    from lark.grammar import Rule as LarkRule
    from lark.lexer import TerminalDef

    lark = Lark(text, parser="lalr", start=list(STARTS), maybe_placeholders=False)
    data, memo = lark.memo_serialize([TerminalDef, LarkRule])
    parser = data["parser"]["parser"]
    symbols = {int(key): name for key, name in parser["tokens"].items()}
    rules = {key: index for index, key in enumerate(k for k, v in memo.items() if v["__type__"] == "Rule")}
    numbers = {state: index for index, state in enumerate(parser["states"])}
    shift = 0

    def action(kind: int, argument: Any) -> int:
        return numbers[argument] if kind == shift else ~rules[argument["@"]]

    terminals = sorted(lark.terminals, key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name))
    return {
        "states": [{symbols[s]: action(*a) for s, a in row.items()} for row in parser["states"].values()],
        "rules": [_rule(memo[key]) for key in rules],
        "terminals": {t.name: t.pattern.to_regexp() for t in terminals},
        "keywords": [t.name for t in terminals if t.priority],
        "ignored": data["parser"]["lexer_conf"]["ignore"],
        "starts": {s: [numbers[parser["start_states"][s]], numbers[parser["end_states"][s]]] for s in STARTS},
    }


def _rule(rule: dict[str, Any]) -> list[Any]:
    size = len(rule["expansion"])
    passes = rule["options"]["expand1"] and size == 1 and not rule["alias"]
    origin = rule["origin"]["name"]
    return [origin, None if passes else rule["alias"] or origin, size]


def _read(path: Path, text: str) -> dict[str, Any] | None:
    """The cached data, or None if there is none, it belongs to another grammar or it is damaged."""
    try:
        head, body = path.read_bytes().split(b"\n", 1)
        if int(head) != crc32(body):
            return None
        data: dict[str, Any] = json.loads(body)
        return data if data.pop("grammar") == text and data.pop("format") == FORMAT else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _write(path: Path, text: str, data: dict[str, Any]) -> None:
    """Keeps `data` for the next start; a folder that cannot be written only costs time."""
    import tempfile

    body = json.dumps({"format": FORMAT, "grammar": text, **data}, separators=(",", ":")).encode()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(b"%d\n%b" % (crc32(body), body))
        Path(file.name).replace(path)
    except OSError:
        return
