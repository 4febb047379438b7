"""A build: plans are played into pairs, and what came of them is published when all of it is there."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, ExitStack
from dataclasses import asdict, dataclass, replace
from itertools import zip_longest
from pathlib import Path

import orjson

from musicc.diagnostics import Diagnostic
from musicc.plan.cost import estimate
from musicc.plan.document import Check, Plan
from musicc.plan.serialise import digest, dump
from musicc.runtime.batch.desk import Pace
from musicc.runtime.budget import FREE, Allowance, Budget
from musicc.runtime.calling import calling, waiting_rows
from musicc.runtime.data.mixing import Making, Sources, publish_datasets
from musicc.runtime.data.pairs import UNMADE, CheckRecord, Pair, to_line
from musicc.runtime.engine.caller import Tally
from musicc.runtime.engine.checks.examine import Examined
from musicc.runtime.engine.checks.language import ready_languages
from musicc.runtime.engine.checks.tally import CheckTally, count_row
from musicc.runtime.engine.checks.wide import settle
from musicc.runtime.engine.conversation import Stage
from musicc.runtime.engine.local import Failed, Outcome, play, window
from musicc.runtime.engine.pairing import models_of
from musicc.runtime.engine.schedule import Row
from musicc.runtime.llm.backend import Renamed, one_table, open_backend
from musicc.runtime.manifest import Published, as_json, card, make_manifest
from musicc.runtime.progress import Progress, Sum
from musicc.runtime.stages import Common, Pools, all_rows, make_stages, open_pools, row_counts
from musicc.runtime.store.disk import disk_errors
from musicc.runtime.store.publish import lock_folder, write_atomically
from musicc.runtime.store.spool import OrderedSpool
from musicc.runtime.store.store import Store

Watch = Callable[[Sum], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Job:
    """What to build and where. `report` hears of malformed seeds, `announce` of what takes long, while it happens.

    `pace`: how calls go in batches; None where they are made one by one. `allowed`: what the run may spend.
    """

    plan: Plan
    spec_folder: Path
    folder: Path
    store: Path
    report: Callable[[Diagnostic], None]
    announce: Callable[[str], None]
    pace: Pace | None = None
    allowed: Allowance = FREE


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
            size = window(models.values(), len(parts)) if first.pace is None else waiting_rows(total.rows)
            await play(_in_turn(parts), size, _Finish(parts))
        store.flush()
        for part in parts:
            part.publish(sources)
        for damage in store.damaged:
            first.report(damage)
        done = {id(job): part.progress for part in parts for job in part.jobs}
        return [done[id(job)] for job in jobs]


def start(plan: Plan, pools: Pools) -> Progress:
    """The progress of a build before its first call."""
    counts = row_counts(plan, pools)
    tallies = {name: Tally() for name in plan.models}
    checks = {check.name: CheckTally() for dialogue in plan.dialogues for check in dialogue.checks}
    return Progress(plan.models, tallies, sum(counts.values()), estimate(plan, counts).calls, checks=checks)


def _parts(jobs: Sequence[Job], common: Common, held: ExitStack) -> list["Part"]:
    """The jobs, those with equal plans together."""
    equal: dict[str, list[Job]] = {}
    for job in jobs:
        equal.setdefault(digest(job.plan), []).append(job)
    return [Part(name, alike, common, held) for name, alike in equal.items()]


def _in_turn(parts: Sequence["Part"]) -> Iterator[tuple[Stage, Row]]:
    """A row of each part, then the next of each: what they have in common is asked once, while it is still cached."""
    for together in zip_longest(*(all_rows(part.plan, part.stages) for part in parts)):
        yield from (row for row in together if row is not None)


class _Finish:
    """Hands a row that has ended to its part."""

    def __init__(self, parts: Sequence["Part"]) -> None:
        self._parts = {id(stage): part for part in parts for stage in part.stages}

    def __call__(self, stage: Stage, row: Row, outcome: Outcome) -> None:
        self._parts[id(stage)].finish(stage, row, outcome)


class Part:
    """One plan of a run, and the jobs that it is published for. Takes rows as they end and publishes them in their order.

    Scratch files go when `held` closes.
    """

    def __init__(self, plan_digest: str, jobs: Sequence[Job], common: Common, held: ExitStack) -> None:
        first = jobs[0]
        self.jobs, self.plan, self.digest = jobs, first.plan, plan_digest
        self.stages: list[Stage] = []
        self._held = held
        ready_languages(first.plan)
        self._pools = open_pools(first.plan, first.spec_folder, first.folder, first.report, held, common)
        self.progress = start(first.plan, self._pools)
        self._models = {dialogue.name: models_of(first.plan, dialogue) for dialogue in first.plan.dialogues}
        self._pairs = held.enter_context(OrderedSpool(first.folder / ".pairs.spool"))
        self._quarantine = held.enter_context(OrderedSpool(first.folder / ".quarantine.spool"))
        self._dropped = held.enter_context(OrderedSpool(first.folder / ".dropped.spool"))

    def enter(self, backend: Renamed, store: Store, spec_folder: Path, common: Common) -> None:
        """The part can be played from now on."""
        self.progress.retries = backend.retries
        tallies = self.progress.tallies
        self.stages = make_stages(self.plan, spec_folder, self._pools, backend, store, tallies, common)

    def finish(self, stage: Stage, row: Row, outcome: Outcome) -> None:
        """A row has ended."""
        self.progress.done += 1
        dialogue = stage.dialogue
        if isinstance(outcome, Failed):
            self.progress.failed[outcome.reason] += 1
            self._quarantine.add(row.index, _failure(dialogue.name, row, outcome))
            return
        count_row(dialogue.checks, outcome, self.progress.checks)
        pair = self._pair(outcome)
        if outcome.dropped is not None:
            self._drop(outcome.dropped, row.index, pair)
            return
        self.progress.count(pair)
        self._pairs.add(row.index, to_line(pair))

    def _pair(self, examined: Examined) -> Pair:
        pair, found = examined.pair, examined.findings
        records: dict[str, CheckRecord] = dict.fromkeys(self.progress.checks, UNMADE)
        records |= {name: finding.record() for name, finding in found.items()}
        return replace(pair, models=self._models[pair.dialogue], plan=self.digest, checks=records)

    def _drop(self, check: str, index: int, pair: Pair) -> None:
        self.progress.dropped[check] += 1
        self._dropped.add(index, to_line(pair))

    def _settle(self) -> None:
        """Makes the checks that read all pairs."""
        progress = self.progress

        def told(check: Check, passed: bool) -> None:
            progress.checks[check.name].count(check, passed=passed)

        def lost(check: Check, index: int, pair: Pair) -> None:
            progress.count(pair, -1)
            self._drop(check.name, index, pair)

        self._pairs = settle(self.plan, self._pairs, self.jobs[0].folder, self._held, told, lost)

    def publish(self, sources: Sources) -> None:
        """Writes the build folder of every job."""
        self._settle()
        for job in self.jobs:
            self._publish(job.folder, job.plan, Making(job.plan, self.digest, job.folder, sources, job.report))

    def _publish(self, folder: Path, plan: Plan, making: Making) -> None:
        """The manifest comes last, so that a folder with a manifest is whole."""
        published = Published(
            plan=write_atomically(folder / "plan.json", [dump(plan)]),
            pairs=write_atomically(folder / "pairs.jsonl", self._pairs.drain()),
            quarantine=write_atomically(folder / "quarantine.jsonl", self._quarantine.drain()),
            dropped=self._publish_dropped(folder / "dropped.jsonl"),
        )
        facts = make_manifest(plan, self.digest, self.progress, self._pools, published)
        facts["datasets"] = {name: asdict(made) for name, made in publish_datasets(making).items()}
        write_atomically(folder / "README.md", [card(facts).encode()])
        write_atomically(folder / "manifest.json", [as_json(facts)])

    def _publish_dropped(self, path: Path) -> str | None:
        """Only where the plan has checks; of an earlier build with checks nothing stays."""
        if self.progress.checks:
            return write_atomically(path, self._dropped.drain())
        with disk_errors("remove the dropped pairs of an earlier build", path):
            path.unlink(missing_ok=True)
        return None


def _failure(dialogue: str, row: Row, failed: Failed) -> bytes:
    line = {"id": row.id, "seed": row.seed.id, "dialogue": dialogue, "reason": failed.reason, "message": failed.message}
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
