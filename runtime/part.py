"""One plan of a run, from its rows to its published folders."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from musicc.plan.cost import estimate
from musicc.plan.document import Check, Plan
from musicc.plan.serialise import dump
from musicc.runtime.data.mixing import Making, Sources, publish_datasets
from musicc.runtime.data.pairs import Pair
from musicc.runtime.engine.checks.language import ready_languages
from musicc.runtime.engine.checks.wide import settle
from musicc.runtime.engine.conversation import Stage
from musicc.runtime.harvest import Harvest, Kind
from musicc.runtime.job import Job
from musicc.runtime.llm.backend import Renamed
from musicc.runtime.manifest import Published, as_json, card, make_manifest
from musicc.runtime.progress import Progress
from musicc.runtime.replay.block import Block
from musicc.runtime.replay.setting import Setting
from musicc.runtime.stages import Common, make_stages, open_pools, row_counts
from musicc.runtime.store.disk import disk_errors
from musicc.runtime.store.publish import write_atomically
from musicc.runtime.store.spool import OrderedSpool
from musicc.runtime.store.store import Store


class Part:
    """One plan of a run, and the jobs that it is published for. Takes rows as they end and publishes them in their order.

    Scratch files go when `held` closes. An index is in a part when its row has ended.
    """

    def __init__(self, plan_digest: str, jobs: Sequence[Job], common: Common, held: ExitStack) -> None:
        first = jobs[0]
        self.jobs, self.plan, self.digest = jobs, first.plan, plan_digest
        self.stages: list[Stage] = []
        self._held = held
        ready_languages(first.plan)
        self._pools = open_pools(first.plan, first.spec_folder, first.folder, first.report, held, common)
        counts = row_counts(first.plan, self._pools)
        self.progress = Progress.start(first.plan, sum(counts.values()), estimate(first.plan, counts).calls)
        self._spools: dict[Kind, OrderedSpool] = {
            "pairs": held.enter_context(OrderedSpool(first.folder / ".pairs.spool")),
            "quarantine": held.enter_context(OrderedSpool(first.folder / ".quarantine.spool")),
            "dropped": held.enter_context(OrderedSpool(first.folder / ".dropped.spool")),
        }
        self._harvest = Harvest(first.plan, plan_digest, self.progress, self._keep)
        self.finish = self._harvest.finish

    def enter(self, backend: Renamed, store: Store, spec_folder: Path, common: Common) -> None:
        """The part can be played from now on."""
        self.progress.retries = backend.retries
        tallies = self.progress.tallies
        self.stages = make_stages(self.plan, spec_folder, self._pools, backend, store, tallies, common)

    def setting(self) -> Setting:
        """What another process needs to play rows of the part."""
        return Setting(self.plan, self.digest, self._pools, self.jobs[0].spec_folder, self.jobs[0].store)

    def take_in(self, block: Block) -> None:
        """Rows have ended in another process."""
        self.progress.add(block.counts)
        for kind, index, line in block.lines:
            self._keep(kind, index, line)

    def __contains__(self, index: object) -> bool:
        return any(index in spool for spool in self._spools.values())

    def _keep(self, kind: Kind, index: int, line: bytes) -> None:
        self._spools[kind].add(index, line)

    def _settle(self) -> None:
        """Makes the checks that read all pairs."""
        progress = self.progress

        def told(check: Check, passed: bool) -> None:
            progress.checks[check.name].count(check, passed=passed)

        def lost(check: Check, index: int, pair: Pair) -> None:
            progress.count(pair, -1)
            self._harvest.drop(check.name, index, pair)

        left = settle(self.plan, self._spools["pairs"], self.jobs[0].folder, self._held, told, lost)
        self._spools["pairs"] = left

    def publish(self, sources: Sources) -> None:
        """Writes the build folder of every job."""
        self._settle()
        for job in self.jobs:
            self._publish(job.folder, job.plan, Making(job.plan, self.digest, job.folder, sources, job.report))

    def _publish(self, folder: Path, plan: Plan, making: Making) -> None:
        """The manifest comes last, so that a folder with a manifest is whole."""
        published = Published(
            plan=write_atomically(folder / "plan.json", [dump(plan)]),
            pairs=write_atomically(folder / "pairs.jsonl", self._spools["pairs"].drain()),
            quarantine=write_atomically(folder / "quarantine.jsonl", self._spools["quarantine"].drain()),
            dropped=self._publish_dropped(folder / "dropped.jsonl"),
        )
        facts = make_manifest(plan, self.digest, self.progress, self._pools, published)
        facts["datasets"] = {name: asdict(made) for name, made in publish_datasets(making).items()}
        write_atomically(folder / "README.md", [card(facts).encode()])
        write_atomically(folder / "manifest.json", [as_json(facts)])

    def _publish_dropped(self, path: Path) -> str | None:
        """Only where the plan has checks; of an earlier build with checks nothing stays."""
        if self.progress.checks:
            return write_atomically(path, self._spools["dropped"].drain())
        with disk_errors("remove the dropped pairs of an earlier build", path):
            path.unlink(missing_ok=True)
        return None
