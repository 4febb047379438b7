"""What datasets are read from besides the pairs of their build: the pairs of sources, and prompts to keep out."""

from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from musicc.plan.datasets import SeedPairs
from musicc.plan.document import Plan, Seeds
from musicc.runtime.data.mixing.prompts import Prompts
from musicc.runtime.data.pairs import to_line
from musicc.runtime.data.pool import SeedPool
from musicc.runtime.data.source import Report, original_pairs
from musicc.runtime.store.disk import disk_errors
from musicc.runtime.store.spool import OrderedSpool


@dataclass(frozen=True)
class Sources:
    """The sources of all plans of a run, each read once, into scratch files in `scratch` that go when `held` closes.

    Paths count from `spec_folder`; problems with single records go to `report`.
    """

    spec_folder: Path
    scratch: Path
    report: Report
    held: ExitStack
    _pairs: dict[tuple[str, Seeds], OrderedSpool] = field(default_factory=dict)
    _prompts: dict[tuple[Seeds, int], Prompts] = field(default_factory=dict)

    def read(self, plan: Plan) -> None:
        """Reads what the datasets of a plan need, while nothing is paid for yet. Raises DiagnosticError."""
        for dataset in plan.datasets:
            for part in dataset.mix:
                if isinstance(part.of, SeedPairs):
                    self.pairs(plan, part.of.name)
            for name in dataset.apart:
                self.prompts(plan, name)

    def pairs(self, plan: Plan, name: str) -> OrderedSpool:
        """The pairs of a source as lines that name no plan. Raises DiagnosticError."""
        seeds = plan.seeds[name]
        if (name, seeds) not in self._pairs:
            self._pairs[name, seeds] = self._spooled(name, seeds)
        return self._pairs[name, seeds]

    def prompts(self, plan: Plan, name: str) -> Prompts:
        """What the seeds of this name ask. Raises DiagnosticError."""
        seeds = plan.seeds[name]
        if (seeds, plan.seed) not in self._prompts:
            self._prompts[seeds, plan.seed] = self._asked(seeds, plan.seed)
        return self._prompts[seeds, plan.seed]

    def _spooled(self, name: str, seeds: Seeds) -> OrderedSpool:
        spool = self.held.enter_context(OrderedSpool(self.scratch / f".{name}.pairs.spool"))
        for number, pair in enumerate(original_pairs(name, seeds, self.spec_folder, plan="", report=self.report)):
            spool.add(number, to_line(pair))
        return spool

    def _asked(self, seeds: Seeds, spec_seed: int) -> Prompts:
        with disk_errors("lay out the seeds", self.scratch):
            pool = SeedPool.load(seeds, self.spec_folder, self.scratch, spec_seed=spec_seed, report=self.report)
        with closing(pool):
            return Prompts(pool[row] for row in range(len(pool)))
