"""`musicc check` and `musicc explain`; and how every command loads a spec."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from musicc.cli.edge import Format, complain, say
from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.semantics import Checked, load
from musicc.semantics.module import Module


def load_spec(spec: Path, profile: str | None, params: Sequence[str], sweep: str | None = None) -> Checked:
    """The checked spec, with its warnings. Raises DiagnosticError for a param that is not NAME=VALUE."""
    return load(spec, profile=profile, params=settings(params), environment=os.environ, sweep=sweep)


def settings(params: Sequence[str]) -> Mapping[str, str]:
    """`-p name=value` options by name; the last of a name wins."""
    from musicc.diagnostics.codes.running import BAD_OPTION

    for param in params:
        if "=" not in param:
            fault = Diagnostic(BAD_OPTION, f"`-p {param}` is not NAME=VALUE", help="write `-p pairs=100`")
            raise DiagnosticError(fault, exit_code=2)
    return {name.strip(): value.strip() for name, value in (param.split("=", 1) for param in params)}


def require_module(spec: Path, profile: str | None, params: Sequence[str]) -> Module:
    """The module of a spec that has no error; its warnings are printed. Raises DiagnosticError with all errors."""
    return ready(load_spec(spec, profile, params))


def ready(checked: Checked) -> Module:
    """The same of a spec that is checked."""
    module = sound(checked)
    complain(checked.diagnostics)
    return module


def sound(checked: Checked) -> Module:
    """The module of a spec that has no error. Raises DiagnosticError with all errors."""
    if checked.module is None:
        raise DiagnosticError(checked.diagnostics, exit_code=2 if checked.exit_code == 2 else 1)
    return checked.module


def check_specs(
    specs: Sequence[Path],
    profile: str | None,
    params: Sequence[str],
    form: Format = Format.TEXT,
    *,
    locked: bool = False,
) -> None:
    """Checks each spec, every one to its end; with `locked` its lock as well. Raises DiagnosticError if any has an error."""
    checked = [load_spec(spec, profile, params) for spec in specs]
    diagnostics = [diagnostic for one in checked for diagnostic in one.diagnostics]
    worst = max(one.exit_code for one in checked)
    if locked and not worst:
        from musicc.cli.lock import file_drift

        drifted = [fault for spec, one in zip(specs, checked, strict=True) for fault in file_drift(spec, one)]
        diagnostics += drifted
        worst = 1 if drifted else 0
    if worst:
        raise DiagnosticError(diagnostics, exit_code=worst)
    complain(diagnostics, form)
    for spec in specs if form is Format.TEXT else ():
        say(f"{spec}: ok")


def explain_code(code: str | None) -> None:
    """Prints the explanation of a code, or all codes if none is given. Raises DiagnosticError for an unknown one."""
    from musicc.diagnostics.codes import all_codes
    from musicc.diagnostics.codes.running import BAD_OPTION
    from musicc.diagnostics.render import explain, index
    from musicc.diagnostics.suggest import closest

    codes = all_codes()
    if code is None:
        return say(index().rstrip())
    if code.upper() not in codes:
        near = closest(code.upper(), codes)
        mend = f"did you mean `{near}`?" if near else "codes look like `M104`; they stand in brackets behind `error`"
        raise DiagnosticError(Diagnostic(BAD_OPTION, f"no diagnostic has the code `{code}`", help=mend), exit_code=2)
    return say(explain(code.upper()).rstrip())
