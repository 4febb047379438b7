"""Which replies of a store the builds of a spec read: what a clean-up keeps."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from musicc.diagnostics import Diagnostic
from musicc.plan.statistics import ASSUMED
from musicc.runtime.engine.caller import Results, Tally
from musicc.runtime.engine.conversation import Stage
from musicc.runtime.engine.local import SMALLEST_WINDOW, play
from musicc.runtime.engine.rehearsal import Understudy
from musicc.runtime.engine.schedule import Row
from musicc.runtime.preview import Planned
from musicc.runtime.stages import Common, all_rows, make_stages, open_pools, row_counts
from musicc.runtime.store import Store
from musicc.runtime.store.index import Index
from musicc.runtime.store.survey import Step


class Keys:
    """A set of keys in 24 to 48 bytes each: told apart by 72 of their bits, so it may seem to hold one more, never less."""

    def __init__(self) -> None:
        self._index = Index()

    def add(self, key: bytes) -> None:
        if key not in self:
            self._index.add(key, 1)

    def __contains__(self, key: bytes) -> bool:
        return bool(self._index.candidates(key))

    def __len__(self) -> int:
        return len(self._index)


@dataclass(frozen=True, slots=True)
class Needed:
    """The keys of the calls that builds make: those whose replies the store has, and the others.

    What follows on a missing reply in a conversation cannot be known, so it is in neither.
    """

    held: Keys = field(default_factory=Keys)
    missing: Keys = field(default_factory=Keys)


def needed(builds: Sequence[Planned], store: Path, report: Callable[[Diagnostic], None], step: Step) -> Needed:
    """Rehearses every row of every build and asks nobody. `step` hears of rows. Raises DiagnosticError."""
    found, done = Needed(), _Rows(step)
    with ExitStack() as held:
        scratch = Path(held.enter_context(TemporaryDirectory()))
        listener = _Listener(held.enter_context(Store.open(store, readonly=True)), found)
        common = Common()
        pools = [open_pools(*build, scratch, report, held, common) for build in builds]
        done.total = sum(sum(row_counts(build.plan, of).values()) for build, of in zip(builds, pools, strict=True))
        for (plan, folder), of in zip(builds, pools, strict=True):
            tallies = {name: Tally() for name in plan.models}
            stages = make_stages(plan, folder, of, Understudy(ASSUMED.reply), listener, tallies)
            asyncio.run(play(done.counted(all_rows(plan, stages)), SMALLEST_WINDOW, lambda *played: None))
    return found


@dataclass(frozen=True, slots=True)
class _Listener:
    """The store, which notes what it is asked for. What is made up instead is not kept: it is made up the same again."""

    store: Results
    found: Needed

    def get(self, key: bytes) -> bytes | None:
        value = self.store.get(key)
        (self.found.missing if value is None else self.found.held).add(key)
        return value

    def put(self, key: bytes, value: bytes) -> None:
        """Nothing is kept."""


@dataclass(slots=True)
class _Rows:
    """How many rows have begun."""

    step: Step
    total: int = 0
    done: int = 0

    def counted(self, rows: Iterable[tuple[Stage, Row]]) -> Iterator[tuple[Stage, Row]]:
        for row in rows:
            yield row
            self.done += 1
            self.step(self.done, self.total)
