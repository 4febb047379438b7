"""Each broken file in `cases/` beside what is said about it, rendered in full."""

from pathlib import Path

import pytest

from musicc.diagnostics import Code, Diagnostic, DiagnosticError, Source
from musicc.diagnostics.codes import syntax as codes
from musicc.diagnostics.render import render_text
from musicc.syntax import decode, parse

CASES = sorted((Path(__file__).parent / "cases").glob("*.music"))
DECLARED = {value.id for value in vars(codes).values() if isinstance(value, Code)}


def faults(path: Path) -> tuple[Diagnostic, ...]:
    try:
        return parse(decode(path.name, path.read_bytes())).diagnostics
    except DiagnosticError as error:
        return tuple(error.diagnostics)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_rendering(path, golden):
    golden(path.with_suffix(".txt"), render_text(faults(path), colour=False))


@pytest.mark.parametrize("path", [path for path in CASES if path.stem.startswith("M")], ids=lambda path: path.stem)
def test_a_case_shows_its_code(path):
    assert path.stem[:4] in {fault.code.id for fault in faults(path)}


def test_every_code_has_a_case():
    assert {path.stem[:4] for path in CASES if path.stem.startswith("M")} == DECLARED


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_fixes_mend(path):
    """After all fixes of a file are applied, no fault with a fix is left, and no new one has come."""
    before = faults(path)
    fixes = sorted({fault.fix for fault in before if fault.fix}, key=lambda fix: fix.span.start, reverse=True)
    if not fixes:
        return
    text = fixes[0].span.source.text
    for fix in fixes:
        text = text[: fix.span.start] + fix.text + text[fix.span.end :]
    after = parse(Source(path.name, text)).diagnostics
    assert len(after) == sum(not fault.fix for fault in before)
    assert not any(fault.fix for fault in after)
