"""Values as they are written in a spec, on one line: those of the tree, and those that hold where nothing is written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from musicc.semantics.module import Fail, Policy, Prefix
from musicc.semantics.names import Constant, Parameter
from musicc.semantics.quantities import SHARES, TIMES, Quantity
from musicc.semantics.shapes import Shape
from musicc.syntax import tree
from musicc.syntax.tree import Argument, Ref, Value

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


@dataclass
class Writer:
    """Writes values of the tree with parameters put in; `used` are those that were. `find` gives a name's parameter."""

    find: Callable[[Ref], Parameter | None]
    used: dict[str, Parameter] = field(default_factory=dict)

    def value(self, value: Value, shape: Shape | None = None) -> str:
        """What `shape` takes as it stands is no parameter."""
        if isinstance(value, Ref):
            return value.text if shape and shape.takes(value) else self._ref(value)
        return _WAYS[type(value)](self, value)

    def _ref(self, ref: Ref) -> str:
        parameter = self.find(ref) if len(ref.parts) == 1 else None
        if parameter is None:
            return ref.text
        self.used[parameter.name] = parameter
        return constant(parameter.value)

    def _map(self, value: tree.MapOf) -> str:
        entries = ", ".join(f"{entry.key.text}: {self.value(entry.value)}" for entry in value.entries)
        return f"{{ {entries} }}" if entries else "{}"

    def _call(self, value: tree.Call) -> str:
        return f"{value.name.text}({', '.join(map(self._argument, value.arguments))})"

    def _argument(self, given: Argument) -> str:
        return f"{given.name.text} = {self.value(given.value)}" if given.name else self.value(given.value)

    def _on(self, value: tree.On) -> str:
        settings = f" {self._map(value.settings)}" if value.settings else ""
        return f"{value.what.text} on {value.model.text}{settings}"


def constant(value: Constant) -> str:
    """A number, a text or a flag. A number from the command line has no digits of the spec's, so its own are shown."""
    return quoted(value.value) if isinstance(value, tree.Text) else value.span.text


_WAYS: Mapping[type, Callable[[Writer, Any], str]] = {
    tree.Number: lambda writer, value: constant(value),
    tree.Text: lambda writer, value: constant(value),
    tree.Boolean: lambda writer, value: constant(value),
    tree.Call: Writer._call,
    tree.ListOf: lambda writer, value: f"[{', '.join(map(writer.value, value.items))}]",
    tree.MapOf: Writer._map,
    tree.Between: lambda writer, value: f"{writer.value(value.low)}..{writer.value(value.high)}",
    tree.On: Writer._on,
    tree.Then: lambda writer, value: f"{writer.value(value.first)} then {writer.value(value.second)}",
}


def rule(rule: tree.TurnRule) -> tuple[str, str]:
    """A turn rule's turns and what is played there: `turn 2..last` and `60% a | 40% b when words(instruction) > 5`."""
    writer = Writer(lambda ref: None)
    turns = f"turn any {writer.value(rule.turns)}" if rule.any else f"turn {writer.value(rule.turns)}"
    options = " | ".join(
        (f"{option.weight.span.text} " if option.weight else "") + writer.value(option.rule)
        for option in rule.alternatives
    )
    when = rule.when
    held = f" when {writer.value(when.measure)} {when.comparison} {when.bound.span.text}" if when else ""
    return turns, options + held


def default(value: Any, shape: Shape) -> str:
    """A value that holds where nothing is written, as one would write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and isinstance(shape, Quantity):
        scale, unit = (100, "%") if shape.units is SHARES else (1, "s") if shape.units is TIMES else (1, "")
        return f"{value * scale:.15g}{unit}".replace("e-0", "e-")
    if isinstance(value, Policy | Fail):
        return _policy(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    return value.kind if isinstance(value, Prefix) else str(value)


def _policy(policy: Policy | Fail) -> str:
    if not policy.retries:
        return policy.then
    return f"retry({policy.retries})" + (" then mark" if policy.then == "mark" else "")
