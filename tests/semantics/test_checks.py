"""Checks and judges as the module has them: each gate, what holds by default, what takes the place of what."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from musicc.diagnostics import Span
from musicc.semantics.kinds.check import FIELDS
from musicc.semantics.languages import LANGUAGES
from musicc.semantics.module import Bounds, Check, Fail, Gate, JudgeOn, Languages, Sampling, Wording
from musicc.semantics.origins import origins
from musicc.semantics.origins.text import quoted
from musicc.semantics.overlay import GATES
from tests.semantics.common import PARTS, check, codes, dialogue, module

JUDGES = """
model other {
  url      = "http://localhost:8001/v1"
  name     = "another-model"
  sampling = { top_p: 0.9 }
}
judge better { prompt = "{{ transcript_a }} or {{ transcript_b }}?"  sampling = { temperature: 0 } }
judge right { of = turn  prompt = "{{ instruction }} {{ reply }}"  verdicts = ["good", "bad"] }
"""
SPEC = PARTS + JUDGES + dialogue()


def checked(folder: Path, text: str, profile: str | None = None) -> Check:
    """The only check of the spec."""
    (found,) = module(folder, SPEC + text, profile).checks.values()
    return found


@pytest.mark.parametrize(
    ("written", "gate"),
    [
        ("length_ratio = 50%..200%", Bounds("length_ratio", 0.5, 2.0)),
        ("max_similarity = 80%", Bounds("max_similarity", 0.0, 0.8)),
        ("max_overlap = 50%", Bounds("max_overlap", 0.0, 0.5)),
        ("duplicates = 80%", Bounds("duplicates", 0.8, 1.0)),
        ("chosen_longer = 45%..55%", Bounds("chosen_longer", 0.45, 0.55)),
        ("forbid = refusal", Wording("refusal", "", False, "both")),
        ("forbid = refusal  in = chosen", Wording("refusal", "", False, "chosen")),
        ("forbid = leak", Wording("leak", "", False, "rejected")),
        (r'forbid = "\\bAs an AI\\b"', Wording("regex", r"\bAs an AI\b", False, "both")),
        (r'require = """\d"""  in = rejected', Wording("regex", r"\d", True, "rejected")),
        ('language = "en"', Languages(("en",), "both")),
        ('language = ["en", "de"]  in = chosen', Languages(("en", "de"), "chosen")),
    ],
)
def test_each_gate(tmp_path: Path, written: str, gate: Gate) -> None:
    found = checked(tmp_path, f"check c {{ of = d  {written} }}")
    assert (found.gate, found.of.name, found.fail) == (gate, "d", Fail(0, "drop"))


@pytest.mark.parametrize(
    ("written", "fail"),
    [
        ("drop", Fail(0, "drop")),
        ("mark", Fail(0, "mark")),
        ("retry(2)", Fail(2, "drop")),
        ("retry(2) then drop", Fail(2, "drop")),
        ("retry(1) then mark", Fail(1, "mark")),
    ],
)
def test_what_becomes_of_a_pair_that_fails(tmp_path: Path, written: str, fail: Fail) -> None:
    assert checked(tmp_path, f"check c {{ of = d  forbid = refusal  fail = {written} }}").fail == fail


class TestJudges:
    def placed(self, folder: Path, name: str) -> JudgeOn:
        gate = checked(folder, f"check c {{ of = d  judge = {name} on other {{ max_tokens: 8 }} }}").gate
        assert isinstance(gate, JudgeOn)
        return gate

    def test_of_a_pair(self, tmp_path: Path) -> None:
        judge = self.placed(tmp_path, "better").judge
        assert (judge.of, judge.verdicts, judge.both_orders) == ("pair", ("A", "B", "tie"), True)

    def test_of_a_turn(self, tmp_path: Path) -> None:
        judge = self.placed(tmp_path, "right").judge
        assert (judge.of, judge.verdicts, judge.both_orders) == ("turn", ("good", "bad"), False)

    def test_the_nearest_place_says_how_it_is_asked(self, tmp_path: Path) -> None:
        assert self.placed(tmp_path, "better").sampling == Sampling(0.0, 0.9, 8, ())

    def test_verdicts_of_a_turn_by_default(self, tmp_path: Path) -> None:
        text = 'judge plain { of = turn  prompt = "{{ reply }}" }  check c { of = d  judge = plain on other }'
        gate = checked(tmp_path, text).gate
        assert isinstance(gate, JudgeOn) and gate.judge.verdicts == ("yes", "no", "unclear")

    def test_what_holds_by_default_is_told(self, tmp_path: Path) -> None:
        path = tmp_path / "spec.music"
        path.write_text(SPEC + "check c { of = d  judge = right on other }")
        found = origins(path)
        assert found["better", "verdicts"].value == "[A, B, tie]"
        assert found["right", "both_orders"].value == "false"
        assert (found["c", "fail"].value, ("c", "in") in found) == ("drop", False)


class TestInPlaceOf:
    """A check asks one thing, so what a profile or `like` has it ask stands in the place of what it asked."""

    def test_under_a_profile(self, tmp_path: Path) -> None:
        text = (
            "check c { of = d  judge = better on other  fail = mark }  profile free { check c { max_overlap = 50% } }"
        )
        found = checked(tmp_path, text, "free")
        assert (found.gate, found.fail.then) == (Bounds("max_overlap", 0.0, 0.5), "mark")

    def test_with_like(self, tmp_path: Path) -> None:
        text = "check a { of = d  forbid = refusal  in = chosen }  check b like a { forbid = leak }"
        assert codes(check(tmp_path, SPEC + text)) == ["M209"]  # leaks are told of one branch
        text = 'check a { of = d  forbid = refusal  in = chosen }  check b like a { require = "x" }'
        assert module(tmp_path, SPEC + text).checks["b"].gate == Wording("regex", "x", True, "chosen")

    def test_these_fields_are_gates(self) -> None:
        assert {*GATES} == FIELDS.keys() - {"of", "in", "fail"}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
    | st.from_regex(r"[(\[a*?+\\{\d|)\]]{1,8}")
)
def test_any_text_is_a_pattern_or_told_where_it_is_none(tmp_path: Path, written: str) -> None:
    found = check(tmp_path, SPEC + f"check c {{ of = d  require = {quoted(written)} }}")
    faults = [diagnostic for diagnostic in found.diagnostics if diagnostic.code.id == "M220"]
    try:
        re.compile(written)
    except re.error:
        (fault,) = faults
        assert isinstance(fault.at, Span) and fault.at.start > (SPEC + "check c {").rindex("check")
    else:
        assert faults == []


def test_languages_are_told_by_two_letters() -> None:
    assert all(re.fullmatch("[a-z]{2}", code) for code in LANGUAGES)
    assert len(set(LANGUAGES.values())) == len(LANGUAGES) == 97


@pytest.mark.parametrize("written", ["other_instruction = 50%", "max_overlap 50%", "max_overlap =", "= 50%"])
def test_a_gate_that_cannot_be_read_is_told_once(tmp_path: Path, written: str) -> None:
    assert len(check(tmp_path, SPEC + f"check c {{ of = d  {written} }}").diagnostics) == 1
