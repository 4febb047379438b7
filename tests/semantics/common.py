"""Specs in a line or two: the parts that every dialogue needs, and checking a text."""

from collections.abc import Mapping
from pathlib import Path

from musicc.semantics import Checked, load
from musicc.semantics.module import Module

SPECS = Path(__file__).parents[2] / "specs"

PARTS = """music 1

model m {
  url  = "http://localhost:8000/v1"
  name = "some-model"
}
seeds s { from = file("std/seeds.jsonl") }
persona asker { role = user  prompt = "{{ transcript }}" }
persona helper { role = assistant }
contrast elsewhere { hidden = other_seed }
contrast forgetful { history = none }
"""


def dialogue(rules: str = "rejected { turn 1..last  elsewhere }", *, turns: str = "3", more: str = "") -> str:
    return f"""
dialogue d {{
  seeds     = s
  user      = asker on m
  assistant = helper on m
  turns     = {turns}
  {more}
  {rules}
}}
"""


def check(
    folder: Path,
    text: str,
    profile: str | None = None,
    params: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Checked:
    path = folder / "spec.music"
    path.write_text(text, encoding="utf-8")
    return load(path, profile=profile, params=params, environment=environment)


def module(folder: Path, text: str, profile: str | None = None, **settings: Mapping[str, str]) -> Module:
    """The module of a spec without errors."""
    checked = check(folder, text, profile, **settings)
    assert checked.module is not None, checked.diagnostics
    return checked.module


def codes(checked: Checked) -> list[str]:
    return [diagnostic.code.id for diagnostic in checked.diagnostics]
