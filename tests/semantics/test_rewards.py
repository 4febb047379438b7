"""Reward models as they are read: what holds where nothing is said, and what a profile or `like` puts in the place of what."""

from pathlib import Path

import pytest

from musicc.semantics import load
from musicc.semantics.module import Column, Lora, Reward
from musicc.semantics.origins import origins
from tests.semantics.common import PARTS, check, codes, dialogue, module


def one(folder: Path, fields: str = "", rest: str = "", profile: str | None = None) -> Reward:
    """The reward model `r`, with these fields and what else the spec declares."""
    return module(folder, text(fields) + rest, profile).rewards["r"]


def text(fields: str) -> str:
    return f'{PARTS}reward r {{ base = "x/y"  train = s.pairs  {fields} }}'


def test_what_is_not_said(tmp_path: Path) -> None:
    found = one(tmp_path)
    assert (found.method, found.lora, found.lr, found.revision) == ("full", None, 2e-6, None)
    assert (found.max_length, found.overlong, found.steps, found.epochs, found.batch) == (2048, "drop", None, 1.0, 64)
    assert (found.schedule, found.warmup, found.weight_decay) == ("linear", 0.03, 0.0)
    assert (found.margin, found.weight, found.centring, found.label_smoothing) == ("none", None, 0.0, 0.0)
    assert (found.precision, found.gradient_checkpointing) == ("auto", False)
    assert (found.token_budget, found.evaluate_every) == (None, None)


def test_a_reward_model_with_everything(tmp_path: Path) -> None:
    found = one(
        tmp_path,
        """revision = "v1"  method = lora  lora = { rank: 8, alpha: 4, dropout: 0.05 }  overlong = left
        epochs = 2.5  lr = 3e-5  schedule = cosine  warmup = 10%  weight_decay = 0.01
        margin = "music.checks.preferred.score"  weight = "trust"  centring = 0.01  label_smoothing = 5%
        precision = bf16  gradient_checkpointing = true  token_budget = 16k  evaluate_every = 50""",
    )
    assert (found.revision, found.method, found.lora) == ("v1", "lora", Lora(8, 4.0, 0.05))
    assert (found.overlong, found.steps, found.epochs, found.lr) == ("left", None, 2.5, 3e-5)
    assert (found.schedule, found.warmup, found.weight_decay) == ("cosine", 0.1, 0.01)
    assert (found.margin, found.weight) == (Column("music.checks.preferred.score"), Column("trust"))
    assert (found.centring, found.label_smoothing) == (0.01, 0.05)
    assert (found.precision, found.gradient_checkpointing) == ("bf16", True)
    assert (found.token_budget, found.evaluate_every) == (16_000, 50)


@pytest.mark.parametrize(
    ("fields", "method", "lora", "lr"),
    [
        ("method = lora", "lora", Lora(16, 32.0, 0.0), 1e-4),
        ("lora = { rank: 64 }", "lora", Lora(64, 128.0, 0.0), 1e-4),
        ("method = lora  lora = { alpha: 1 }  lr = 1", "lora", Lora(16, 1.0, 0.0), 1.0),
        ("method = frozen", "frozen", None, 2e-6),
    ],
)
def test_methods(tmp_path: Path, fields: str, method: str, lora: Lora | None, lr: float) -> None:
    found = one(tmp_path, fields)
    assert (found.method, found.lora, found.lr) == (method, lora, lr)


def test_a_margin_by_turns_and_a_column_of_that_name(tmp_path: Path) -> None:
    assert one(tmp_path, "margin = turns").margin == "turns"
    assert one(tmp_path, 'margin = "turns"').margin == Column("turns")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ("method = adapters", "M207"),
        ("lora = { rank: 0 }", "M206"),
        ("lora = { rank: 8, alpha: 5% }", "M205"),
        ("lora = { dropout: 1 }", "M206"),
        ("lora = { ranks: 8 }", "M201"),
        ("rank = 8", "M201"),
        ("method = full  lora = { rank: 8 }", "M209"),
        ("overlong = right", "M207"),
        ("schedule = step", "M207"),
        ("warmup = 0.03", "M205"),
        ("warmup = 101%", "M206"),
        ("label_smoothing = 50%", "M206"),
        ("centring = -1", "M206"),
        ("margin = rules", "M207"),
        ('margin = "music..score"', "M204"),
        ('weight = "."', "M204"),
        ("weight = 2", "M204"),
        ("precision = fp16", "M207"),
        ("gradient_checkpointing = 1", "M204"),
        ("token_budget = 16.5", "M204"),
        ("evaluate_every = 0", "M206"),
        ("steps = 5  epochs = 1", "M209"),
    ],
)
def test_what_a_field_does_not_take(tmp_path: Path, fields: str, code: str) -> None:
    assert codes(check(tmp_path, text(fields))) == [code]


@pytest.mark.parametrize(
    ("fields", "over", "method", "lora"),
    [
        ("method = lora  lora = { rank: 8 }", "method = frozen", "frozen", None),
        ("method = lora  lora = { rank: 8 }", "method = lora", "lora", Lora(8, 16.0, 0.0)),
        ("method = lora  lora = { rank: 8 }", "lora = { rank: 4 }", "lora", Lora(4, 8.0, 0.0)),
        ("method = frozen", "lora = { rank: 4 }", "lora", Lora(4, 8.0, 0.0)),
    ],
)
def test_another_method_leaves_the_adapters_behind(
    tmp_path: Path, fields: str, over: str, method: str, lora: Lora | None
) -> None:
    profiled = one(tmp_path, fields, f"profile p {{ reward r {{ {over} }} }}", "p")
    alike = module(tmp_path, f"{text(fields)} reward b like r {{ {over} }}").rewards["b"]
    assert (profiled.method, profiled.lora) == (alike.method, alike.lora) == (method, lora)


def test_another_base_leaves_the_revision_behind(tmp_path: Path) -> None:
    small = "profile small { reward r { base = smollm2_135m } }"
    found = one(tmp_path, 'revision = "v1"', small, "small")
    assert (found.base, found.revision) == ("smollm2_135m", None)
    assert one(tmp_path, 'revision = "v1"', "profile p { reward r { steps = 1 } }", "p").revision == "v1"


@pytest.mark.parametrize(("fields", "over"), [("steps = 9", "epochs = 2"), ("epochs = 2", "steps = 9")])
def test_one_duration_takes_the_place_of_the_other(tmp_path: Path, fields: str, over: str) -> None:
    found = one(tmp_path, fields, f"profile p {{ reward r {{ {over} }} }}", "p")
    assert (found.steps, found.epochs) == ((9, None) if "steps" in over else (None, 2.0))


def test_a_sweep_over_methods_and_adapters(tmp_path: Path) -> None:
    adapters = "lora = { rank: 8 }"
    sweeps = """sweep methods { r.method in [full, lora, frozen] }
    sweep ranks { r.lora in [{ rank: 8 }, { rank: 16 }]  r.margin in [turns, "score"] }
    sweep both { r.method in [full, lora]  r.lora in [{ rank: 8 }, { rank: 16 }] }"""
    path = tmp_path / "spec.music"
    path.write_text(text(adapters) + sweeps, encoding="utf-8")
    methods = [point.module.rewards["r"] for point in load(path, sweep="methods").points]
    assert [(found.method, found.lora and found.lora.rank) for found in methods] == [
        ("full", None),
        ("lora", 8),
        ("frozen", None),
    ]
    ranks = [point.module.rewards["r"] for point in load(path, sweep="ranks").points]
    assert [found.lora and found.lora.rank for found in ranks] == [8, 8, 16, 16]
    assert [found.margin for found in ranks[:2]] == ["turns", Column("score")]
    assert "M209" in codes(load(path, sweep="both"))


def test_where_every_value_was_set(tmp_path: Path) -> None:
    (tmp_path / "spec.music").write_text(text("lora = { rank: 8 }"), encoding="utf-8")
    found = {field: origin for (name, field), origin in origins(tmp_path / "spec.music").items() if name == "r"}
    shown = {field: (origin.value, origin.kind) for field, origin in found.items() if not origin.told}
    assert shown["lora.rank"] == ("8", "file")
    assert shown["lora.alpha"] == ("16", "default")
    assert (shown["method"], shown["lr"]) == (("lora", "default"), ("0.0001", "default"))
    assert shown["warmup"] == ("3%", "default")
    (tmp_path / "spec.music").write_text(text(""), encoding="utf-8")
    assert origins(tmp_path / "spec.music")["r", "lr"].value == "2e-6"


@pytest.mark.parametrize(
    ("overlong", "label"),
    [
        ("", "longer pairs are left out"),
        ("overlong = left", "the oldest turns are cut off"),
        ("overlong = error", "longer pairs stop it"),
    ],
)
def test_what_becomes_of_long_conversations_is_told(tmp_path: Path, overlong: str, label: str) -> None:
    spec = f'{PARTS}{dialogue()}reward r {{ base = "x/y"  train = d  max_length = 64  {overlong} }}'
    (warning,) = [found for found in check(tmp_path, spec).diagnostics if found.code.id == "M601"]
    assert warning.label == label
