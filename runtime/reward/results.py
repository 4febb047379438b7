"""What is written beside a trained model: its manifest, its log, its curves, its card."""

from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from musicc import __version__
from musicc.plan.serialise import digest
from musicc.runtime.manifest import as_json
from musicc.runtime.report.reward import reward_card
from musicc.runtime.reward.card import reward_facts
from musicc.runtime.reward.curves import draw
from musicc.runtime.reward.job import Job
from musicc.runtime.reward.method import Trained
from musicc.runtime.reward.metrics import measured
from musicc.runtime.reward.prepare import Prepared
from musicc.runtime.store.publish import write_atomically

MANIFEST, LOG = "manifest.json", "log.jsonl"
_LIBRARIES = ("torch", "transformers", "accelerate", "peft")

Results: TypeAlias = dict[str, Any]
"""The manifest of a trained model, as JSON values; `metrics` (`report.metrics.Metrics`) is None without validation pairs."""


def results(job: Job, prepared: Prepared, trained: Trained, stamp: dict[str, Any]) -> Results:
    """Digests, counts, arithmetic and figures. Equal trainings have equal results, whenever they were stopped."""
    examples, base = prepared.examples, prepared.base
    return {
        "musicc": __version__,
        "libraries": {name: version(name) for name in _LIBRARIES},
        "name": job.reward.name,
        "spec": job.plan.spec,
        "profile": job.plan.profile,
        "plan": digest(job.plan),
        "reward": job.reward.model_dump(mode="json"),
        "base": {"name": base.name, "revision": base.revision, "identity": base.identity},
        "stamp": stamp,
        "data": {
            "files": examples.digests,
            "train": len(prepared.train.pairs),
            "validation": len(prepared.validation.pairs),
            "dropped": dict(prepared.dropped),
            "cut": prepared.train.cut + prepared.validation.cut,
            "folds_system": prepared.renderer.folds_system,
        },
        "arithmetic": asdict(trained.arithmetic),
        "found": trained.found,
        "metrics": measured(trained.outcomes) if trained.outcomes else None,
    }


def write_results(folder: Path, job: Job, prepared: Prepared, trained: Trained, found: Results) -> None:
    """Raises DiagnosticError when the disk refuses."""
    # sorted, as the part of a log that was read back from a checkpoint is
    lines = [orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS) for one in trained.history]
    write_atomically(folder / LOG, lines)
    draw(trained.history, folder)
    write_atomically(folder / "README.md", [reward_card(reward_facts(job, prepared, trained, found)).encode()])
    write_atomically(folder / MANIFEST, [as_json(found)])
