"""Whether the reward models that an eval asks are those that the spec declares."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from musicc.cli.built import Built, manifest
from musicc.cli.train import job_of
from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes.evaluation import NOT_TRAINED
from musicc.plan.datasets import SeedPairs
from musicc.plan.document import FileSource
from musicc.plan.rewards import Reward
from musicc.runtime.data.digests import files_digest
from musicc.runtime.data.mixing.choose import TRAIN, VALIDATION
from musicc.runtime.data.mixing.publish import FOLDER as DATASETS
from musicc.runtime.data.source import name_of
from musicc.runtime.reward import checkpoint
from musicc.runtime.reward.stamp import changed


def trained(built: Built, names: Iterable[str]) -> dict[str, Path]:
    """The folder of each of these reward models. Needs the packages for training.

    Raises DiagnosticError: some are not trained, or on another state of the spec (M671).
    """
    rewards = {reward.name: reward for reward in built.plan.rewards}
    wanted = sorted(names)
    found = [_fault(built, rewards[name]) if name in rewards else _undeclared(built, name) for name in wanted]
    if faults := [fault for fault in found if fault]:
        raise DiagnosticError(faults)
    return {name: job_of(built, rewards[name], resume=False).folder for name in wanted}


def _fault(built: Built, reward: Reward) -> Diagnostic | None:
    job = job_of(built, reward, resume=False)
    command = f"musicc train {built.arguments} {reward.name}"
    if (made := manifest(job.folder)) is None:
        stopped = checkpoint.last(job.work) is not None
        reason = "its training was stopped before its end" if stopped else "there is none yet"
        mend = f"run `{command}{' --resume' if stopped else ''}`"
    elif names := _changed(built, reward, made):
        reason, mend = f"it was trained before the spec changed: {', '.join(names)}", f"run `{command}`"
    else:
        return None
    return Diagnostic(NOT_TRAINED, f"`{reward.name}` is not trained: {reason}", str(job.folder), help=mend)


def _undeclared(built: Built, name: str) -> Diagnostic:
    reason = f"{built.spec} declares no reward model of this name: it is another file's"
    help_ = f"declare one (`reward mine like {name}` of an imported one), train it, and name that"
    return Diagnostic(NOT_TRAINED, f"`{name}` is not trained: {reason}", str(built.folder), help=help_)


def _changed(built: Built, reward: Reward, made: dict[str, Any]) -> list[str]:
    """What decides its weights and is not as it was. It takes reading all pairs where a glance does not do."""
    files = {Path(file).name: digest for file, digest in made["data"]["files"].items()}
    if made["reward"] == reward.model_dump(mode="json") and files == _files(built, reward):
        return []
    from musicc.runtime.reward.prepare import Shelf

    job = job_of(built, reward, resume=False)
    return changed(made["stamp"], Shelf().prepared(job).stamp(job))


def _files(built: Built, reward: Reward) -> dict[str, str]:
    """The digests of the files that it is trained on, by their names; of a hub's nothing is known at a glance."""
    pairs = reward.train
    if isinstance(pairs, SeedPairs):
        origin = built.plan.seeds[pairs.name].origin
        base = built.spec.resolve().parent
        return {Path(name_of(origin)).name: files_digest(origin.path, base)} if isinstance(origin, FileSource) else {}
    folder = built.folder / DATASETS / pairs.name if pairs.kind == "dataset" else built.folder
    names = [f"{side}.jsonl" for side in (TRAIN, VALIDATION)] if pairs.kind == "dataset" else ["pairs.jsonl"]
    return {name: files_digest(name, folder) for name in names if (folder / name).is_file()}
