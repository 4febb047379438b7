"""What a record says of its pair besides the conversations: numbers in columns, and what its build wrote under `music`."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any, Literal

from musicc.plan.rewards import Reward
from musicc.runtime.data.source import SOURCE

_SHOWN = 32


class NumberError(Exception):
    """A margin or a weight is not there or cannot be used, and why."""

    def __init__(self, flaw: Literal["margin", "weight"], reason: str) -> None:
        super().__init__(reason)
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a pair's numbers are from: columns, with dots into what lies within, as `music.checks.preferred.score`.

    Without a column, `turns` says whether the margin is the number of contrasted turns. Else margins are 0, weights 1.
    """

    margin: str | None = None
    weight: str | None = None
    turns: bool = False

    @staticmethod
    def of(reward: Reward) -> "Columns":
        return Columns(reward.margin_column, reward.weight_column, reward.margin == "turns")

    def margin_of(self, record: Mapping[str, Any], contrasted: int) -> float:
        """Any finite number. Raises NumberError."""
        if self.margin is None:
            return float(contrasted) if self.turns else 0.0
        number = _number(value := _at(record, self.margin))
        if not isfinite(number):
            raise NumberError("margin", f"the margin in `{self.margin}` {_shown(value)}")
        return number

    def weight_of(self, record: Mapping[str, Any]) -> float:
        """A finite number above 0. Raises NumberError."""
        if self.weight is None:
            return 1.0
        number = _number(value := _at(record, self.weight))
        if not isfinite(number):
            raise NumberError("weight", f"the weight in `{self.weight}` {_shown(value)}")
        if number <= 0:
            raise NumberError(
                "weight", f"the weight in `{self.weight}` is {number:g}; only numbers above 0 are weights"
            )
        return number


def _at(record: Mapping[str, Any], path: str) -> Any:
    """What stands at a path, None where there is nothing."""
    value: Any = record
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _number(value: Any) -> float:
    """As a number, also from the text that it is in a CSV file; NaN where it is none."""
    if not isinstance(value, bool):
        with suppress(TypeError, ValueError, OverflowError):
            return float(value)
    return nan


def _shown(value: Any) -> str:
    if value is None:
        return "is missing"
    text = str(value)
    return f"is `{text[:_SHOWN]}{'…' * (len(text) > _SHOWN)}`, which is no finite number"


@dataclass(frozen=True, slots=True)
class Origin:
    """How a build made a pair: its id there, its seed and dialogue, and the contrast rule of each contrasted turn."""

    id: str
    seed: str
    dialogue: str
    rules: tuple[str, ...]

    @staticmethod
    def of(record: Mapping[str, Any]) -> "Origin | None":
        """None where the record is not a build's (`pairs.to_line`). Of pairs that a source brought along no rule is known."""
        with suppress(KeyError, TypeError):
            music = record["music"]
            played = [turn["rule"] for turn in music["turns"] if turn["rule"] != turn["chosen_rule"]]
            rules = tuple(str(rule) for rule in played if rule != SOURCE)
            return Origin(str(record["id"]), str(music["seed"]), str(music["dialogue"]), rules)
        return None
