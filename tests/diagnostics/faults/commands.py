"""Faults of a command line, of a build as a whole, and of plans that do not fit."""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from unittest.mock import patch

import pytest
import typer

from musicc.cli import build, edge
from musicc.cli.check import settings
from musicc.diagnostics import Diagnostic
from musicc.plan.compile import compile_module
from musicc.plan.fits import fits
from musicc.runtime.engine.checks import language
from musicc.runtime.progress import Progress
from tests.diagnostics.faults import inside, told
from tests.semantics.common import PARTS, dialogue, module

Told = Sequence[Diagnostic]


def m320(folder: Path) -> Told:
    spec = PARTS.replace('name = "some-model"', 'name = "some-model"\n  context = 4096') + dialogue(turns="20")
    with inside(folder):
        checked = module(Path(), spec)
    return fits(compile_module(checked), checked)


def m590(folder: Path) -> Told:
    return told(lambda: settings(["pairs"]))


def m591(folder: Path) -> Told:
    failed = SimpleNamespace(failed=Counter(unparsable=9, truncated=3), dropped=Counter(), pairs=0, rows=12)
    dropped = SimpleNamespace(failed=Counter(truncated=3), dropped=Counter(preferred=8, short=1), pairs=0, rows=12)
    builds = [(cast(Progress, one), Path("build/x/default")) for one in (failed, dropped)]
    return told(lambda: build.refuse_nothing(builds))


def m594(folder: Path) -> Told:
    language.detector.cache_clear()
    with patch.dict(sys.modules, {"py3langid": None, "py3langid.langid": None}):
        return told(lambda: language.told_language("Guten Tag!", ["en"]))


def m599(folder: Path) -> Told:
    """What nobody foresaw: a bug."""
    found: list[Diagnostic] = []
    keep = patch.object(edge, "complain", lambda diagnostics, form: found.extend(diagnostics))
    with keep, patch("tempfile.tempdir", str(folder)), pytest.raises(typer.Exit), edge.edge():
        raise ZeroDivisionError("division by zero")
    return found
