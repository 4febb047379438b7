"""Rewards laid out for people."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from musicc.cli.edge import write_anything
from musicc.runtime.reward.scores import Line

_COLUMNS = ("file", "line", "id", "reward", "chosen", "rejected", "margin", "error")


class Table:
    """A `scores.Sink` that prints."""

    def __init__(self) -> None:
        write_anything("replace")
        self._console = Console(highlight=False)
        self._headed: Sequence[str] = ()

    def kept(self, count: int) -> None:
        """None are."""

    def add(self, lines: Sequence[Line]) -> None:
        """A row for each line; the columns are named where they are others than before."""
        columns = [name for name in _COLUMNS if any(name in line for line in lines)]
        grid = Grid(box=None, show_header=columns != self._headed, header_style="bold", pad_edge=False)
        for name in columns:
            grid.add_column(name, justify="left" if name in {"file", "id"} else "right", overflow="fold")
        for line in lines:
            grid.add_row(*(_cell(name, line.get(name)) for name in columns))
        self._console.print(grid)
        self._headed = columns


def _cell(name: str, value: Any) -> Text:
    text = "" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)
    wrong = name == "error" or (name == "margin" and value is not None and value <= 0)
    return Text(text, style="red" if wrong else "")
