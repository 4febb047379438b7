"""Templates, checked against the variables that their place offers, with every fault at its place inside the text."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from musicc.diagnostics import Code, Diagnostic, Fix, Note, Span
from musicc.diagnostics.codes import types as codes
from musicc.diagnostics.suggest import closest
from musicc.semantics.names import any_of
from musicc.semantics.tags import brace_faults, tag_fault
from musicc.syntax.tree import Text

if TYPE_CHECKING:
    from jinja2 import Environment, nodes
    from jinja2.sandbox import ImmutableSandboxedEnvironment

_WORD = re.compile(r"\w+|\S")
_CONVERSATION = ("conversation", "transcript", "turn", "turns")
_PAIR = ("conversation_a", "conversation_b", "transcript_a", "transcript_b")

OFFERED: dict[str, tuple[str, ...]] = {
    "user.prompt": (*_CONVERSATION, "last_reply"),
    "user.system": (*_CONVERSATION, "last_reply"),
    "assistant.system": ("turn", "turns"),
    "contrast.prompt": ("instruction", *_CONVERSATION, "format"),
    "contrast.rewrite": ("instruction", *_CONVERSATION),
    "contrast.system": ("turn", "turns"),
    "pair_judge.prompt": _PAIR,
    "pair_judge.system": _PAIR,
    "turn_judge.prompt": (*_CONVERSATION, "instruction", "reply"),
    "turn_judge.system": (*_CONVERSATION, "instruction", "reply"),
}
"""The variables of each place. `conversation` is a list of `{role, content}`, `transcript` the same as text."""


class Templates:
    """Checks templates; each text of a spec once, however many profiles it is read under."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, str], tuple[Text, tuple[Diagnostic, ...]]] = {}
        self._environment: ImmutableSandboxedEnvironment | None = None

    def faults(self, text: Text, place: str) -> tuple[Diagnostic, ...]:
        key = (id(text), place)
        if key not in self._found:
            self._found[key] = (text, tuple(self._check(text, OFFERED[place])))
        return self._found[key][1]

    def _check(self, text: Text, offered: tuple[str, ...]) -> Iterator[Diagnostic]:
        if "{" not in text.value and "}" not in text.value:
            return
        from jinja2 import TemplateSyntaxError

        if self._environment is None:
            self._environment = environment()
        try:
            template = parsed(self._environment, text.value)
            yield from _check_names(template, self._environment, text, offered)
            yield from brace_faults(text, offered)
        except TemplateSyntaxError as fault:
            yield tag_fault(text) or _syntax(fault.message or "", fault.lineno, text)
        except RecursionError:
            yield _syntax("nested too deeply", 0, text)


def environment() -> "ImmutableSandboxedEnvironment":
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(undefined=StrictUndefined)


def parsed(environment: "Environment", text: str) -> "nodes.Template":
    """The template's tree, with the offset in `text` of each node in the place of its line number.

    Jinja keeps only lines. Its parser passes on whatever number a token carries, so tokens get their offsets.
    Raises TemplateSyntaxError, its `lineno` an offset too.
    """
    from jinja2.lexer import TokenStream
    from jinja2.parser import Parser

    parser = Parser(environment, "")
    parser.stream = TokenStream(environment.lexer.wrap(_placed(environment, text)), None, None)
    return parser.parse()


def _placed(environment: "Environment", text: str) -> Iterator[tuple[int, str, str]]:
    from jinja2 import TemplateSyntaxError

    end = 0
    try:
        for _, kind, value in environment.lexer.tokeniter(text, None):
            start = text.find(value, end)
            start = end if start < 0 else start
            end = start + len(value)
            yield start, kind, value
    except TemplateSyntaxError as fault:
        raise TemplateSyntaxError(fault.message or "", min(end, len(text))) from None


def _check_names(
    template: "nodes.Template", environment: "Environment", text: Text, offered: tuple[str, ...]
) -> Iterator[Diagnostic]:
    from jinja2 import nodes
    from jinja2.meta import find_undeclared_variables

    for alone in template.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        yield _syntax("a prompt stands alone and takes nothing from other templates", alone.lineno, text)
        return
    unknown = list(_unknown_functions(template, environment, text))
    yield from unknown
    if not unknown:
        names = find_undeclared_variables(template) - set(offered)
        places = {
            node.name: node.lineno for node in reversed(list(template.find_all(nodes.Name))) if node.ctx == "load"
        }
        for name in sorted(names, key=lambda name: places[name]):
            yield _variable(name, places[name], text, offered)


def _unknown_functions(template: "nodes.Template", environment: "Environment", text: Text) -> Iterator[Diagnostic]:
    from jinja2 import nodes

    for node in template.find_all((nodes.Filter, nodes.Test)):
        kind, known = ("filter", environment.filters) if isinstance(node, nodes.Filter) else ("test", environment.tests)
        if node.name not in known:
            start = max(text.value.find(node.name, node.lineno), 0)
            yield _named(
                codes.TEMPLATE_FILTER, f"templates have no {kind} `{node.name}`", node.name, start, text, known, kind
            )


def _variable(name: str, start: int, text: Text, offered: Iterable[str]) -> Diagnostic:
    return _named(codes.TEMPLATE_VARIABLE, f"the variable `{name}` is not offered here", name, start, text, offered, "")


def _named(code: Code, message: str, name: str, start: int, text: Text, known: Iterable[str], kind: str) -> Diagnostic:
    span = text.part(start, start + len(name))
    close = closest(name, known)
    offer = f"this place offers {any_of((f'`{word}`' for word in known), ' and ')}" if not kind else ""
    return Diagnostic(
        code,
        message,
        span,
        label=f"not {'a ' + kind if kind else 'offered'}",
        notes=_opening(text, span) if not close else (),
        help=f"write `{close}`" if close else offer,
        fix=Fix(span, close) if close else None,
    )


def _opening(text: Text, span: Span) -> tuple[Note, ...]:
    """Where a long text begins: with the name of its field."""
    source, start, _ = text.span
    far = "\n" in source.text[start : span.start]
    return (Note(Span(source, start, start + 3), "in this text"),) if far else ()


def _syntax(message: str, start: int, text: Text) -> Diagnostic:
    start = min(start, len(text.value) - 1)
    word = _WORD.match(text.value, start)
    return Diagnostic(
        codes.TEMPLATE_SYNTAX,
        f"the template cannot be read: {_sentence(message)}",
        text.part(start, word.end() if word else start + 1),
        label="here",
    )


def _sentence(message: str) -> str:
    """The first sentence of one of Jinja's messages, without the offset that it counts itself."""
    first = re.sub(r" at \d+$", "", message.split(". ", maxsplit=1)[0].rstrip("."))
    return first[:1].lower() + first[1:]
