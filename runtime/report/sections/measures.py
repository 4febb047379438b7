"""Tables of what is measured of reward models, wherever it was measured."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from musicc.runtime.report.content import Chart, Column, Content, Series, Value, chart, table
from musicc.runtime.report.metrics import Group, Metrics

INTERVAL = "95 % interval"
GUESSING = (0.5, "guessing")
GROUPS = {"turns": "number of turns", "rule": "rule", "diverges": "first turn that differs", "source": "source"}
_MEASURED = (
    Column("pairs", "pairs", "count"),
    Column("accuracy", "accuracy", "share"),
    Column("interval", INTERVAL, "interval"),
)
_REST = (
    Column("ties", "ties", "count"),
    Column("non_finite", "no reward", "count"),
    Column("margin", "mean margin", "number"),
    Column("longer", "longer is right", "share"),
)


def overall(measured: Mapping[str, Metrics], column: str, rules: Collection[str] = ()) -> Iterator[Content]:
    """A row for each of them; `column` says what they are. Of `rules` the margins are no rewards, and are not told."""
    columns = [Column("name", column), *_MEASURED, Column("interval_by_seed", "drawing seeds anew", "interval")]
    columns += [*_REST, Column("loss", "loss", "number")]
    rows = []
    for name, metrics in measured.items():
        first, (ties, unknown, margin, longer) = _figures(metrics)
        margin, loss = (None, None) if name in rules else (margin, metrics["loss"])
        rows.append((name, *first, metrics["interval_by_seed"], ties, unknown, margin, longer, loss))
    yield from table(
        "accuracy", "Pairwise accuracy: the chosen conversation has strictly the higher reward", columns, rows
    )


def by_group(measured: Mapping[str, Metrics], column: str) -> Iterator[Content]:
    """A table for each way in which the pairs were grouped, and a chart where the groups are numbers."""
    keys = dict.fromkeys(key for metrics in measured.values() for key, groups in metrics["by"].items() if groups)
    for key in keys:
        title = GROUPS.get(key, key)
        groups = {name: metrics["by"].get(key, {}) for name, metrics in measured.items()}
        yield from _table(key, title, column, groups)
        if key in {"turns", "diverges"}:
            yield from _chart(key, title, groups)


def _table(key: str, title: str, column: str, groups: Mapping[str, Mapping[str, Group]]) -> Iterator[Content]:
    values = dict.fromkeys(value for found in groups.values() for value in found)
    rows = [
        (value, name, *(figure for part in _figures(found[value]) for figure in part))
        for value in values
        for name, found in groups.items()
        if value in found
    ]
    columns = [Column(key, title, "code"), Column("name", column), *_MEASURED, *_REST]
    yield from table(f"by-{key}", f"Accuracy by {title}", columns, rows)


def _chart(key: str, title: str, groups: Mapping[str, Mapping[str, Group]]) -> Iterator[Content]:
    numbered = {
        name: {int(value): group for value, group in found.items() if value.isdecimal()}
        for name, found in groups.items()
    }
    series = tuple(_series(name, found) for name, found in numbered.items())
    ticks = tuple(sorted({x for one in series for x, _ in one.points}))
    name, about = f"by-{key}-chart", f"Accuracy by {title}"
    yield from chart(Chart(name, about, title, "accuracy", series, percent=True, level=GUESSING, ticks=ticks))


def _series(name: str, groups: Mapping[int, Group]) -> Series:
    points = tuple((float(number), group["accuracy"]) for number, group in groups.items())
    return Series(name, points, tuple((group["interval"][0], group["interval"][1]) for group in groups.values()))


def _figures(group: Group | Metrics) -> tuple[Sequence[Value], Sequence[Value]]:
    """Those of `_MEASURED` and those of `_REST`."""
    first: list[Value] = [group["pairs"], group["accuracy"], group["interval"]]
    return first, [group["ties"], group["non_finite"] or None, group["margin"]["mean"], group["longer"]]
