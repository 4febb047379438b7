"""Numbers with units, and ranges of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from musicc.diagnostics import Fix
from musicc.diagnostics.codes import rules as rule_codes
from musicc.diagnostics.codes import types as codes
from musicc.semantics.names import any_of
from musicc.semantics.offer import Offer
from musicc.semantics.reader import Reader
from musicc.semantics.shapes import Shape
from musicc.syntax import tree
from musicc.syntax.tree import Value

Units: TypeAlias = Mapping[str, tuple[int, int]]
COUNTS: Units = {"": (1, 1), "k": (10**3, 1), "M": (10**6, 1), "B": (10**9, 1)}
SHARES: Units = {"%": (1, 100)}
WEIGHTS: Units = {"x": (1, 1)}
TIMES: Units = {"s": (1, 1), "ms": (1, 1000), "min": (60, 1), "h": (3600, 1)}
UNBOUNDED = 1e15


def scaled(number: tree.Number, units: Units) -> int | float:
    """The number times its unit; an int where that is whole, so that `4.1M` is exact; at most `UNBOUNDED` and a bit."""
    times, by = units[number.unit]
    if abs(number.value) > UNBOUNDED:
        return UNBOUNDED * 10 if number.value > 0 else -UNBOUNDED * 10
    exact = number.value * times / by
    nearest = round(exact)
    return nearest if by == 1 and abs(exact - nearest) <= 1e-9 * abs(exact) else exact


@dataclass(frozen=True)
class Quantity(Shape):
    """A number with one of `units`, each a factor as a fraction; from `low` to `high` once scaled."""

    phrase: str
    units: Units
    low: float
    high: float = UNBOUNDED
    whole: bool = False
    nodes: ClassVar[tuple[type, ...]] = (tree.Number,)

    @property
    def noun(self) -> str:
        return self.phrase

    def offer(self) -> Offer:
        return Offer(units=tuple(unit for unit in self.units if unit))

    def convert(self, value: tree.Number, reader: Reader) -> Any:
        if value.unit not in self.units:
            return self._wrong_unit(value, reader)
        number = scaled(value, self.units)
        if not self.low <= number <= self.high:
            return self._out_of_range(value, number, reader)
        if self.whole and not isinstance(number, int):
            return reader.wrong_type(value, self.noun)
        return number if self.whole else float(number)

    def _wrong_unit(self, value: tree.Number, reader: Reader) -> None:
        unit = next(iter(self.units))
        meant = f"{value.value * 100:g}%" if self.units is SHARES and value.value <= 1 else f"{value.span.text}{unit}"
        takes = [f"`{unit}`" for unit in self.units if unit] + ["none"] * ("" in self.units)
        reader.report(
            codes.WRONG_UNIT,
            f"`{reader.path}` takes {self.noun}, " + (f"not `{value.unit}`" if value.unit else "and this has no unit"),
            value.span,
            label=f"the unit is {any_of(takes)}",
            help=f"write `{meant}`" if not value.unit else "",
            fix=Fix(value.span, meant) if not value.unit else None,
        )

    def _out_of_range(self, value: tree.Number, number: float, reader: Reader) -> None:
        bounds = f"at least {self._shown(self.low)}" if number < self.low else f"at most {self._shown(self.high)}"
        reader.report(
            codes.OUT_OF_RANGE, f"`{reader.path}` is {bounds}, not {value.span.text}", value.span, label="out of range"
        )

    def _shown(self, bound: float) -> str:
        if self.units is SHARES:
            return f"{bound * 100:g} %"
        return f"{bound:g} s" if self.units is TIMES else f"{bound:.15g}"


def count(low: int = 1, high: float = UNBOUNDED) -> Quantity:
    return Quantity("a whole number", COUNTS, low, high, whole=True)


def real(low: float, high: float = UNBOUNDED) -> Quantity:
    return Quantity("a number", COUNTS, low, high)


def share(low: float = 0, high: float = 1) -> Quantity:
    return Quantity("a share in %", SHARES, low, high)


def weight(low: float, high: float) -> Quantity:
    return Quantity("a weight such as `2x`", WEIGHTS, low, high)


def duration(low: float = 0.001) -> Quantity:
    return Quantity("a duration", TIMES, low)


@dataclass(frozen=True)
class Interval(Shape):
    """`3..7` as `(3, 7)`; with `single`, `5` as `(5, 5)`."""

    end: Quantity
    single: bool = False
    nodes: ClassVar[tuple[type, ...]] = (tree.Between,)

    @property
    def noun(self) -> str:
        return f"{self.end.noun} or a range" if self.single else "a range"

    def offer(self) -> Offer:
        return self.end.offer()

    def takes(self, value: Value) -> bool:
        return isinstance(value, tree.Between) or (self.single and isinstance(value, tree.Number))

    def convert(self, value: Value, reader: Reader) -> Any:
        if not isinstance(value, tree.Between):
            number = self.end.read(value, reader)
            return None if number is None else (number, number)
        low, high = self.end.read(value.low, reader), self.end.read(value.high, reader)
        if low is None or high is None:
            return None
        return (low, high) if low <= high else inverted(value, reader)


def inverted(value: tree.Between, reader: Reader) -> None:
    low, high = value.low.span.text, value.high.span.text
    reader.report(
        rule_codes.INVERTED,
        f"the range {low}..{high} is upside down",
        value.span,
        label="from high to low",
        help=f"write `{high}..{low}`",
        fix=Fix(value.span, f"{high}..{low}"),
    )
