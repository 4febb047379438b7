"""Trains one reward model: checks its data, trains it, writes it out, proves that it loads, and puts it in its place."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import torch

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes.rewards import CHANGED, UNFINISHED
from musicc.runtime.reward import checkpoint, devices, gradients, head
from musicc.runtime.reward.export import RESCORED, check_saved, discard, publish, save
from musicc.runtime.reward.job import TENSORBOARD, Job
from musicc.runtime.reward.method import Trained
from musicc.runtime.reward.prepare import Prepared
from musicc.runtime.reward.results import MANIFEST, Results, results, write_results
from musicc.runtime.reward.stamp import changed
from musicc.runtime.store.disk import disk_errors
from musicc.runtime.store.publish import lock_folder, write_atomically

_STAMP, _MADE = "stamp.json", "made"


def train(job: Job, prepared: Prepared) -> Results:
    """What came of a training, or of the same training earlier. All devices call it; one of them writes.

    Raises DiagnosticError for an unfinished training in the way (M635) or another one than is to be resumed (M636), and
    what training raises; KeyboardInterrupt where it was stopped, with a checkpoint kept.
    """
    stamp = prepared.stamp(job)
    if (earlier := _earlier(job, stamp)) is not None:
        job.note(f"`{job.reward.name}` is trained already, on the same data with the same settings: {job.folder}")
        _tidy(job, stamp)
        return earlier
    with _alone(job):
        _begin(job, stamp)
        trained = head.train(job, prepared) if job.reward.method == "frozen" else gradients.train(job, prepared)
        found = results(job, prepared, trained, stamp)
        if devices.rank() == 0:
            _finish(job, prepared, trained, found)
        devices.wait()
    return found


@contextmanager
def _alone(job: Job) -> Iterator[None]:
    """One training of a reward model at a time, on however many devices."""
    if devices.rank() == 0:
        with lock_folder(job.work, "training folder"):
            yield
    else:
        yield


def _earlier(job: Job, stamp: dict[str, Any]) -> Results | None:
    """What the finished model in its place says of itself, if it is this one."""
    try:
        found: Results = orjson.loads((job.folder / MANIFEST).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    return found if found.get("stamp") == orjson.loads(orjson.dumps(stamp)) else None


def _tidy(job: Job, stamp: dict[str, Any]) -> None:
    """Removes what is left of this training where it was killed after its model had been published."""
    if devices.rank() == 0 and (job.work / _STAMP).is_file() and not _changed(job, stamp):
        discard(job.work)


# Beginning


def _begin(job: Job, stamp: dict[str, Any]) -> None:
    """Makes sure that what lies in the work folder is this training, and meant to be resumed."""
    saved = checkpoint.last(job.work)
    if saved and not job.resume:
        raise DiagnosticError(_unfinished(job, checkpoint.step_of(saved)))
    if saved and (names := _changed(job, stamp)):
        message = f"`{job.reward.name}` cannot be resumed: changed since are {', '.join(names)}"
        help_ = f"bring back what it was, or remove `{job.work}` and begin anew"
        raise DiagnosticError(Diagnostic(CHANGED, message, str(job.work), help=help_))
    devices.wait()
    if devices.rank() == 0:
        if not saved:  # steps that were made and not saved are made again, and logged again
            shutil.rmtree(job.work / TENSORBOARD, ignore_errors=True)
        write_atomically(job.work / _STAMP, [orjson.dumps(stamp, option=orjson.OPT_INDENT_2)])
        if saved:
            job.note(f"resuming after step {checkpoint.step_of(saved):,}")
        elif job.resume and job.reward.method != "frozen":  # which has no steps, and goes on by itself
            job.note("nothing to resume: from the start")


def _unfinished(job: Job, step: int) -> Diagnostic:
    message = f"a training of `{job.reward.name}` was stopped after step {step:,}"
    help_ = f"add `--resume` to go on from there, or remove `{job.work}` to begin anew"
    return Diagnostic(UNFINISHED, message, str(job.work), help=help_)


def _changed(job: Job, stamp: dict[str, Any]) -> list[str]:
    """The names of what is not as it was when the training began."""
    with disk_errors("read a training's stamp", job.work):
        before = orjson.loads((job.work / _STAMP).read_bytes())
    return changed(before, stamp)


# Ending


def _finish(job: Job, prepared: Prepared, trained: Trained, found: Results) -> None:
    """Writes the model beside its checkpoints, checks it there, and puts it in its place. Then they go."""
    made = job.work / _MADE
    shutil.rmtree(made, ignore_errors=True)
    save(trained.model, prepared.tokenizer, made)
    pairs = prepared.train.pairs[:RESCORED]
    job.note(f"checking that the saved model scores as the trained one did, on {len(pairs)} pairs")
    computed = torch.bfloat16 if found["stamp"]["compute"] == "bf16" else torch.float32
    check_saved(made, [side for pair in pairs for side in (pair.chosen, pair.rejected)], trained.asked, computed)
    _keep_tensorboard(job.work, made)
    write_results(made, job, prepared, trained, found)
    publish(made, job.folder)
    discard(job.work)


def _keep_tensorboard(work: Path, made: Path) -> None:
    with disk_errors("keep the log for TensorBoard", made):
        shutil.copytree(work / TENSORBOARD, made / TENSORBOARD)  # a kill from here on does not lose it
