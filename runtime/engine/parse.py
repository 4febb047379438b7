"""A structured reply, taken apart into its fields.

The form that is asked for is a JSON object. Endpoints without structured replies answer in whatever form the model
falls into, so labelled text and tags are read as well. A field that is missing, empty or told twice makes the reply
unparsable: it is drawn again rather than guessed at.
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

_FENCED = re.compile(r"\s*```[\w-]*\n(.*?)\n?```\s*", re.DOTALL)
_STRAY = re.compile(r"\\(.)", re.DOTALL)
_DECORATION = r"[*_`]{0,3}"
_ADJECTIVE = r"(?:(?:modified|new|revised|rewritten)[ _-])?"


@lru_cache(1024)  # a reply is taken apart when it is judged, and again when it is used
def parse_fields(text: str, fields: tuple[str, ...]) -> Mapping[str, str] | None:
    """The value of each of `fields` in order, or None when the text does not hold all of them, non-empty.

    Read are, in this order: members of a JSON object (in a code fence, amid other text, with trailing commas or raw line
    breaks), tags (`<answer>…</answer>`) and labels (`Answer: …`, also bold or as a heading). Takes linear time.
    """
    said = text.partition("</think>")[2] if text.lstrip().startswith("<think>") else text
    fenced = _FENCED.fullmatch(said)
    body = fenced[1] if fenced else said
    for read in (_members, _tagged, _labelled):
        found = read(body, fields)
        if found is not None:
            whole = all(map(_says_something, found.values()))
            return MappingProxyType({name: found[name] for name in fields}) if whole else None
    return None


def _says_something(value: str) -> bool:
    return any(char.isalnum() for char in value)


def _names(fields: tuple[str, ...]) -> str:
    return "|".join(re.escape(name).replace("_", "[ _-]") for name in fields)


@lru_cache
def _key(name: str, fields: tuple[str, ...]) -> str:
    """The field that was written `name`, whatever its case and word separators."""
    plain = re.sub("[ _-]", "_", name.casefold())
    return next(field for field in fields if field.casefold().replace("-", "_") == plain)


def _collect(pairs: list[tuple[str, str]], fields: tuple[str, ...]) -> dict[str, str] | None:
    """Each field exactly once, or None."""
    found = dict(pairs)
    return found if len(pairs) == len(fields) and len(found) == len(fields) else None


@lru_cache
def _member_pattern(fields: tuple[str, ...]) -> re.Pattern[str]:
    # No escaped quote can open a key, and a value ends at the latest where the next key would begin: one linear pass.
    return re.compile(rf'(?<!\\)"({_names(fields)})"\s*:\s*("(?:[^"\\]|\\.)*+"|-?\d[\d.]*+)', re.IGNORECASE | re.DOTALL)


def _members(text: str, fields: tuple[str, ...]) -> dict[str, str] | None:
    found = _member_pattern(fields).finditer(text) if '"' in text else ()
    pairs = [(_key(m[1], fields), _value(m[2])) for m in found]
    return _collect(pairs, fields)


def _value(literal: str) -> str:
    """A JSON string or number as text. Backslashes that escape nothing (LaTeX, paths) stand for themselves."""
    if not literal.startswith('"'):
        return literal
    mended = _STRAY.sub(lambda m: m[0] if m[1] in '"\\/bfnrtu' else "\\" + m[0], literal)
    try:
        value: str = json.loads(mended, strict=False)
    except ValueError:  # \u without its digits
        return ""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()


@lru_cache
def _tag_pattern(fields: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"<(/?)({_names(fields)})>", re.IGNORECASE)


def _tagged(text: str, fields: tuple[str, ...]) -> dict[str, str] | None:
    tags = list(_tag_pattern(fields).finditer(text))
    pairs = []
    for opening, closing in zip(tags[::2], tags[1::2], strict=False):
        name = _key(opening[2], fields)
        if opening[1] or not closing[1] or _key(closing[2], fields) != name:
            return None
        pairs.append((name, text[opening.end() : closing.start()].strip()))
    return _collect(pairs, fields) if len(tags) == 2 * len(fields) else None


@lru_cache
def _label_patterns(fields: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Labels that open a line (a colon follows, or nothing else), and labels anywhere after a space."""
    opening = rf"^[ \t>#]{{0,8}}(?:\d[.)][ \t])?{_DECORATION}{_ADJECTIVE}({_names(fields)}){_DECORATION}"
    line = rf"{opening}[ \t]*(?:[:：]{_DECORATION}|$)"
    inline = rf"(?:^|(?<=\s)){_DECORATION}{_ADJECTIVE}({_names(fields)}){_DECORATION}[:：]{_DECORATION}"
    flags = re.IGNORECASE | re.MULTILINE
    return re.compile(line, flags), re.compile(inline, flags)


def _labelled(text: str, fields: tuple[str, ...]) -> dict[str, str] | None:
    line, inline = _label_patterns(fields)
    return _by_labels(text, fields, line) or _by_labels(text, fields, inline)


def _by_labels(text: str, fields: tuple[str, ...], label: re.Pattern[str]) -> dict[str, str] | None:
    """The fields in order, each up to the next one's label. The last may hold its own label again (a result, say)."""
    labels = [(_key(m[1], fields), m.start(), m.end()) for m in label.finditer(text)]
    names = [name for name, _, _ in labels]
    if tuple(names[: len(fields)]) != fields or set(names[len(fields) :]) - {fields[-1]}:
        return None
    ends = [start for _, start, _ in labels[1 : len(fields)]] + [len(text)]
    return {name: _unquoted(text[begin:end]) for (name, _, begin), end in zip(labels, ends, strict=False)}


def _unquoted(value: str) -> str:
    bare = value.strip()
    inner = bare[1:-1]
    return inner.strip() if len(bare) > 1 and bare[0] == bare[-1] == '"' and '"' not in inner else bare
