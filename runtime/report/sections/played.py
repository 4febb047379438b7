"""Best-of-N: how often the conversations of one contestant are preferred to those of another, and what they are like."""

from collections.abc import Iterator, Sequence

from musicc.diagnostics.words import counted
from musicc.runtime.report.content import Chart, Column, Content, Series, Value, chart, table, words
from musicc.runtime.report.evaluations import Comparison, Played, Share, are_many_unread, unread
from musicc.runtime.report.gathered import Facts
from musicc.runtime.report.sections.measures import INTERVAL

_EVEN = (0.5, "no difference")
_COUNTS = ("prompts", "wins", "ties", "losses", "unread", "equal")
_COMPARED = (
    Column("first", "contestant"),
    Column("second", "against"),
    Column("n", "N", "count"),
    Column("rate", "win rate", "share"),
    Column("interval", INTERVAL, "interval"),
    Column("controlled", "at equal length", "share"),
    Column("controlled_interval", INTERVAL, "interval"),
    Column("p", "p", "number"),
    *(Column(key, key, "count") for key in _COUNTS),
    Column("first_words", "words", "number"),
    Column("second_words", "words of the other", "number"),
)
_NOTE = (
    "The win rate is wins and half of the ties, of all prompts; the judge reads each pair in both orders, and where it does not "
    "say the same twice, that is a tie. At equal length: as if both sides had written as many words (arXiv 2404.04475). p is "
    "of the two-sided sign test on wins and losses."
)


def played(results: Facts) -> Iterator[Content]:
    """Of `BestOfNResults`."""
    comparisons: list[Comparison] = results["comparisons"]
    yield from words(f"On {counted(results['prompts'], 'prompt')}. {_NOTE}")
    yield from words(_unread(comparisons))
    yield from table("comparisons", "Win rates", _COMPARED, [_row(one) for one in comparisons])
    yield from _charts(comparisons)
    for source, found in results["by_source"].items() if len(results["by_source"]) > 1 else ():
        yield from table(
            f"source-{source}", f"Win rates on prompts of `{source}`", _COMPARED, [_row(one) for one in found]
        )
    yield from _played(results["played"])
    keys = list(dict.fromkeys(key for used in results["usage"].values() for key in used))
    columns = [Column("model", "model", "code"), *(Column(key, key.replace("_", " "), "count") for key in keys)]
    rows = [(name, *(used.get(key) for key in keys)) for name, used in results["usage"].items()]
    yield from table("usage", "Calls and tokens, whoever paid for them", columns, rows)


def _unread(comparisons: Sequence[Comparison]) -> str:
    lost, asked = unread(comparisons)
    if not are_many_unread(lost, asked):
        return ""
    return f"Of {counted(asked, 'verdict')} {lost:,} could not be read: these are ties that say nothing."


def _row(one: Comparison) -> tuple[Value, ...]:
    counts = (one["prompts"], one["wins"], one["ties"], one["losses"], one["unread"], one["equal"])
    rates = (*_share(one["rate"]), *_share(one["controlled"]))
    return (one["first"], one["second"], one["n"], *rates, one["p"], *counts, *one["words"])


def _share(share: Share | None) -> tuple[Value, Value]:
    return (share["share"], share["interval"]) if share else (None, None)


def _charts(comparisons: Sequence[Comparison]) -> Iterator[Content]:
    """Of each opponent: the win rate, and the one at equal length beside it."""
    for first, second in dict.fromkeys((one["first"], one["second"]) for one in comparisons):
        games = [one for one in comparisons if (one["first"], one["second"]) == (first, second)]
        raw, controlled = [(one["n"], one["rate"]) for one in games], [(one["n"], one["controlled"]) for one in games]
        series = (_series("all", raw), _series("at equal length", controlled))
        ticks = tuple(sorted(float(one["n"]) for one in games))
        title = f"Win rate of {first} against {second}"
        yield from chart(
            Chart(f"win-rate-{second}", title, "N", "win rate", series, percent=True, level=_EVEN, ticks=ticks)
        )


def _series(label: str, shares: Sequence[tuple[int, Share | None]]) -> Series:
    known = sorted(
        (n, share["share"], share["interval"]) for n, share in shares if share and share["share"] is not None
    )
    bands = [(band[0], band[1]) for _, _, band in known if band]
    return Series(
        label, tuple((float(n), rate) for n, rate, _ in known), tuple(bands) if len(bands) == len(known) else ()
    )


def _played(found: Sequence[Played]) -> Iterator[Content]:
    places = max((len(one["picked"]) for one in found), default=0)
    columns = [Column("contestant", "contestant"), Column("n", "N", "count")]
    columns += [Column("conversations", "conversations", "count"), Column("words", "words of its replies", "number")]
    columns += [Column("reward", "mean reward of what it picked", "number")]
    columns += [Column(f"picked_{at}", f"picked {at}", "count") for at in range(1, places + 1)]
    rows: list[tuple[Value, ...]] = []
    for one in found:
        reward = one["reward"]["mean"] if one["reward"] else None
        picked: list[Value] = [*one["picked"], *[None] * (places - len(one["picked"]))]
        rows.append((one["contestant"], one["n"], one["conversations"], one["words"], reward, *picked))
    yield from table("played", "What was played", columns, rows)
