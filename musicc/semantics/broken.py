"""What is said of a file with syntax errors only because a part of it could not be read."""

import re
from collections.abc import Iterable, Iterator, Sequence

from musicc.diagnostics import Code, Diagnostic, Note, Span
from musicc.diagnostics.codes import data, names, rules, types
from musicc.syntax.tree import Block, File, Item

_MISSING: frozenset[Code] = frozenset(
    (
        types.MISSING_FIELD,
        types.CONFLICTING_FIELDS,
        types.CONTRAST_FORM,
        types.CHECK_FORM,
        rules.NEVER_DEPARTS,
        rules.WEIGHTS,
        data.NO_VALIDATION,
    )
)
"""Something is not there: in the block, in one that it derives from, or in what a profile puts over it."""


_UNKNOWN: frozenset[Code] = frozenset((names.UNKNOWN_NAME, types.WRONG_TYPE, types.UNKNOWN_WORD))
"""What is said of a name that is not declared, in its place."""


def is_follow_up(diagnostic: Diagnostic, file: File, faults: Sequence[Diagnostic]) -> bool:
    """Whether what `diagnostic` misses may stand where one of the syntax `faults` is."""
    at = diagnostic.at
    if not faults or not isinstance(at, Span):
        return False
    if diagnostic.code in _UNKNOWN and at.text.isidentifier():
        return _stands_unread(at.text, file)
    return diagnostic.code in _MISSING and _may_be_in(at, diagnostic.notes, file, faults)


def _stands_unread(name: str, file: File) -> bool:
    word = re.compile(rf"\b{re.escape(name)}\b")
    return any(word.search(text) for text in _unread(file))


def _unread(file: File) -> Iterator[str]:
    """The text outside of what could be read, as far as it can declare a name."""
    source, start, end = file.span
    places = [item.span for item in file.items if not _holds_names(item)]
    places += [
        inner.span for block in file.items if isinstance(block, Block) for inner in block.items if _holds_names(block)
    ]
    for place in sorted(places, key=lambda span: span.start):
        yield source.text[start : place.start]
        start = max(start, place.end)
    yield source.text[start:end]


def _holds_names(item: object) -> bool:
    return isinstance(item, Block) and item.kind.text == "params"


def _may_be_in(at: Span, notes: Iterable[Note], file: File, faults: Sequence[Diagnostic]) -> bool:
    tops = [item for item in file.items if isinstance(item, Block)]
    if any(not any(_inside(fault, block) for block in tops) for fault in faults):
        return True
    own = [block for block in _around(at, tops) if block.kind.text != "profile"]
    over = [block for block in tops if any(_holds(block, note.span) for note in notes) and block.kind.text == "profile"]
    like = [base for block in own[:1] for base in _bases(block, tops)]
    return any(_inside(fault, block) for fault in faults for block in (*own[-1:], *over, *like))


def _around(at: Span, blocks: Iterable[Item | Block]) -> Iterator[Block]:
    """The blocks that `at` stands in, the outermost first."""
    for block in blocks:
        if isinstance(block, Block) and _holds(block, at):
            yield block
            yield from _around(at, block.items)


def _holds(block: Block, at: Span) -> bool:
    return at.source is block.span.source and block.span.start <= at.start < block.span.end


def _inside(fault: Diagnostic, block: Block) -> bool:
    return isinstance(fault.at, Span) and block.span.start <= fault.at.start <= block.span.end


def _bases(block: Block, blocks: Sequence[Block]) -> list[Block]:
    """All that the block derives from, and what it changes in a profile."""
    chain: list[Block] = []
    name = block.name.text if block.name else ""
    while base := next((one for one in blocks if one.name and one.name.text == name and one not in chain), None):
        chain.append(base)
        name = base.like.text if base.like else ""
    return [base for base in chain if base is not block]
