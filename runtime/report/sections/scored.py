"""An eval that scores labelled pairs: accuracy beside baselines, first divergence, rewards by turn, benchmarks, agreement."""

from collections.abc import Iterator, Mapping

from musicc.diagnostics.words import counted
from musicc.runtime.report.content import Chart, Column, Content, Series, Value, chart, table, words
from musicc.runtime.report.evaluations import Agreement, FirstDivergence, LengthBias, Scorer, Share, TurnRewards
from musicc.runtime.report.gathered import Facts
from musicc.runtime.report.metrics import Difference, Gain, Spread
from musicc.runtime.report.sections.benchmarks import benchmarks
from musicc.runtime.report.sections.measures import GROUPS, GUESSING, INTERVAL, by_group, overall

_NAME = Column("name", "reward model")
_SHARE = (Column("share", "share", "share"), Column("interval", INTERVAL, "interval"), Column("of", "of", "count"))
_GAIN = (
    Column("difference", "difference in accuracy, points", "points"),
    Column("interval", f"{INTERVAL}, points", "points"),
    Column("only_first", "right in this alone", "count"),
    Column("only_second", "in the other alone", "count"),
)
_LENGTHS = (
    ("longer", "prefers the longer one"),
    ("chosen_longer", "accuracy where chosen is longer"),
    ("chosen_shorter", "accuracy where it is shorter"),
)


def scored(results: Facts) -> Iterator[Content]:
    """Of `ScoredResults`."""
    scorers: Mapping[str, Scorer] = results["scorers"]
    rules: Mapping[str, Scorer] = {f"{name} (baseline)": one for name, one in results["baselines"].items()}
    everybody = {**scorers, **rules}
    measured = {name: one["metrics"] for name, one in everybody.items()}
    yield from words(f"On {counted(results['pairs'], 'pair')}, both conversations scored whole.")
    yield from overall(measured, "scorer", rules)
    yield from _differences(next(iter(scorers), ""), results["differences"])
    yield from _differences_by_group(next(iter(scorers), ""), results["differences"])
    yield from benchmarks({name: one["benchmark"] for name, one in everybody.items() if one["benchmark"]})
    yield from _lengths({name: one["length"] for name, one in scorers.items()})
    yield from by_group({name: measured[name] for name in scorers}, "reward model")
    yield from _divergence({name: one["divergence"] for name, one in scorers.items() if one["divergence"]})
    for name, one in scorers.items():
        yield from _by_turn(name, one["by_turn"])
    yield from _agreement(results["agreement"])
    columns = [Column("verdict", "verdict"), Column("pairs", "pairs", "count")]
    yield from table("verdicts", "What the judge said", columns, list((results["verdicts"] or {}).items()))


def _differences(first: str, differences: Mapping[str, Difference]) -> Iterator[Content]:
    columns = [Column("against", f"{first} against"), *_GAIN]
    rows = [(name, *_gained(one)) for name, one in differences.items()]
    yield from table("differences", "Differences on the same pairs", columns, rows)


def _differences_by_group(first: str, differences: Mapping[str, Difference]) -> Iterator[Content]:
    """Where there are several groups: a single one is all pairs."""
    columns = [Column("against", f"{first} against"), Column("by", "by"), Column("group", "group", "code")]
    rows = [
        (name, GROUPS.get(key, key), value, gain["pairs"], *_gained(gain))
        for name, one in differences.items()
        for key, gains in one.get("by", {}).items()  # an eval of before has none
        for value, gain in gains.items()
        if len(gains) > 1
    ]
    columns += [Column("pairs", "pairs", "count"), *_GAIN]
    yield from table("differences-by-group", "Differences by group", columns, rows)


def _gained(gain: Gain) -> tuple[Value, ...]:
    return gain["difference"], gain["interval"], gain["only_first"], gain["only_second"]


def _lengths(found: Mapping[str, LengthBias]) -> Iterator[Content]:
    columns = [_NAME]
    for key, title in _LENGTHS:
        columns += [Column(key, title, "share"), Column(f"{key}_interval", INTERVAL, "interval")]
        columns += [Column(f"{key}_of", "of", "count")]
    rows = [
        (name, *_shared(one["longer"]), *_shared(one["chosen_longer"]), *_shared(one["chosen_shorter"]))
        for name, one in found.items()
    ]
    yield from table("lengths", "What length has to do with it, of pairs that differ in words", columns, rows)


def _shared(share: Share) -> tuple[Value, ...]:
    return share["share"], share["interval"], share["of"]


# By turn


def _divergence(found: Mapping[str, FirstDivergence]) -> Iterator[Content]:
    columns = [_NAME, Column("turns", "turns after the first that differs"), *_SHARE]
    rows = [
        (name, turns, share["share"], share["interval"], share["of"])
        for name, one in found.items()
        for turns, share in {"0": one["at_once"], **one["by_turn"]}.items()
    ]
    yield from table("divergence", "Preferring the chosen conversation, cut after a turn", columns, rows)
    series = tuple(_shares(name, {"0": one["at_once"], **one["by_turn"]}) for name, one in found.items())
    ticks = tuple(sorted({x for one in series for x, _ in one.points}))
    yield from chart(
        Chart(
            "divergence-chart",
            "Preferring the chosen conversation, by turns after the first that differs",
            "turns after the first that differs",
            "share of pairs",
            series,
            percent=True,
            level=GUESSING,
            ticks=ticks,
        )
    )
    begins = [(name, turns, count) for name, one in found.items() for turns, count in one["begins"].items()]
    titles = [_NAME, Column("turns", "turns after the first that differs"), Column("pairs", "pairs", "count")]
    yield from table("begins", "Where the lasting preference begins", titles, begins)


def _shares(name: str, by_turn: Mapping[str, Share]) -> Series:
    known = {turns: share for turns, share in by_turn.items() if share["share"] is not None}
    points = tuple((float(turns), share["share"] or 0.0) for turns, share in known.items())
    bands = [share["interval"] for share in known.values()]
    return Series(name, points, tuple((band[0], band[1]) for band in bands if band) if all(bands) else ())


def _by_turn(name: str, rewards: list[TurnRewards]) -> Iterator[Content]:
    columns = [Column("turn", "turn"), Column("conversations", "conversations", "count")]
    columns += [
        Column(f"{side}_{figure}", f"{side}, {title}", "number")
        for side in ("chosen", "rejected")
        for figure, title in (("mean", "mean"), ("std", "std"))
    ]
    rows = [(str(one["turn"]), one["conversations"], *_told(one["chosen"]), *_told(one["rejected"])) for one in rewards]
    yield from table(f"rewards-{name}", f"Rewards of `{name}` by turn", columns, rows)
    sides = {side: [(float(one["turn"]), one[side]["mean"]) for one in rewards] for side in ("chosen", "rejected")}
    series = tuple(
        Series(side, tuple((turn, mean) for turn, mean in points if mean is not None)) for side, points in sides.items()
    )
    ticks = tuple(float(one["turn"]) for one in rewards)
    yield from chart(
        Chart(f"rewards-{name}-chart", f"Mean reward of {name} by turn", "turn", "reward", series, ticks=ticks)
    )


def _told(spread: Spread) -> tuple[float | None, float | None]:
    return spread["mean"], spread["std"]


# Agreement


def _agreement(agreement: list[Agreement]) -> Iterator[Content]:
    columns = [Column("first", "who"), Column("second", "with"), Column("items", "both decide", "count")]
    columns += [Column("agree", "agree", "share"), Column("agree_interval", INTERVAL, "interval")]
    columns += [Column("kappa", "Cohen's kappa", "number"), Column("kappa_interval", INTERVAL, "number")]
    columns += [Column("ties", "ties", "count"), Column("unread", "unread", "count")]
    rows: list[tuple[Value, ...]] = []
    for one in agreement:
        agree = one["agree"]
        voted: tuple[Value, ...] = (one["first"], one["second"], one["items"], agree["share"], agree["interval"])
        rows.append((*voted, one["kappa"], one["interval"], one["ties"], one["unread"]))
    yield from table("agreement", "Agreement on which conversation is better", columns, rows)
