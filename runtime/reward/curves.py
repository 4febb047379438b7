"""A training as a picture: loss and accuracy against steps, beside each other, drawn from the training's log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from math import isfinite, log
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any, TypeAlias

from musicc.runtime.store.publish import write_atomically

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Points: TypeAlias = list[tuple[float, float]]

SMOOTHED_FROM = 30  # points; below, every one is shown as it is
_DPI = 160
_TRAINING, _VALIDATION, _QUIET = "#3b6ea8", "#c8553d", "#6b6b6b"
_STYLE: Any = {
    "font.size": 9,
    "font.family": "DejaVu Sans",  # comes with matplotlib: the picture is the same everywhere
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": _QUIET,
    "axes.labelcolor": _QUIET,
    "xtick.color": _QUIET,
    "ytick.color": _QUIET,
    "svg.hashsalt": "musicc",  # else ids in the SVG differ at each drawing
}


@dataclass(frozen=True, slots=True)
class _Panel:
    """`key`: of the log; that of the validation has `eval_` before it. `guessed`: what a model that guesses gets."""

    title: str
    key: str
    guessed: float
    percent: bool = False


_PANELS = (_Panel("Loss", "loss", log(2)), _Panel("Accuracy", "accuracy", 0.5, percent=True))


def draw(history: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Writes `curves.svg` and `curves.png` into `folder`, which exists; equal histories give equal bytes.

    An entry of `history` has its `step` and any of `loss`, `accuracy`, `eval_loss` and `eval_accuracy`; what else it has,
    and what is not finite, is passed over. Raises DiagnosticError where the disk refuses.
    """
    import matplotlib as mpl

    with mpl.rc_context(_STYLE):
        figure = _figure(history)
        for name, metadata in (("curves.svg", {"Date": None}), ("curves.png", {"Software": None})):
            write_atomically(folder / name, [_bytes(figure, name, metadata)])


def _figure(history: Sequence[Mapping[str, Any]]) -> "Figure":
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.4), layout="constrained")
    FigureCanvasAgg(figure)  # no pyplot, which would keep a state and look for a screen
    panels = figure.subplots(1, len(_PANELS))
    for axes, panel in zip(panels, _PANELS, strict=True):
        _fill(axes, panel, history)
    lines = {str(line.get_label()): line for axes in panels for line in axes.get_lines()}
    named = [line for label, line in lines.items() if not label.startswith("_")]
    figure.legend(handles=named, loc="outside lower center", ncols=len(named), frameon=False)
    return figure


def _bytes(figure: "Figure", name: str, metadata: dict[str, Any]) -> bytes:
    written = BytesIO()
    figure.savefig(written, format=Path(name).suffix[1:], dpi=_DPI, metadata=metadata)
    return written.getvalue()


def _fill(axes: "Axes", panel: _Panel, history: Sequence[Mapping[str, Any]]) -> None:
    training, validation = points(history, panel.key), points(history, f"eval_{panel.key}")
    _draw_training(axes, training)
    if validation:
        axes.plot(
            *_columns(validation), color=_VALIDATION, linewidth=1.4, marker="o", markersize=3.5, label="validation"
        )
    if not (training or validation):
        axes.text(0.5, 0.6, "nothing was logged", color=_QUIET, ha="center", transform=axes.transAxes)
    axes.axhline(panel.guessed, color=_QUIET, linewidth=0.8, linestyle=(0, (4, 3)), label="guessing", zorder=1)
    last = max((step for step, _ in (*training, *validation)), default=1.0)
    axes.set_xlim(0, max(last, 1.0) * 1.02)
    _dress(axes, panel)


def _dress(axes: "Axes", panel: _Panel) -> None:
    from matplotlib.ticker import MaxNLocator, PercentFormatter, StrMethodFormatter

    axes.set_title(panel.title, loc="left", fontweight="bold", fontsize=10)
    axes.set_xlabel("step")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    if panel.percent:
        axes.yaxis.set_major_formatter(PercentFormatter(1))


def _draw_training(axes: "Axes", training: Points) -> None:
    """A long line is pale, with its running mean over it: one step's pairs tell little."""
    if not training:
        return
    steps, values = _columns(training)
    if len(training) < SMOOTHED_FROM:
        axes.plot(steps, values, color=_TRAINING, linewidth=1.4, marker="o", markersize=2.5, label="training")
        return
    axes.plot(steps, values, color=_TRAINING, linewidth=0.8, alpha=0.3)
    axes.plot(steps, smoothed(values), color=_TRAINING, linewidth=1.6, label="training (running mean)")


def points(history: Sequence[Mapping[str, Any]], key: str) -> Points:
    """Steps and values in the order of steps. Of a step that was gone through again, the last counts."""
    found = {
        float(entry["step"]): float(entry[key])
        for entry in history
        if isinstance(entry.get(key), int | float) and isfinite(entry[key])
    }
    return sorted(found.items())


def smoothed(values: Sequence[float]) -> list[float]:
    """The mean of each value and those around it: a twentieth of all on either side, as far as there are so many."""
    reach = len(values) // 20
    return [fmean(values[max(0, at - reach) : at + reach + 1]) for at in range(len(values))]


def _columns(found: Points) -> tuple[list[float], list[float]]:
    return [step for step, _ in found], [value for _, value in found]
