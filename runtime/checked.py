"""What checks came to, as tables of a dataset card."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Facts = Mapping[str, Any]
_COUNTS = ("passed", "failed", "dropped", "marked", "retaken")
_VERDICTS = ("agree", "tie", "disagree", "unread")


def check_section(checks: Facts, lengths: Facts) -> str:
    """Of a manifest's `checks` and `lengths`: Markdown, without checks one line."""
    parts = [_checks(checks), _judges(checks), _lengths(checks, lengths)] if checks else [_lengths(checks, lengths)]
    return "\n\n".join(part for part in parts if part)


def _checks(checks: Facts) -> str:
    rows = [
        [name, told["gate"].replace("_", " "), *(f"{told[count]:,}" for count in _COUNTS)]
        for name, told in checks.items()
    ]
    table = _table(["check", "gate", "passed", "failed", "dropped", "marked", "drawn again"], 2, rows)
    return f"## Checks\n\n{table}\n\nWhat was dropped is in `dropped.jsonl`, with what every check found in it."


def _judges(checks: Facts) -> str:
    rows = [row for name, told in checks.items() if "agreement" in told for row in _agreement(name, told["agreement"])]
    if not rows:
        return ""
    table = _table(["check", "of", *_VERDICTS, "agrees"], 2, rows)
    return (
        f"How often a judge's first verdict agrees with the way that pairs were made, with 95 % intervals:\n\n{table}"
    )


def _agreement(name: str, told: Facts) -> Iterator[list[str]]:
    """A row for all, and one for each value of what takes several."""
    yield [name, "all", *_counted(told)]
    for facet, values in told.items():
        if facet.startswith("by_") and len(values) > 1:
            for value, of in values.items():
                yield [name, f"{facet.removeprefix('by_')} {value}", *_counted(of)]


def _counted(told: Facts) -> list[str]:
    return [*(f"{told[verdict]:,}" for verdict in _VERDICTS), percent(told)]


def _lengths(checks: Facts, lengths: Facts) -> str:
    told = f"Of pairs whose replies differ in length, the longer branch is the chosen one in {percent(lengths['chosen_longer'])}."
    judged = [f"`{name}` in {percent(of['prefers_longer'])}" for name, of in checks.items() if "prefers_longer" in of]
    return told + (f" Judges prefer the longer one: {', '.join(judged)}." if judged else "")


def percent(rate: Facts) -> str:
    """`90 % (75 % to 97 %)`, the interval in brackets."""
    share, low, high = (f"{100 * rate[part]:.0f} %" for part in ("rate", "low", "high"))
    return f"{share} ({low} to {high})" if rate["of"] else "–"


def _table(head: Sequence[str], texts: int, rows: Sequence[Sequence[str]]) -> str:
    """The first columns hold `texts`, the others numbers, which stand to the right."""
    ruled = [head, ["---"] * texts + ["---:"] * (len(head) - texts), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in ruled)
