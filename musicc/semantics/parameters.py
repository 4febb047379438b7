"""Parameters: their values in the file, and what the command line or the environment puts in their place."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from musicc.diagnostics import Diagnostic, Source, Span
from musicc.diagnostics.codes import names as name_codes
from musicc.diagnostics.codes import types as codes
from musicc.diagnostics.suggest import closest
from musicc.semantics.names import Constant, Parameter, any_of, declared_twice
from musicc.semantics.quantities import COUNTS, SHARES, TIMES, WEIGHTS, scaled
from musicc.semantics.reader import describe
from musicc.syntax import literals
from musicc.syntax.tree import Block, Boolean, Field, File, Number, Text

Report = Callable[[Diagnostic], None]
PREFIX = "MUSICC_PARAM_"


def read_parameters(file: File, report: Report) -> dict[str, Parameter]:
    """Every parameter of the file's `params`, with its value in the file."""
    found: dict[str, Parameter] = {}
    for block in _blocks(file):
        here: set[str] = set()
        for field in _fields(block):
            name = field.name.text
            if not isinstance(field.value, Number | Text | Boolean):
                report(_no_constant(field))
            elif name not in found:
                found[name] = Parameter(name, field.name.span, field.value)
            elif name not in here:  # twice in one block is a repeated field, as in any block
                report(declared_twice(field.name, found[name].at))
            here.add(name)
    return found


def written(file: File) -> set[str]:
    """The names of all parameters, those without a proper value too."""
    return {field.name.text for block in _blocks(file) for field in _fields(block)}


def _blocks(file: File) -> Iterator[Block]:
    return (block for block in file.items if isinstance(block, Block) and block.kind.text == "params")


def _fields(block: Block) -> Iterator[Field]:
    return (item for item in block.items if isinstance(item, Field))


def _no_constant(field: Field) -> Diagnostic:
    return Diagnostic(
        codes.WRONG_TYPE,
        f"a parameter is a number, a text, or true or false, not {describe(field.value)}",
        field.value.span,
        label="no constant",
    )


@dataclass(frozen=True, slots=True)
class Given:
    """Where values of parameters come from besides the file: flags, and the environment."""

    params: Mapping[str, str]
    environment: Mapping[str, str]

    def over(self, found: Mapping[str, Parameter], report: Report) -> dict[str, Parameter]:
        """The parameters with the values that are given for them."""
        return override(found, self.params, self.environment, report)

    def without(self, names: Collection[str]) -> "Given":
        """Nothing is given for the parameters of these names."""
        variables = {PREFIX + name.upper() for name in names}
        return Given(
            {name: value for name, value in self.params.items() if name not in names},
            {name: value for name, value in self.environment.items() if name not in variables},
        )


def override(
    found: Mapping[str, Parameter], flags: Mapping[str, str], environment: Mapping[str, str], report: Report
) -> dict[str, Parameter]:
    """The parameters, with values from flags before values from the environment before the file's own."""
    for name in flags.keys() - found.keys():
        report(_unknown(name, found))
    result = dict(found)
    for name, parameter in found.items():
        variable = PREFIX + name.upper()
        if name in flags:
            value = _constant(flags[name], parameter, f"-p {name}", report)
        elif variable in environment:
            value = _constant(environment[variable], parameter, variable, report)
        else:
            continue
        if value is not None:
            result[name] = Parameter(name, parameter.at, value)
    return result


def _unknown(name: str, found: Mapping[str, Parameter]) -> Diagnostic:
    close = closest(name, found)
    some = any_of((f"`{known}`" for known in sorted(found)), " and ") if found else ""
    return Diagnostic(
        name_codes.UNKNOWN_PARAMETER,
        f"the spec has no parameter `{name}`",
        f"-p {name}",
        help=f"write `-p {close}=…`" if close else f"its parameters are {some}" if some else "it declares none",
    )


def _constant(written: str, parameter: Parameter, at: str, report: Report) -> Constant | None:
    """`written` as a value of the same sort as the parameter's own."""
    span = Span(Source(at, written), 0, len(written))
    value: Constant | None = None
    if isinstance(parameter.value, Text):
        value = Text(span, written, tuple(range(len(written) + 1)))
    elif isinstance(parameter.value, Boolean):
        value = Boolean(span, written == "true") if written in ("true", "false") else None
    elif re.fullmatch(r"-?\d[\d_]*(\.\d+)?([eE][-+]?\d+)?(%|[A-Za-z]+)?", written, re.ASCII):
        number, fault = literals.number(span)
        value = number if fault is None and same_sort(number, parameter.value) else None
    if value is None:
        report(_wrong_value(written, parameter, at))
    return value


def same_sort(one: Constant, other: Constant) -> bool:
    """Whether one may stand for the other: the same type, and units of the same sort."""
    if isinstance(one, Number) and isinstance(other, Number):
        return any(one.unit in units and other.unit in units for units in (COUNTS, SHARES, WEIGHTS, TIMES))
    return type(one) is type(other)


def _wrong_value(written: str, parameter: Parameter, at: str) -> Diagnostic:
    default = parameter.value.span.text
    return Diagnostic(
        codes.PARAMETER_VALUE,
        f"`{parameter.name}` cannot be `{written}`",
        at,
        help=f"the spec has `{parameter.name} = {default}`: give a value of the same sort",
    )


def spec_seed(parameters: Mapping[str, Parameter], report: Report) -> int:
    """The parameter `seed`, from which everything random in a build is drawn; 0 if there is none."""
    if "seed" not in parameters:
        return 0
    value = parameters["seed"].value
    seed = scaled(value, COUNTS) if isinstance(value, Number) and value.unit in COUNTS else None
    if isinstance(seed, int):
        return seed
    report(
        Diagnostic(
            codes.WRONG_TYPE,
            f"`seed` takes a whole number, not {describe(value)}",
            value.span,
            label="expected a whole number",
        )
    )
    return 0


def plain(value: Constant) -> int | float | str | bool:
    """The value as Python has it: counts and shares as numbers, durations in seconds."""
    if not isinstance(value, Number):
        return value.value
    return scaled(value, next(units for units in (COUNTS, SHARES, WEIGHTS, TIMES) if value.unit in units))
