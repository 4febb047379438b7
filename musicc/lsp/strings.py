"""What belongs inside a text: an import's path, a file's, or a template's variables, filters and statements."""

import re
from collections.abc import Iterator
from pathlib import Path

from lsprotocol.types import CompletionItemKind

from musicc.diagnostics.codes import all_codes
from musicc.lsp.desk import View, music_files
from musicc.lsp.entries import Suggestion
from musicc.lsp.place import Frame, Place
from musicc.semantics.files import STD, SUFFIX
from musicc.semantics.templates import OFFERED, environment
from musicc.syntax.scan import Token

_VARIABLE_DOCS = {
    "conversation": "what was said so far, a list of `{role, content}`",
    "transcript": "what was said so far, as text",
    "turn": "the number of this turn, from 1",
    "turns": "how many turns the row has",
    "last_reply": "what the assistant said last",
    "instruction": "what the user says in this turn",
    "reply": "what the assistant answered in this turn",
    "format": "how the reply is to be laid out, so that it can be taken apart",
    **{f"conversation_{x.lower()}": f"conversation {x}, a list of `{{role, content}}`" for x in "AB"},
    **{f"transcript_{x.lower()}": f"conversation {x}, as text" for x in "AB"},
}
_STATEMENTS = ("if", "elif", "else", "endif", "for", "endfor", "set", "with", "endwith")
_LOCAL = re.compile(r"\{%-?\s*(?:for|set)\s+(\w+)")
_TAIL = re.compile(r"(\w*)$")


def variable_doc(name: str) -> str:
    """What a template's variable holds."""
    return _VARIABLE_DOCS.get(name, "")


def in_comment(written: str, offset: int) -> Iterator[Suggestion]:
    """The warnings that `# musicc: allow(…)` may silence; any other comment is prose."""
    if match := re.search(r"musicc:\s*allow\(([^)]*[ ,])?(\w*)$", written):
        for code in all_codes().values():
            if code.severity == "warning":
                yield Suggestion(code.id, CompletionItemKind.Constant, code.title, start=offset - len(match[2]))


def in_string(view: View, place: Place, string: Token) -> Iterator[Suggestion]:
    """Where a text is being written."""
    text = view.document.text
    start = string[1] + (3 if text.startswith('"""', string[1]) else 1)
    frame = place.frame
    kinds = frame.kinds()
    if kinds[-1:] == ["IMPORT"]:
        yield from _paths(view, start)
    elif frame.sort == "call" and frame.form and frame.form.name == "file":
        yield from _data(view, start)
    elif where := template_place(view, frame):
        yield from _in_template(text[start : place.end], place.end, where)


def template_place(view: View, frame: Frame) -> str | None:
    """The place of a template whose field is being written, as `OFFERED` names it."""
    if frame.kinds()[-1:] != ["EQUAL"]:
        return None
    text = view.document.text
    field = text[slice(*frame.tokens[-2][1:])] if len(frame.tokens) > 1 else ""
    kind = frame.schema.kind
    if kind in ("persona", "variant"):
        kind = _word_of("role", view, frame) or "user"
    elif kind == "judge":
        kind = f"{_word_of('of', view, frame) or 'pair'}_judge"
    where = f"{kind}.{field}"
    return where if where in OFFERED else None


def _word_of(field: str, view: View, frame: Frame) -> str:
    """What a field of the block is, where that is a word."""
    found = re.search(rf"(?:^|\{{)\s*{field}\s*=\s*(\w+)", _block_text(view, frame), re.MULTILINE)
    return found[1] if found else ""


def _block_text(view: View, frame: Frame) -> str:
    """The source of the top-level block around a frame's first token, or what follows where it cannot be read."""
    start = frame.tokens[0][1]
    for item in view.document.file.items:
        if item.span.start <= start <= item.span.end:
            return item.span.text
    return view.document.text[start:]


def _in_template(before: str, end: int, where: str) -> Iterator[Suggestion]:
    """Inside `{{ … }}` or `{% … %}`; elsewhere a prompt is prose."""
    opening = max(before.rfind("{{"), before.rfind("{%"))
    if opening < 0 or re.search(r"\}\}|%\}", before[opening:]):
        return
    tail = _TAIL.search(before)
    start = end - len(tail[1] if tail else "")
    code = before[opening : len(before) - (end - start)].rstrip()
    for label, kind, detail in _code(before, code, where):
        yield Suggestion(label, kind, detail, start=start)


def _code(before: str, code: str, where: str) -> Iterator[tuple[str, CompletionItemKind, str]]:
    if code.endswith("."):
        yield from ((name, CompletionItemKind.Field, "of a message") for name in ("role", "content"))
    elif code.endswith("|"):
        yield from ((name, CompletionItemKind.Function, "filter") for name in sorted(environment().filters))
    elif re.search(r"\bis(\s+not)?$", code):
        yield from ((n, CompletionItemKind.Function, "test") for n in sorted(environment().tests) if n.isalpha())
    elif re.fullmatch(r"\{%-?", code):
        yield from ((name, CompletionItemKind.Keyword, "statement") for name in _STATEMENTS)
    else:
        local = dict.fromkeys(_LOCAL.findall(before))
        yield from ((name, CompletionItemKind.Variable, variable_doc(name)) for name in OFFERED[where])
        yield from ((name, CompletionItemKind.Variable, "set in this template") for name in local)


def _paths(view: View, start: int) -> Iterator[Suggestion]:
    """The standard library, and the specs near this one."""
    for path in sorted(STD.glob(f"*{SUFFIX}")):
        yield Suggestion(f"std/{path.stem}", CompletionItemKind.Module, "standard library", start=start)
    folder = view.document.path.parent
    for path in music_files(folder):
        if path != view.document.path:
            label = path.relative_to(folder).as_posix().removesuffix(SUFFIX)
            yield Suggestion(label, CompletionItemKind.File, "a spec", start=start)


def _data(view: View, start: int) -> Iterator[Suggestion]:
    """Data files of the folder that is being written, and of the library."""
    yield from (
        Suggestion(f"std/{path.name}", CompletionItemKind.File, "standard library", start=start)
        for path in sorted((STD / "data").iterdir())
    )
    folder = view.document.path.parent
    for path in _near(folder):
        yield Suggestion(path.relative_to(folder).as_posix(), CompletionItemKind.File, start=start)


def _near(folder: Path) -> Iterator[Path]:
    endings = (".jsonl", ".json", ".parquet", ".csv", ".gz")
    try:
        found = [*folder.iterdir(), *(folder / "data").glob("*")]
        yield from sorted(path for path in found if path.name.endswith(endings) and path.is_file())
    except OSError:
        return
