"""`musicc eval`."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from musicc.cli.built import Built, found, spec_or_name
from musicc.cli.check import ready
from musicc.cli.edge import note, warn
from musicc.cli.eval_table import show
from musicc.cli.lock import settled
from musicc.cli.steps import steps
from musicc.cli.trained import trained
from musicc.diagnostics import DiagnosticError
from musicc.diagnostics.codes.evaluation import NO_EVAL
from musicc.plan.evals import BestOfN, Eval, Scored
from musicc.runtime.budget import Allowance
from musicc.runtime.llm.types import Unusable
from musicc.runtime.reward.packages import packages
from musicc.runtime.store.publish import lock_folder
from musicc.semantics.module import Module
from musicc.semantics.reads import part_of

if TYPE_CHECKING:
    from musicc.runtime.evaluation.job import Job
    from musicc.runtime.report.evaluations import Results

REWARDS = "rewards"  # beside the store


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for. `locked`: what the evals read has to be what the lock says."""

    spec: Path | None
    name: str | None
    profile: str | None
    params: Sequence[str]
    store: Path | None
    out: Path | None
    precision: Literal["fp32", "bf16"]
    allowed: Allowance
    locked: bool


def evaluate_spec(asked: Asked) -> None:
    """Runs evals one after the other, and says what each has found.

    Raises DiagnosticError, also where a model cannot be reached, and KeyboardInterrupt.
    """
    spec, name = spec_or_name(asked.spec, asked.name)
    built = found(spec, asked.profile, asked.params, asked.store, asked.out, partial(_pinned, name, asked.locked))
    evals = built.wanted(built.plan.evaluation.evals, name, NO_EVAL, "eval", "run")
    names = {name for one in evals for name in rewards_of(one)}
    built.check((one.name, one.on) for one in evals if isinstance(one, Scored))
    built.check((reward.name, reward.train) for reward in built.plan.rewards if reward.name in names)
    with packages("evaluating"):
        job = _job(asked, built, trained(built, names))
        with lock_folder(built.folder):
            for declared in evals:
                note(f"evaluating `{declared.name}`")
                show(_run(job, declared), job.folder(declared.name))


def _pinned(name: str | None, locked: bool, spec: Path, profile: str | None, params: Sequence[str]) -> Module:
    """The module of a spec, in which the lock pins what the eval of this name reads, or all evals. Raises DiagnosticError."""

    def part(module: Module) -> object:
        return tuple(part_of(one) for key, one in module.evals.items() if name in (None, key))

    return ready(settled(spec, profile, params, locked=locked, part=part))


def rewards_of(declared: Eval) -> Sequence[str]:
    """The reward models that have a part in an eval."""
    if isinstance(declared, Scored):
        return declared.rewards
    return [one.name for one in declared.compare if one.kind == "reward"]


def _job(asked: Asked, built: Built, models: dict[str, Path]) -> "Job":
    from musicc.runtime.evaluation.job import Job

    return Job(
        plan=built.plan,
        build=built.folder,
        spec_folder=built.spec.resolve().parent,
        store=built.store,
        kept=built.store.parent / REWARDS,
        models=models,
        report=warn,
        announce=note,
        step=steps,
        precision=asked.precision,
        allowed=asked.allowed,
    )


def _run(job: "Job", declared: Eval) -> "Results":
    """What an eval has found, written into its folder. Raises DiagnosticError, KeyboardInterrupt."""
    from musicc.runtime.evaluation.results import write_results

    try:
        results = _results(job, declared)
    except Unusable as failure:
        raise DiagnosticError(failure.diagnostic) from None
    except KeyboardInterrupt:
        note("stopped; what was received and scored is kept: the same command goes on from here")
        raise
    write_results(job.folder(declared.name), results)
    return results


def _results(job: "Job", declared: Eval) -> "Results":
    if isinstance(declared, BestOfN):
        from musicc.runtime.evaluation import best_of_n

        return best_of_n.run(job, declared)
    from musicc.runtime.evaluation import scored

    return scored.run(job, declared)
