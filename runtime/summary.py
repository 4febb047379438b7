"""What a sweep came to: `summary.json` for programs, `summary.md` and a table for people, a line for each point."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any

from musicc import __version__
from musicc.plan.document import Plan
from musicc.plan.serialise import digest
from musicc.runtime.manifest import Manifest, as_json
from musicc.runtime.progress import Progress, Sum
from musicc.runtime.store.publish import write_atomically

COLUMNS = ("pairs", "quarantined", "dropped", "calls made", "reused", "tokens in", "tokens out", "USD", "marks")


@dataclass(frozen=True, slots=True)
class Built:
    """A point that was built. Points with equal plans have the same `progress`."""

    name: str
    settings: Mapping[str, str]  # each field, dotted, with its value as written
    plan: Plan
    folder: Path
    progress: Progress


def publish_summary(folder: Path, sweep: str, points: Sequence[Built]) -> None:
    """Writes both files, once the points are published. Raises DiagnosticError."""
    facts = make_summary(sweep, points)
    title = " ".join((facts["spec"], f"({facts['profile']})" if facts["profile"] else "")).strip()
    table = "\n".join("| " + " | ".join(row) + " |" for row in _ruled(rows(points)))
    text = f"# {title}: sweep {sweep}\n\n{table}\n\n{NOTE}\n"
    write_atomically(folder / "summary.md", [text.encode()])
    write_atomically(folder / "summary.json", [as_json(facts)])


NOTE = (
    "Tokens are those of all replies of a point. Calls made and money are of this run; a call that several points ask is "
    "made once, by one of them, and reused by the others."
)


def make_summary(sweep: str, points: Sequence[Built]) -> Manifest:
    """Counts, tokens and money of every point and of the run, as JSON values."""
    first = points[0].plan
    return {
        "musicc": __version__,
        "spec": first.spec,
        "profile": first.profile,
        "sweep": sweep,
        "points": [_point(point, points) for point in points],
        "total": _counts(Sum(_distinct(points))),
    }


def _point(point: Built, points: Sequence[Built]) -> Manifest:
    with (point.folder / "pairs.jsonl").open("rb") as file:
        pairs = file_digest(file, "sha256").hexdigest()
    return {
        "name": point.name,
        "settings": dict(point.settings),
        "plan": digest(point.plan),
        "pairs.jsonl": pairs,
        "same_as": same_as(point, points),
        **_counts(Sum([point.progress])),
        "quarantine": dict(sorted(point.progress.failed.items())),
        "marks": dict(sorted((+point.progress.marked).items())),
    }


def same_as(point: Built, points: Sequence[Built]) -> str | None:
    """The name of an earlier point with an equal plan, which was not built again."""
    first = next(other for other in points if other.progress is point.progress)
    return None if first is point else first.name


def _distinct(points: Sequence[Built]) -> list[Progress]:
    return list({id(point.progress): point.progress for point in points}.values())


def _counts(progress: Sum) -> dict[str, Any]:
    """Of this run; tokens are those of reused replies as well."""
    tallies = [tally for part in progress.parts for tally in part.tallies.values()]
    failed, dropped = progress.failed.total(), progress.dropped.total()
    return {
        "pairs": progress.rows - failed - dropped,
        "quarantined": failed,
        "dropped": dropped,
        "made": progress.made,
        "reused": progress.reused,
        "prompt_tokens": sum(tally.prompt_tokens + tally.reused_prompt_tokens for tally in tallies),
        "completion_tokens": sum(tally.completion_tokens + tally.reused_completion_tokens for tally in tallies),
        "usd": progress.spent,
    }


def rows(points: Sequence[Built]) -> list[list[str]]:
    """The table: its head, a row for each point, and the total of the run."""
    run = Sum(_distinct(points))
    shown = [_row(_named(point, points), Sum([point.progress])) for point in points]
    return [["point", *COLUMNS], *shown, _row("total", run)]


def _named(point: Built, points: Sequence[Built]) -> str:
    same = same_as(point, points)
    return point.name if same is None else f"{point.name} (as {same})"


def _row(name: str, progress: Sum) -> list[str]:
    counts = _counts(progress)
    numbers = ("pairs", "quarantined", "dropped", "made", "reused", "prompt_tokens", "completion_tokens")
    marks = sum((part.marked for part in progress.parts), Counter())
    money = "–" if counts["usd"] is None else f"{counts['usd']:,.2f}"
    return [name, *(f"{counts[key]:,}" for key in numbers), money, f"{marks.total():,}"]


def _ruled(table: list[list[str]]) -> list[list[str]]:
    """With the line that Markdown wants below the head; numbers stand to the right."""
    return [table[0], ["---", *("---:" for _ in table[0][1:])], *table[1:]]
