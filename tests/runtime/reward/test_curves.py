"""The picture of a training: whole files with the same bytes each time, of any log."""

from math import inf, nan
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicc.diagnostics import DiagnosticError
from musicc.runtime.reward.curves import SMOOTHED_FROM, draw, points, smoothed

pytest.importorskip("matplotlib")

PNG = b"\x89PNG\r\n\x1a\n"


def log(steps: int) -> list[dict[str, Any]]:
    """As a Trainer keeps it: entries of training, of evaluation, and one of the end."""
    entries: list[dict[str, Any]] = []
    for step in range(1, steps + 1):
        entries.append({"step": step, "loss": 0.7 - step / 1e3, "accuracy": 0.5 + step % 3 / 10, "learning_rate": 1e-6})
        if step % 5 == 0:
            entries.append({"step": step, "eval_loss": 0.69, "eval_accuracy": 0.55, "eval_margin": 0.1})
    return [*entries, {"step": steps, "train_runtime": 3.0, "train_loss": 0.6}]


@pytest.mark.parametrize(
    "history",
    [
        [],
        log(1),
        log(12),
        log(2 * SMOOTHED_FROM),
        [{"step": 3, "eval_loss": 0.6}],
        [{"step": 1, "loss": nan, "accuracy": inf}],
    ],
    ids=["nothing", "one step", "short", "long", "one evaluation", "not finite"],
)
def test_any_log_is_drawn(history: list[dict[str, Any]], tmp_path: Path) -> None:
    draw(history, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["curves.png", "curves.svg"]
    assert (tmp_path / "curves.png").read_bytes().startswith(PNG)
    assert ElementTree.parse(tmp_path / "curves.svg").getroot().tag.endswith("svg")


def test_equal_logs_are_equal_files(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "other", "another")]
    for folder, history in zip(folders, (log(20), log(20), log(21)), strict=True):
        folder.mkdir()
        draw(history, folder)
    for name in ("curves.png", "curves.svg"):
        one, other, another = ((folder / name).read_bytes() for folder in folders)
        assert one == other != another


def test_no_state_of_matplotlib_is_touched(tmp_path: Path) -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    draw(log(3), tmp_path)
    assert dict(mpl.rcParams) == before


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError):
        draw(log(3), tmp_path / "missing")


def test_points_are_those_of_a_key_in_the_order_of_steps() -> None:
    history = [
        {"step": 20, "loss": 0.5},
        {"step": 10, "loss": 0.9},
        {"step": 10, "loss": 0.6},  # gone through again after a resume
        {"step": 30, "loss": nan},
        {"step": 40, "eval_loss": 0.4},
    ]
    assert points(history, "loss") == [(10.0, 0.6), (20.0, 0.5)]
    assert points(history, "eval_loss") == [(40.0, 0.4)]


@given(st.lists(st.floats(-10, 10), max_size=200))
def test_a_running_mean_stays_within_what_it_smooths(values: list[float]) -> None:
    found = smoothed(values)
    assert len(found) == len(values)
    assert all(min(values) - 1e-9 <= value <= max(values) + 1e-9 for value in found)


def test_a_line_stays_a_line() -> None:
    values = [float(number) for number in range(60)]
    assert smoothed(values)[3:-3] == pytest.approx(values[3:-3])
