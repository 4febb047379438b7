"""Every code of a spec's faults has failing specs, each beside its rendered diagnostics."""

import os
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from musicc.diagnostics import Code
from musicc.diagnostics.codes import data, names, rules, training, types
from musicc.diagnostics.render import render_text
from musicc.semantics import Checked, load

CASES = Path(__file__).parent / "cases"
SPECS = sorted(CASES.glob("M*.music"))
OWN = {
    value for module in (names, types, rules, training) for value in vars(module).values() if isinstance(value, Code)
}
OWN |= {data.NO_FILE, data.UNPINNED, data.NO_VALIDATION, data.APART_FROM_ITSELF}
OWN -= {rules.CONTEXT_FULL}  # given by the plan


def check(path: Path) -> Checked:
    """Checks a case from its own folder; a first line `# run: …` holds the command's options."""
    first = path.read_text(encoding="utf-8").partition("\n")[0] if path.is_file() else ""
    options = shlex.split(first.removeprefix("# run:")) if first.startswith("# run:") else []
    pairs = list(zip(options[::2], options[1::2], strict=True))
    profile, sweep = (next((value for o, value in pairs if o == option), None) for option in ("--profile", "--sweep"))
    params = dict(value.split("=", 1) for option, value in pairs if option == "-p")
    before = Path.cwd()
    os.chdir(path.parent)
    try:
        return load(Path(path.name), profile=profile, params=params, sweep=sweep)
    finally:
        os.chdir(before)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_case(path: Path, golden: Callable[[Path, str], None]) -> None:
    checked = check(path)
    assert {d.code.id for d in checked.diagnostics} == {path.stem[:4]}
    assert (checked.module is None) == any(d.is_error for d in checked.diagnostics)
    text = render_text(checked.diagnostics, colour=False)
    golden(path.with_suffix(".txt"), text.replace(str(CASES), "<cases>").replace(str(CASES.parents[2]), "<repository>"))


def test_every_code_has_a_case() -> None:
    assert {code.id for code in OWN} - {path.stem[:4] for path in SPECS} == set()


def test_no_case_gives_the_same_fix_as_the_text() -> None:
    for path in SPECS:
        for diagnostic in check(path).diagnostics:
            if diagnostic.fix:
                assert diagnostic.fix.span.text != diagnostic.fix.text
