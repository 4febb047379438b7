"""What can be said to a user about their input: a code, a place, a reason, a fix."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from musicc.diagnostics.source import Span

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of diagnostic, declared once (`musicc.diagnostics.codes`).

    `id` is stable (`M104`); `title` names the fault in a few words; `explanation` is what `musicc explain` prints:
    why it is a fault, an example and the mend, in Markdown.
    """

    id: str
    title: str
    explanation: str
    severity: Severity = "error"


class Note(NamedTuple):
    """A second place that takes part in the fault."""

    span: Span
    label: str


class Fix(NamedTuple):
    """An edit that mends the fault: replace `span` by `text`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fault. `at` is a span of a spec, or a place in words where there is none (`data.jsonl:17`, a URL, a folder)."""

    code: Code
    message: str
    at: Span | str | None = None
    label: str = ""
    notes: tuple[Note, ...] = ()
    help: str = ""
    fix: Fix | None = None

    @property
    def is_error(self) -> bool:
        return self.code.severity == "error"


class DiagnosticError(Exception):
    """Carries diagnostics from where a fault is found to the edge that prints them.

    `exit_code` is 1 where the input is at fault (spec, data, server), 2 where the command line or the environment is.
    """

    def __init__(self, diagnostics: Diagnostic | Iterable[Diagnostic], exit_code: Literal[1, 2] = 1) -> None:
        self.diagnostics: Sequence[Diagnostic] = (
            (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics)
        )
        self.exit_code = exit_code
        super().__init__("; ".join(f"{d.code.id}: {d.message}" for d in self.diagnostics))
