"""A pair on a terminal: shared messages once across the width, the branches side by side, contrasted turns marked.

It reads the same without colours. Texts of models are data: neither markup nor control characters of theirs take effect.
"""

from collections.abc import Sequence
from itertools import zip_longest

from rich import box
from rich.console import Group, RenderableType
from rich.constrain import Constrain
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from musicc.runtime.data.pairs import UNMADE, Pair, TurnRecord
from musicc.runtime.llm.types import Message

_WIDEST = 140
_INDENT = 2
_LABEL = len("assistant")
_CONTROL = {code: "\N{REPLACEMENT CHARACTER}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"}
_ROLES = {"system": "dim", "user": "cyan", "assistant": "blue"}
_CONTRASTED = "magenta"
_FAITHFUL = "faithful"  # as in a plan, whose module would load pydantic


def view(pair: Pair, width: int) -> RenderableType:
    """The pair, laid out for a console of `width` columns; 140 of them are used at most."""
    before = [*(_across(message) for message in pair.chosen[: pair.context]), Text()] if pair.context else []
    turns = [part for record in pair.turns for part in _turn(pair, record)]
    return Constrain(Group(*_heading(pair), *before, *turns, *_checks(pair)), min(width, _WIDEST))


def _heading(pair: Pair) -> list[RenderableType]:
    title = Text.assemble("pair ", (_clean(pair.id), "bold"))
    voices = {"user": pair.models.user, "assistant": pair.models.assistant, "contrast": pair.models.contrast}
    facts = [pair.dialogue, f"seed {pair.seed}", *(f"{voice} {model}" for voice, model in voices.items() if model)]
    return [
        Rule(title, characters="━", style="dim", align="left"),
        Padding(Text(_clean(" · ".join(facts)), "dim"), (0, 0, 1, _INDENT)),
    ]


def _checks(pair: Pair) -> list[RenderableType]:
    """What the checks found, a line each; those that were not made are left out."""
    made = {name: record for name, record in pair.checks.items() if record.verdict != UNMADE.verdict}
    if not made:
        return []
    grid = Table.grid(padding=(0, _INDENT, 0, 0), pad_edge=False)
    for name, record in made.items():
        sign = Text("passed", "green") if record.passed else Text("failed", "red")
        found = Text.assemble((_clean(record.verdict), "bold"), f" {record.score:g}")
        grid.add_row(sign, Text(_clean(name)), found, Text(_clean(record.detail), "dim"))
    title = Text("checks", "bold")
    return [Rule(title, align="left", style="dim"), Padding(grid, (0, 0, 1, _INDENT))]


def _turn(pair: Pair, record: TurnRecord) -> list[RenderableType]:
    at = pair.context + 2 * (record.turn - 1)
    chosen, rejected = pair.chosen[at : at + 2], pair.rejected[at : at + 2]
    alike = 2 if record.shared else int(chosen[:1] == rejected[:1])
    parts: list[RenderableType] = [_turn_rule(record), *(_across(message) for message in chosen[:alike])]
    if record.shared:
        below = (0, 0, 0, _INDENT + _LABEL + _INDENT)
        return [*parts, *(Padding(mark, below) for mark in _marks(record.marks)), Text()]
    return [*parts, _side_by_side(record, chosen[alike:], rejected[alike:]), Text()]


def _turn_rule(record: TurnRecord) -> Rule:
    played = f"◆ {record.rule}" if record.contrasted else "shared" if record.shared else record.rule
    if record.contrasted and record.chosen_rule != _FAITHFUL:
        played += f" against {record.chosen_rule}"
    style = _CONTRASTED if record.contrasted else "dim"
    title = Text.assemble((f"turn {record.turn}", "bold"), "  ", (_clean(played), style))
    return Rule(title, align="left", style=style)


def _across(message: Message) -> RenderableType:
    """A message of both branches."""
    grid = Table.grid(padding=(0, _INDENT, 0, 0), pad_edge=False)
    grid.add_column(width=_LABEL)
    grid.add_column(overflow="fold")
    grid.add_row(Text(message["role"], _ROLES[message["role"]]), Text(_clean(message["content"])))
    return Padding(grid, (0, 0, 0, _INDENT))


def _side_by_side(record: TurnRecord, chosen: Sequence[Message], rejected: Sequence[Message]) -> RenderableType:
    """What each branch says, message by message, at the same height."""
    table = Table(box=box.MINIMAL, show_edge=False, pad_edge=False, expand=True, border_style="dim")
    table.add_column(Text("chosen", "bold green"), ratio=1, overflow="fold")
    table.add_column(Text("rejected", "bold red"), ratio=1, overflow="fold")
    for left, right in zip_longest(chosen, rejected):
        table.add_row(
            _within(left, record.chosen_hidden, record.chosen_marks), _within(right, record.hidden, record.marks)
        )
    return Padding(table, (1, 0, 0, _INDENT))


def _within(message: Message | None, hidden: str, marks: Sequence[str]) -> RenderableType:
    """A message in a column. A reply needs no label there, but what it secretly answers, and its marks."""
    if message is None:
        return Text("(ended)", "dim")
    text = Text(_clean(message["content"]))
    if message["role"] != "assistant":
        return Text.assemble((f"{message['role']}: ", _ROLES[message["role"]]), text, "\n")
    secret = [Text.assemble(("answers instead: ", "bold"), _clean(hidden), "\n", style=_CONTRASTED)] if hidden else []
    return Group(*secret, text, *_marks(marks))


def _marks(marks: Sequence[str]) -> list[Text]:
    return [Text(f"! {_clean(mark)}", "yellow") for mark in marks]


def _clean(text: str) -> str:
    return text.translate(_CONTROL)
