"""From what is asked of a Best-of-N to its results: resumable, since every reply and every reward is kept as it comes."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import NamedTuple, TypeAlias

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes.evaluation import NOTHING_PLAYED
from musicc.diagnostics.words import counted
from musicc.plan.document import Call
from musicc.plan.evals import BestOfN
from musicc.runtime import loop
from musicc.runtime.engine.caller import Asked, Results, Tally, decode
from musicc.runtime.engine.prompts import Prompter
from musicc.runtime.evaluation.best_of_n.desk import Desk, Scorer
from musicc.runtime.evaluation.best_of_n.files import QUARANTINE, write_files
from musicc.runtime.evaluation.best_of_n.playing import Ended, Player
from musicc.runtime.evaluation.best_of_n.prompts import Prompt, read_prompts
from musicc.runtime.evaluation.best_of_n.tables import tables
from musicc.runtime.evaluation.calling import calling, each
from musicc.runtime.evaluation.job import Job
from musicc.runtime.evaluation.results import head
from musicc.runtime.evaluation.rewards import Rewards
from musicc.runtime.evaluation.unread import warn_of_unread
from musicc.runtime.progress import Progress
from musicc.runtime.report.evaluations import BestOfNResults, unread
from musicc.runtime.reward.hardware import GPU_TOKENS, device
from musicc.runtime.store.store import Store

Usage: TypeAlias = dict[str, dict[str, int]]
"""Calls and tokens by model."""


class _Stores(NamedTuple):
    """Of replies, and of rewards."""

    replies: Results
    rewards: Results


def run(job: Job, declared: BestOfN) -> BestOfNResults:
    """Plays every prompt and writes conversations and verdicts into the eval's folder.

    Raises DiagnosticError, where no prompt could be played too (M680), and Unusable where a model cannot be reached. Whatever
    happens, what was received and computed is kept, and the same job goes on from there.
    """
    folder = job.folder(declared.name)
    prompts, digests = read_prompts(job, declared, folder)
    with ExitStack() as held:
        replies, kept = (held.enter_context(Store.open(store)) for store in (job.store, job.kept))
        scorers = {name: Rewards(job.models[name], job.precision, kept) for name in _reward_models(declared)}
        ended, usage = loop.run(_played(job, declared, prompts, _Stores(replies, kept), scorers))
        for damage in (*replies.damaged, *kept.damaged):
            job.report(damage)
    write_files(folder, ended)
    if all(one.failures for one in ended):
        raise DiagnosticError(_nothing(declared, ended))
    identities = {name: scorer.identity for name, scorer in scorers.items()}
    found = tables(declared, ended)
    warn_of_unread(job, declared.name, *unread(found["comparisons"]))
    return BestOfNResults(**head(job, declared, identities, digests), **found, usage=usage)


def _reward_models(declared: BestOfN) -> list[str]:
    return [one.name for one in declared.compare if one.kind == "reward"]


async def _played(
    job: Job, declared: BestOfN, prompts: Sequence[Prompt], stores: _Stores, scorers: Mapping[str, Scorer]
) -> tuple[list[Ended], Usage]:
    """What every prompt came to, by their ids, and what that took."""
    models = {name: job.plan.evaluation.models[name] for name in sorted({call.model for call in _calls(declared)})}
    progress = Progress(models, {name: Tally() for name in models}, rows=len(prompts), expected_calls=0)
    heard: dict[bytes, str] = {}

    def hear(key: bytes, call: Call, _: Asked) -> None:
        heard[key] = call.model

    async with calling(job, models, progress, stores.replies, hear) as caller:
        player = Player(declared, Prompter(job.plan.evaluation), caller, _desks(job, stores.rewards, scorers))
        with job.step(f"playing `{declared.name}`") as step:
            ended = await each(prompts, models.values(), player.play, progress, step)
    return sorted(ended, key=lambda one: one.prompt.id), _usage(models, heard, stores.replies)


def _calls(declared: BestOfN) -> list[Call]:
    return [declared.reply, declared.judge.call, *(call for variant in declared.user for call in variant.steps)]


def _desks(job: Job, kept: Results, scorers: Mapping[str, Scorer]) -> dict[str, Desk]:
    turn = asyncio.Lock()
    budget = GPU_TOKENS if device().type == "cuda" else 0
    return {name: Desk(scorer, job.precision, kept, turn, budget) for name, scorer in scorers.items()}


def _usage(models: Iterable[str], heard: Mapping[bytes, str], replies: Results) -> Usage:
    """Of every reply once, whether it was in the store before or not."""
    used = {name: Counter(calls=0, prompt_tokens=0, completion_tokens=0) for name in models}
    for key, model in heard.items():
        if (stored := replies.get(key)) is not None:
            reply = decode(stored)
            tokens = {"prompt_tokens": reply.prompt_tokens, "completion_tokens": reply.completion_tokens}
            used[model].update(calls=1, **tokens)
    return {name: dict(counts) for name, counts in used.items()}


def _nothing(declared: BestOfN, ended: Sequence[Ended]) -> Diagnostic:
    first = ended[0].failures[0]
    reason = f"none of {counted(len(ended), 'prompt')} could be played: {first.contestant}, turn {first.turn}: {first.message}"
    help_ = f"`{QUARANTINE}` in the eval's folder has the reason of each"
    return Diagnostic(NOTHING_PLAYED, reason, at=declared.name, help=help_)
