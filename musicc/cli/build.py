"""`musicc build`."""

from collections import Counter
from collections.abc import Coroutine, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import typer

from musicc.cli import datasets
from musicc.cli.batch import AWAY, open_batches
from musicc.cli.check import ready
from musicc.cli.edge import note, say, warn
from musicc.cli.lock import settled
from musicc.cli.places import places
from musicc.cli.progress import told
from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes.running import NO_PAIR
from musicc.plan.compile import compile_module
from musicc.runtime.batch.backend import PausedError
from musicc.runtime.batch.desk import Pace
from musicc.runtime.budget import FREE, Allowance
from musicc.runtime.build import build
from musicc.runtime.checked import percent
from musicc.runtime.engine.checks.tally import CheckTally
from musicc.runtime.job import Job
from musicc.runtime.llm.types import Unusable
from musicc.runtime.loop import run
from musicc.runtime.progress import Progress

T = TypeVar("T")


def build_spec(
    spec: Path,
    profile: str | None,
    params: Sequence[str],
    store: Path | None,
    out: Path | None,
    *,
    locked: bool,
    pace: Pace | None = None,
    allowed: Allowance = FREE,
) -> None:
    """Builds a spec's pairs and says what came of it. Raises DiagnosticError, KeyboardInterrupt."""
    module = ready(settled(spec, profile, params, locked=locked))
    where = places(spec, profile, store, out)
    job = Job(
        compile_module(module),
        where.spec_folder,
        where.build,
        where.store,
        warn,
        note,
        pace,
        allowed,
    )
    _summarise(played(build(job, told), where.store), where.build)


def played(work: Coroutine[Any, Any, T], store: Path) -> T:
    """What came of it. Raises DiagnosticError, also where a model cannot be reached, KeyboardInterrupt, and Exit where
    batches are not waited for.
    """
    try:
        return run(work)
    except Unusable as failure:
        raise DiagnosticError(failure.diagnostic) from None
    except KeyboardInterrupt:
        note("stopped; what was received is kept: the same command goes on from here")
        if away := open_batches(store):
            note(f"{away}: their calls are answered meanwhile, and fetched when you come back")
        raise
    except PausedError:
        say(f"{open_batches(store)}: run the same command again for their replies, they take a day at most")
        raise typer.Exit(AWAY) from None


def _summarise(progress: Progress, folder: Path) -> None:
    refuse_nothing([(progress, folder)])
    failed = progress.failed.total()
    say(f"{progress.pairs:,} pairs in {folder / 'pairs.jsonl'}")
    if failed:
        say(f"{failed:,} rows quarantined ({_counts(progress.failed)}) in {folder / 'quarantine.jsonl'}")
    for name, tally in progress.checks.items():
        say(_checked(name, tally))
    if progress.dropped:
        say(f"{progress.dropped.total():,} pairs dropped, in {folder / 'dropped.jsonl'}")
    if +progress.marked:
        say(f"replies kept with a mark: {_counts(progress.marked)}")
    for line in datasets.lines(folder):
        say(line)
    money = "" if progress.spent is None else f", ${progress.spent:,.2f}"
    say(f"{progress.made:,} calls made, {progress.reused:,} reused{money}")
    say(f"read them: musicc show {folder}")
    datasets.refuse_empty([folder])


def refuse_nothing(builds: Iterable[tuple[Progress, Path]]) -> None:
    """Raises DiagnosticError for each build without a pair (M591); datasets may be made of sources alone."""
    empty = [(progress, folder) for progress, folder in builds if not progress.pairs]
    wanted = [(progress, folder) for progress, folder in empty if progress.rows or not datasets.made_in(folder)]
    if wanted:
        raise DiagnosticError([_no_pair(progress, folder) for progress, folder in wanted])


def _no_pair(progress: Progress, folder: Path) -> Diagnostic:
    if progress.dropped:
        return _all_dropped(progress, folder)
    message = f"no row became a pair ({_counts(progress.failed)})"
    help_ = "read there what the replies were like; `replies = { … }` in the dialogue says what is let pass"
    return Diagnostic(NO_PAIR, message, at=f"{folder}/quarantine.jsonl", help=help_)


def _all_dropped(progress: Progress, folder: Path) -> Diagnostic:
    message = f"no pair passed its checks ({_counts(progress.dropped)})"
    help_ = "read there what the checks found; `fail = mark` in a check keeps such pairs"
    return Diagnostic(NO_PAIR, message, at=f"{folder}/dropped.jsonl", help=help_)


def _checked(name: str, tally: CheckTally) -> str:
    """`check preferred: 28 of 31 pairs passed, 3 dropped, 2 drawn again; the judge agrees in 90 % (75 % to 97 %)`."""
    words = {"dropped": tally.dropped, "marked": tally.marked, "drawn again": tally.retaken}
    done = [f"{tally.passed:,} of {tally.passed + tally.failed:,} pairs passed"]
    done += [f"{count:,} {word}" for word, count in words.items() if count]
    agreement = tally.facts().get("agreement")
    judged = f"; the judge agrees in {percent(agreement)}" if agreement else ""
    return f"check {name}: {', '.join(done)}{judged}"


def _counts(counter: Counter[str]) -> str:
    """`truncated: 12, repeated: 3`, the most frequent first."""
    return ", ".join(f"{word}: {count:,}" for word, count in counter.most_common())
