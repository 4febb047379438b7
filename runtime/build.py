"""A build: plans are played into pairs, and what came of them is published when all of it is there."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack
from dataclasses import replace
from itertools import zip_longest

from musicc.plan.serialise import digest
from musicc.runtime.budget import FREE, Budget
from musicc.runtime.calling import calling, waiting_rows
from musicc.runtime.data.mixing import Sources
from musicc.runtime.engine.conversation import Stage
from musicc.runtime.engine.local import Outcome, play, window
from musicc.runtime.engine.schedule import Row
from musicc.runtime.job import Job
from musicc.runtime.llm.backend import Renamed, one_table, open_backend
from musicc.runtime.part import Part
from musicc.runtime.progress import Progress, Sum
from musicc.runtime.replay import replay
from musicc.runtime.stages import Common, all_rows
from musicc.runtime.store.publish import lock_folder
from musicc.runtime.store.store import Store

Watch = Callable[[Sum], AbstractAsyncContextManager[None]]


async def build(job: Job, watch: Watch) -> Progress:
    """Plays every row of the plan, then publishes pairs, quarantine, plan and manifest in the build folder.

    Raises DiagnosticError, and Unusable where a model cannot be reached. Whatever happens, what was received is in the
    store, and the same job goes on from there.
    """
    return (await build_together([job], watch))[0]


async def build_together(jobs: Sequence[Job], watch: Watch) -> list[Progress]:
    """Builds several plans of one spec in one run: one store, one set of slots, and calls that are equal are made once.

    Plans that are equal are played once, and share their Progress. Nothing is published before all rows have ended.
    The jobs have `spec_folder`, `store`, `pace` and `allowed` in common. Raises as `build` does.
    """
    first, common = jobs[0], Common()
    with ExitStack() as held:
        for job in jobs:
            held.enter_context(lock_folder(job.folder))
        store = held.enter_context(Store.open(first.store))
        parts = _parts(jobs, common, held)
        sources = Sources(first.spec_folder, first.folder, first.report, held)
        for job in jobs:
            sources.read(job.plan)
        total = Sum([part.progress for part in parts])
        models, names = one_table(part.plan.models for part in parts)
        async with (
            open_backend(models, announce=first.announce, folder=first.spec_folder) as usual,
            calling(
                first.pace, models, usual, store, first.store, lambda: total.pulse, first.report, first.announce
            ) as (backend, away),
            watch(replace(total, away=away)),
        ):
            paid = backend if first.allowed == FREE else Budget(backend, first.allowed, models, total)
            for part, own in zip(parts, names, strict=True):
                part.enter(Renamed(paid, own), store, first.spec_folder, common)
            if len(store):
                for part in parts:
                    await replay(part.setting(), part.progress.rows, part.take_in)
            size = window(models.values(), len(parts)) if first.pace is None else waiting_rows(total.rows)
            await play(_in_turn(parts), size, _Finish(parts))
        store.flush()
        for part in parts:
            part.publish(sources)
        for damage in store.damaged:
            first.report(damage)
        done = {id(job): part.progress for part in parts for job in part.jobs}
        return [done[id(job)] for job in jobs]


def _parts(jobs: Sequence[Job], common: Common, held: ExitStack) -> list[Part]:
    """The jobs, those with equal plans together."""
    equal: dict[str, list[Job]] = {}
    for job in jobs:
        equal.setdefault(digest(job.plan), []).append(job)
    return [Part(name, alike, common, held) for name, alike in equal.items()]


def _in_turn(parts: Sequence[Part]) -> Iterator[tuple[Stage, Row]]:
    """A row of each part, then the next of each: what they have in common is asked once, while it is still cached."""
    for together in zip_longest(*(all_rows(part.plan, part.stages, part) for part in parts)):
        yield from (row for row in together if row is not None)


class _Finish:
    """Hands a row that has ended to its part."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = {id(stage): part for part in parts for stage in part.stages}

    def __call__(self, stage: Stage, row: Row, outcome: Outcome) -> None:
        self._parts[id(stage)].finish(stage, row, outcome)
