"""What the dialogues of a plan are played with: their seeds, and a caller over a backend and a store."""

import asyncio
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from musicc.diagnostics import Diagnostic
from musicc.plan.document import Plan, Seeds
from musicc.runtime.data.pool import SeedPool
from musicc.runtime.engine.caller import Caller, Results, Tally
from musicc.runtime.engine.conversation import Stage
from musicc.runtime.engine.prompts import Prompter
from musicc.runtime.engine.rows import make_row, row_count
from musicc.runtime.engine.schedule import Agenda, Row
from musicc.runtime.llm.identity import identity
from musicc.runtime.llm.types import Backend, Reply
from musicc.runtime.store.disk import disk_errors

Pools = Mapping[str, SeedPool]


@dataclass(frozen=True)
class Common:
    """What the plans of one run share: seeds that were read, calls in flight, and which call goes first."""

    pools: dict[tuple[Path, Seeds, int], SeedPool] = field(default_factory=dict)
    flying: dict[bytes, "asyncio.Future[Reply]"] = field(default_factory=dict)
    agenda: Agenda = field(default_factory=Agenda)


def open_pools(
    plan: Plan,
    spec_folder: Path,
    scratch: Path,
    report: Callable[[Diagnostic], None],
    held: ExitStack,
    common: Common | None = None,
) -> Pools:
    """The seeds that dialogues start from, read once into scratch files that go when `held` closes. Raises DiagnosticError."""
    known = common.pools if common else {}
    played = {dialogue.seeds: plan.seeds[dialogue.seeds] for dialogue in plan.dialogues}
    for seeds in played.values():
        if (spec_folder, seeds, plan.seed) not in known:
            with disk_errors("lay out the seeds", scratch):
                pool = SeedPool.load(seeds, spec_folder, scratch, spec_seed=plan.seed, report=report)
            held.callback(pool.close)
            known[spec_folder, seeds, plan.seed] = pool
    return {name: known[spec_folder, seeds, plan.seed] for name, seeds in played.items()}


def make_stages(
    plan: Plan,
    spec_folder: Path,
    pools: Pools,
    backend: Backend,
    store: Results,
    tallies: Mapping[str, Tally],
    common: Common | None = None,
) -> list[Stage]:
    """One stage a dialogue. They share what is in flight, so equal calls of two dialogues are one call."""
    common = common or Common()
    prompter = Prompter(plan)
    identities = {name: identity(model, spec_folder) for name, model in plan.models.items()}
    structured = frozenset(name for name, model in plan.models.items() if model.structured)
    caller = Caller(backend.complete, store, identities, structured, {}, tallies, common.flying)
    return [
        Stage(dialogue, prompter, caller.under(dialogue.replies), pools[dialogue.seeds], common.agenda)
        for dialogue in plan.dialogues
    ]


def row_counts(plan: Plan, pools: Pools) -> dict[str, int]:
    """How many rows each dialogue has, by its name."""
    return {dialogue.name: row_count(dialogue, pools[dialogue.seeds]) for dialogue in plan.dialogues}


def all_rows(plan: Plan, stages: list[Stage], ended: Container[int] = ()) -> Iterator[tuple[Stage, Row]]:
    """Every row of every dialogue but those `ended`, one after the other, without ever holding them all."""
    total = sum(row_count(stage.dialogue, stage.pool) for stage in stages)
    return (row_at(plan, stages, index) for index in range(total) if index not in ended)


def row_at(plan: Plan, stages: list[Stage], index: int) -> tuple[Stage, Row]:
    """A row by its number: dialogues in the plan's order, rows in seed order, those of one seed next to each other."""
    first = 0
    for stage in stages:
        dialogue, count = stage.dialogue, row_count(stage.dialogue, stage.pool)
        if index < first + count:
            return stage, make_row(dialogue, plan.seeds[dialogue.seeds], stage.pool, plan.seed, index - first, first)
        first += count
    raise IndexError(f"there is no row {index}")
