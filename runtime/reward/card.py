"""The facts of a trained model for its card."""

from collections.abc import Iterator, Mapping
from typing import Any

from musicc.plan.datasets import DatasetPairs, Part, SeedPairs
from musicc.plan.document import HubSource, Plan
from musicc.plan.rewards import Reward
from musicc.runtime.report.facts import FileFacts, RewardFacts
from musicc.runtime.reward.arithmetic import lines
from musicc.runtime.reward.export import ADAPTER
from musicc.runtime.reward.job import Job
from musicc.runtime.reward.method import Trained
from musicc.runtime.reward.prepare import OF_GRADIENTS, Prepared

_SPLITS = ("train", "validation")
_TOLD_ELSEWHERE = {"name", "base", "revision", "train", "method"}


def reward_facts(job: Job, prepared: Prepared, trained: Trained, found: Mapping[str, Any]) -> RewardFacts:
    """Of a training and its manifest."""
    plan, reward, base = job.plan, job.reward, prepared.base
    counts = (len(prepared.train.pairs), len(prepared.validation.pairs))
    files = zip(prepared.examples.digests.items(), _SPLITS, counts, strict=False)
    return RewardFacts(
        name=reward.name,
        spec=f"{plan.spec}.music",
        profile=plan.profile,
        plan=found["plan"],
        seed=plan.seed,
        musicc=found["musicc"],
        base=base.name,
        hub=base.name if base.revision else None,
        revision=base.revision,
        method=reward.method,
        train=_named(reward),
        files=tuple(FileFacts(path, split, pairs, digest) for (path, digest), split, pairs in files),
        max_length=reward.max_length,
        arithmetic=tuple(lines(trained.arithmetic)),
        setting=dict(_setting(reward, found)),
        metrics=found["metrics"],
        dropped=prepared.dropped,
        datasets=tuple(sorted(set(_hub_names(plan, reward)))),
        adapter=ADAPTER if reward.lora else None,
        folds_system=prepared.renderer.folds_system,
        curves=True,
        versions=found["libraries"],
    )


def _named(reward: Reward) -> str:
    return f"{reward.train.name}.pairs" if isinstance(reward.train, SeedPairs) else reward.train.name


def _setting(reward: Reward, found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The fields that have a part in it, and what followed from them."""
    idle = _TOLD_ELSEWHERE | (OF_GRADIENTS if reward.method == "frozen" else set())
    for name, value in reward.model_dump(mode="json", exclude=idle).items():
        if value is not None:
            yield name, ", ".join(f"{key} {one}" for key, one in value.items()) if name == "lora" else str(value)
    yield "computed in", str(found["stamp"]["compute"])
    if "penalty" in found["found"]:
        yield "penalty, by cross-validation", f"{found['found']['penalty']:g}"


def _hub_names(plan: Plan, reward: Reward) -> Iterator[str]:
    """The data sets of the hub whose own pairs are trained on."""
    for name in _sources(plan, reward):
        origin = plan.seeds[name].origin
        if isinstance(origin, HubSource):
            yield origin.repository


def _sources(plan: Plan, reward: Reward) -> Iterator[str]:
    mixed: tuple[Part, ...] = next((one.mix for one in plan.datasets if one.name == reward.train.name), ())
    parts = [part.of for part in mixed] if isinstance(reward.train, DatasetPairs) else [reward.train]
    return (part.name for part in parts if isinstance(part, SeedPairs))
