"""A pair on a terminal: shared messages once across the width, the branches side by side, contrasted turns marked.

It reads the same without colours. Texts of models are data: neither markup nor control characters of theirs take effect.
"""

from collections.abc import Sequence
from itertools import zip_longest

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from musicc.runtime.data.pairs import Pair, TurnRecord
from musicc.runtime.llm.types import Message

_WIDEST = 140
_INDENT = 2
_CONTROL = {code: "\N{REPLACEMENT CHARACTER}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"}
_ROLES = {"system": "dim", "user": "cyan", "assistant": "blue"}
_CHOSEN, _REJECTED, _DEPARTED = "green", "red", "magenta"


def view(pair: Pair, width: int) -> RenderableType:
    """The pair, laid out for a console of `width` columns; 140 of them are used at most."""
    width = min(width, _WIDEST)
    before = [_spoken(message) for message in pair.chosen[: pair.context]]
    turns = [part for record in pair.turns for part in _turn(pair, record, width)]
    grid = Table.grid()
    grid.add_column(width=width)
    grid.add_row(Group(*_heading(pair), *before, *turns))
    return grid


def _heading(pair: Pair) -> list[RenderableType]:
    title = Text.assemble(("pair ", "default"), (_clean(pair.id), "bold"))
    voices = {"user": pair.models.user, "assistant": pair.models.assistant, "contrast": pair.models.contrast}
    facts = [pair.dialogue, f"seed {pair.seed}", *(f"{voice} {model}" for voice, model in voices.items() if model)]
    return [Rule(title, characters="━", style="dim", align="left"), _indented(Text(_clean(" · ".join(facts)), "dim")), Text()]


def _turn(pair: Pair, record: TurnRecord, width: int) -> list[RenderableType]:
    at = pair.context + 2 * (record.turn - 1)
    chosen, rejected = pair.chosen[at : at + 2], pair.rejected[at : at + 2]
    alike = 2 if record.shared else int(chosen[:1] == rejected[:1])
    parts: list[RenderableType] = [_turn_rule(record), *(_spoken(message) for message in chosen[:alike])]
    if not record.shared:
        parts.append(_sides(record, chosen[alike:], rejected[alike:], width))
    return [*parts, Text()]


def _turn_rule(record: TurnRecord) -> Rule:
    style = f"bold {_DEPARTED}" if record.contrasted else "dim"
    played = "shared" if record.shared else record.rule
    title = Text.assemble((f"turn {record.turn}", "bold"), ("  "), (f"◆ {played}" if record.contrasted else played, style))
    return Rule(title, align="left", style=_DEPARTED if record.contrasted else "dim")


def _sides(
    record: TurnRecord, chosen: Sequence[Message], rejected: Sequence[Message], width: int
) -> RenderableType:
    """Two columns; what they say, message by message, at the same height."""
    table = Table(box=box.MINIMAL, show_edge=False, expand=True, pad_edge=False, border_style="dim")
    column = (width - _INDENT - 3) // 2
    for title, style in (("chosen", _CHOSEN), ("rejected", _REJECTED)):
        table.add_column(Text(title, f"bold {style}"), width=column, overflow="fold")
    secrets = [_secret(record.chosen_rule, record.chosen_hidden), _secret(record.rule, record.hidden)]
    ...
