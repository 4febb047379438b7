"""The paper's spec, compiled: its plans are golden files, and do not depend on how the spec is written."""

from pathlib import Path

import pytest

from musicc.plan.compile import compile_module
from musicc.plan.cost import estimate
from musicc.plan.document import Plan
from musicc.plan.serialise import digest, dump
from musicc.semantics import load
from tests.plan import golden

SPEC = Path(__file__).parents[2] / "specs" / "skywork.music"
PROFILES = (None, "embedded")


def compiled(path: Path, profile: str | None) -> Plan:
    checked = load(path, profile=profile)
    assert checked.module is not None, checked.diagnostics
    return compile_module(checked.module)


@pytest.mark.parametrize("profile", PROFILES)
def test_plan_is_golden(profile: str | None) -> None:
    golden.check(f"skywork/{profile or 'default'}.json", dump(compiled(SPEC, profile)).decode())


@pytest.mark.parametrize("profile", PROFILES)
def test_comments_and_layout_change_nothing(profile: str | None, tmp_path: Path) -> None:
    """Neither do blank lines, nor where the spec lies, nor blocks that no dialogue uses."""
    lines = SPEC.read_text(encoding="utf-8").splitlines()
    bare = [line.split("  # ")[0].rstrip() for line in lines if line.strip() and not line.startswith("#")]
    moved = tmp_path / "elsewhere" / "skywork.music"
    moved.parent.mkdir()
    extra = 'model unused { url = "http://localhost:1/v1"  name = "idle" }'
    moved.write_text("\n\n".join([*bare, extra]) + "\n# the end\n", encoding="utf-8")
    assert moved.read_text(encoding="utf-8") != SPEC.read_text(encoding="utf-8")
    assert dump(compiled(moved, profile)) == dump(compiled(SPEC, profile))


def test_profiles_are_different_builds() -> None:
    assert len({digest(compiled(SPEC, profile)) for profile in PROFILES}) == 2


def test_the_paper_s_build_in_numbers() -> None:
    """Turn 1 is the seed's. In turns 2 to 5 each branch has a user of its own, and five replies each; two orders are judged."""
    plan = compiled(SPEC, None)
    lines = {line.role: line.usage.calls for line in estimate(plan, {"contrastive": 31_000}).lines}
    assert lines == pytest.approx(
        {"user": 31_000 * 8, "chosen": 31_000 * 5, "rejected": 31_000 * 5, "judge": 31_000 * 2}
    )


def test_the_embedded_build_needs_no_user() -> None:
    plan = compiled(SPEC, "embedded")
    lines = {line.role: line.usage.calls for line in estimate(plan, {"contrastive": 8}).lines}
    assert lines == pytest.approx({"chosen": 16, "rejected": 16})
