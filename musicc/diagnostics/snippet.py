"""The quoted lines of one file, with what is marked in them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

from musicc.diagnostics.columns import Line, lay_out, visible
from musicc.diagnostics.source import Source, Span

Role: TypeAlias = Literal["primary", "secondary", "gutter"]
Paint: TypeAlias = Callable[[str, Role], str]

_SIGN = {"primary": "^", "secondary": "-"}


class Mark(NamedTuple):
    """Characters `start` to `end` (offsets in the line, from 0) of a line; a span of several lines is two marks."""

    line: int
    start: int
    end: int
    role: Role
    label: str


def marks(span: Span, role: Role, label: str) -> list[Mark]:
    """The first line of a long span is marked to its end, its last line from the indentation on, with the label."""
    source, start, end = span
    end = max(start, start + len(span.text.rstrip())) if "\n" in span.text else end
    (first, left), (last, right) = source.position(start), source.position(end)
    if first == last:
        return [Mark(first, left - 1, right - 1, role, visible(label))]
    text = source.line(last)
    indent = len(text) - len(text.lstrip())
    head = Mark(first, left - 1, max(left, len(source.line(first))), role, "")
    return [head, Mark(last, min(indent, right - 1), right - 1, role, visible(label))]


def draw(source: Source, groups: Sequence[Sequence[Mark]], width: int, paint: Paint) -> Iterator[str]:
    """The lines that the marks stand on, `width` being that of the line numbers. The first group leads."""
    bar = paint(f"{'':{width}} |", "gutter")
    for number, cluster in enumerate(_clusters(groups)):
        if number:
            yield bar
        yield from _draw_cluster(source, cluster, width, bar, paint)


def _clusters(groups: Sequence[Sequence[Mark]]) -> list[list[Mark]]:
    """Groups that touch are shown together, in the order of the lines."""
    clusters: list[list[Mark]] = []
    for group in groups:
        near = [cluster for cluster in clusters if _touch(cluster, group)]
        if not near:
            clusters.append(list(group))
            continue
        near[0] += group
        for other in near[1:]:
            near[0] += other
            clusters.remove(other)
    return clusters


def _touch(one: Iterable[Mark], other: Sequence[Mark]) -> bool:
    return any(abs(a.line - b.line) <= 1 for a in one for b in other)


def _draw_cluster(source: Source, cluster: list[Mark], width: int, bar: str, paint: Paint) -> Iterator[str]:
    before = 0
    for number in sorted({mark.line for mark in cluster}):
        if before and number > before + 1:
            yield paint("...", "gutter")
        before = number
        here = sorted((m for m in cluster if m.line == number), key=lambda m: (m.start, m.end, m.role))
        lead = next((m for m in here if m.role == "primary"), here[0])
        line = lay_out(source.line(number), lead.start, lead.end)
        yield f"{paint(f'{number:{width}} |', 'gutter')} {line.text}".rstrip()
        for row in _underline(line, here):
            yield f"{bar} {row.paint(paint)}".rstrip()


class _Row:
    """Screen cells, each with the role it is painted in."""

    def __init__(self) -> None:
        self._cells: list[tuple[str, Role]] = []

    def put(self, column: int, text: str, role: Role) -> None:
        missing = column + len(text) - len(self._cells)
        self._cells += [(" ", role)] * missing
        self._cells[column : column + len(text)] = [(sign, role) for sign in text]

    def paint(self, paint: Paint) -> str:
        painted, start = "", 0
        for index in range(1, len(self._cells) + 1):
            if index == len(self._cells) or self._cells[index][1] != self._cells[start][1]:
                text = "".join(sign for sign, _ in self._cells[start:index])
                painted += paint(text, self._cells[start][1]) if text.strip() else text
                start = index
        return painted


def _underline(line: Line, here: Sequence[Mark]) -> Iterator[_Row]:
    """The signs under a line; the last label stands beside them, the others below, each under its own mark."""
    signs = _Row()
    for mark in sorted(here, key=lambda m: m.role == "primary"):
        start, end = _columns(line, mark)
        signs.put(start, _SIGN[mark.role] * (end - start), mark.role)
    labelled = [mark for mark in here if mark.label]
    ends = max(_columns(line, mark)[1] for mark in here)
    if labelled and _columns(line, labelled[-1])[1] == ends:
        last = labelled.pop()
        signs.put(ends + 1, last.label, last.role)
    yield signs
    if labelled:
        yield _bars(line, labelled)
    while labelled:
        mark = labelled.pop()
        row = _bars(line, labelled)
        row.put(_columns(line, mark)[0], mark.label, mark.role)
        yield row


def _bars(line: Line, marked: Sequence[Mark]) -> _Row:
    row = _Row()
    for mark in marked:
        row.put(_columns(line, mark)[0], "|", mark.role)
    return row


def _columns(line: Line, mark: Mark) -> tuple[int, int]:
    """Where a mark begins and ends on the screen; an empty one takes one column."""
    last = len(line.columns) - 1
    start = line.columns[min(mark.start, last)]
    return start, max(start + 1, line.columns[min(mark.end, last)])
