"""Evals that score labelled pairs: every conversation whole, by every reward model, measured by the same code as rules that
read no word of it."""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from math import nan
from pathlib import Path
from typing import TypedDict

import orjson

from musicc.plan.evals import Scored
from musicc.runtime.data.conversation import Conversation
from musicc.runtime.data.words import length
from musicc.runtime.evaluation.benchmarks import benchmarked
from musicc.runtime.evaluation.divergence import Prefixes, by_turn, first_divergence
from musicc.runtime.evaluation.job import Job
from musicc.runtime.evaluation.labelled import Found, Scorer, prefixes, read_labelled, some, unfolds
from musicc.runtime.evaluation.lengths import length_bias
from musicc.runtime.evaluation.results import head
from musicc.runtime.evaluation.rewards import Rewards, content
from musicc.runtime.evaluation.unread import warn_of_unread
from musicc.runtime.evaluation.votes import Votes, asked
from musicc.runtime.report.evaluations import Agreement, ScoredResults
from musicc.runtime.report.evaluations import Scorer as Measured
from musicc.runtime.report.metrics import Difference
from musicc.runtime.reward.differences import difference
from musicc.runtime.reward.metrics import measured
from musicc.runtime.reward.types import Outcome
from musicc.runtime.store.disk import disk_errors
from musicc.runtime.store.publish import write_atomically
from musicc.runtime.store.store import Store

SCORES = "scores.jsonl"


def run(job: Job, declared: Scored) -> ScoredResults:
    """Reads the pairs, scores them, asks the judge, and writes `scores.jsonl` into the eval's folder. What is known already
    is neither computed nor asked again; equal inputs give equal results.

    Raises DiagnosticError where there is nothing to score (M672), and for what is wrong with the pairs, the reward models,
    the labels or the disk; Unusable where the judge cannot be reached.
    """
    read = read_labelled(job, declared.on)
    identities, rewards = _rewards(job, declared, read)
    unread = {key for known in rewards.values() for key, reward in known.items() if reward is None}
    found = some(read.without(unread), declared.on.name)
    scorers = {name: _lookup(known) for name, known in rewards.items()}
    votes = asked(job, declared, found)
    verdicts = votes.verdicts or {}
    warn_of_unread(job, declared.name, verdicts.get("unread", 0), sum(verdicts.values()))
    _write(job.folder(declared.name), _lines(found, scorers, votes))
    return ScoredResults(**head(job, declared, identities, found.digests), **figures(found, scorers, votes))


def _rewards(job: Job, declared: Scored, found: Found) -> tuple[dict[str, str], dict[str, dict[bytes, float | None]]]:
    """The identity of each reward model, and its rewards by content; one model is in memory at a time."""
    groups = list(found.groups())
    identities, rewards = {}, {}
    with Store.open(job.kept) as store:
        for name in declared.rewards:
            model = Rewards(job.models[name], job.precision, store)
            identities[name] = model.identity
            with job.step(f"scoring with `{name}`") as step:
                rewards[name] = model.of(groups, step)
        for damage in store.damaged:
            job.report(damage)
    return identities, rewards


def _lookup(known: Mapping[bytes, float | None]) -> Scorer:
    def reward(conversation: Conversation) -> float:
        found = known[content(conversation)]
        return nan if found is None else found

    return reward


# What is measured


class Figures(TypedDict):
    """The part of `ScoredResults` that is made of pairs."""

    pairs: int
    left_out: dict[str, int]
    scorers: dict[str, Measured]
    baselines: dict[str, Measured]
    differences: dict[str, Difference]
    agreement: list[Agreement]
    verdicts: dict[str, int] | None


def figures(found: Found, scorers: Mapping[str, Scorer], votes: Votes) -> Figures:
    """What scorers are worth that know the reward of every conversation of `Found.groups`. The order of pairs changes none."""
    outcomes = {name: _outcomes(found, scorer) for name, scorer in scorers.items()}
    first, *others = outcomes
    return Figures(
        pairs=len(found.examples),
        left_out={reason: count for reason, count in sorted(found.left_out.items()) if count},
        scorers={name: _scorer(found, scorer, whole=True) for name, scorer in scorers.items()},
        baselines={name: _scorer(found, scorer, whole=False) for name, scorer in BASELINES.items()},
        differences={name: difference(outcomes[first], outcomes[name]) for name in others},
        agreement=votes.agreement(found, outcomes),
        verdicts=votes.verdicts,
    )


def _outcomes(found: Found, score: Scorer) -> list[Outcome]:
    return [Outcome(one, score(one.chosen), score(one.rejected)) for one in found.examples]


def _scorer(found: Found, score: Scorer, *, whole: bool) -> Measured:
    """With `whole` also what is seen of conversations that are cut."""
    rewards = [([*map(score, item.right)], [*map(score, item.wrong)]) for item in found.items]
    cut = _prefixes(found, score) if whole else []
    outcomes = _outcomes(found, score)
    return Measured(
        metrics=measured(outcomes),
        length=length_bias(outcomes),
        benchmark=benchmarked(found.format, found.items, rewards) if found.format else None,
        divergence=first_divergence(cut),
        by_turn=by_turn(cut),
    )


def _prefixes(found: Found, score: Scorer) -> list[Prefixes]:
    """Of pairs that differ before their last turn."""
    late = [one for one in found.examples if unfolds(one)]
    return [
        Prefixes(one.seed, one.diverges, *([*map(score, prefixes(side))] for side in (one.chosen, one.rejected)))
        for one in late
    ]


# What needs no model


def _drawn(conversation: Conversation) -> float:
    """A uniform number in [0, 1), always the same for the same conversation."""
    said = sha256(b"random " + content(conversation)).digest()
    return int.from_bytes(said[:6], "big") / (1 << 48)


BASELINES: Mapping[str, Scorer] = {"longer": length, "shorter": lambda one: -length(one), "random": _drawn}


# What is written of each pair


def _write(folder: Path, lines: Iterable[bytes]) -> None:
    with disk_errors("write what was scored", folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / SCORES, lines)


def _lines(found: Found, scorers: Mapping[str, Scorer], votes: Votes) -> Iterator[bytes]:
    for number, one in enumerate(found.examples):
        rewards = {
            name: {"chosen": score(one.chosen), "rejected": score(one.rejected)} for name, score in scorers.items()
        }
        told = {"id": one.id, "seed": one.seed, "source": one.source, "turns": one.turns, "diverges": one.diverges}
        yield orjson.dumps({**told, "rewards": rewards, **votes.of(number)}, option=orjson.OPT_APPEND_NEWLINE)
