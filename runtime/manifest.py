"""What a build came to: `manifest.json` for programs, and the card of the data for people."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from musicc import __version__
from musicc.plan.document import Check, Model, Plan
from musicc.runtime.checked import check_section
from musicc.runtime.engine.checks.tally import rate
from musicc.runtime.progress import Progress, cost
from musicc.runtime.stages import Pools

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Published:
    """SHA-256 of the published files."""

    plan: str
    pairs: str
    quarantine: str
    dropped: str | None


def make_manifest(plan: Plan, digest: str, progress: Progress, pools: Pools, published: Published) -> Manifest:
    """Digests, counts, tokens and money of a build, as JSON values."""
    failed, dropped = progress.failed.total(), progress.dropped.total()
    files = {
        "plan.json": published.plan,
        "pairs.jsonl": published.pairs,
        "quarantine.jsonl": published.quarantine,
        "dropped.jsonl": published.dropped,
    }
    return {
        "musicc": __version__,
        "spec": plan.spec,
        "profile": plan.profile,
        "seed": plan.seed,
        "plan": digest,
        "files": {name: digest for name, digest in files.items() if digest is not None},
        "rows": {"total": progress.rows, "pairs": progress.pairs, "quarantined": failed, "dropped": dropped},
        "quarantine": dict(sorted(progress.failed.items())),
        "marks": dict(sorted((+progress.marked).items())),
        "rules": dict(sorted((+progress.played).items())),
        "checks": {check.name: _check(dialogue, check, progress) for dialogue, check in _checks(plan)},
        "lengths": _lengths(progress),
        "seeds": {name: asdict(pool.counts) for name, pool in sorted(pools.items())},
        "models": {name: _model(name, model, progress) for name, model in sorted(plan.models.items())},
    }


def _checks(plan: Plan) -> Iterator[tuple[str, Check]]:
    return ((dialogue.name, check) for dialogue in plan.dialogues for check in dialogue.checks)


def _check(dialogue: str, check: Check, progress: Progress) -> Manifest:
    told = {"of": dialogue, "gate": check.gate.kind, "retries": check.retries, "then": check.then}
    return told | progress.checks[check.name].facts()


def _lengths(progress: Progress) -> Manifest:
    """How often each branch has more words, and how often it is the chosen one among those that differ."""
    counts = {branch: progress.longer[branch] for branch in ("chosen", "rejected", "equal")}
    return {**counts, "chosen_longer": rate(counts["chosen"], counts["chosen"] + counts["rejected"])}


def _model(name: str, model: Model, progress: Progress) -> Manifest:
    """Counts of this run; what came from the store was paid for by an earlier one."""
    tally = progress.tallies[name]
    return {
        "served": model.served,
        **asdict(tally),
        "retries": progress.retries[name],
        "usd": cost(model, tally.prompt_tokens, tally.completion_tokens),
        "reused_usd": cost(model, tally.reused_prompt_tokens, tally.reused_completion_tokens),
    }


def as_json(facts: Manifest) -> bytes:
    """For people to read as well."""
    return orjson.dumps(facts, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def card(facts: Manifest) -> str:
    """The dataset card, in the layout that dataset hubs read: YAML front matter, then Markdown."""
    rows, models = facts["rows"], facts["models"]
    rules = "\n".join(f"| {rule} | {turns} |" for rule, turns in facts["rules"].items())
    marks = ", ".join(f"{fault}: {count}" for fault, count in facts["marks"].items()) or "none"
    failures = ", ".join(f"{reason}: {count}" for reason, count in facts["quarantine"].items()) or "none"
    return f"""---
configs:
- config_name: default
  data_files: pairs.jsonl
tags:
- preference
- multi-turn
- synthetic
---

# {facts["spec"]}{f" ({facts['profile']})" if facts["profile"] else ""}

{rows["pairs"]} pairs of conversations that differ on purpose, in `chosen` and `rejected` (lists of `role` and `content`).
`music` tells for each turn which rule made the rejected reply and which hidden instruction it answers. The method is
multi-step instruction contrast (arXiv 2512.24693).

| rejected turns by rule | turns |
|---|---|
{rules}

- models: {", ".join(sorted({model["served"] for model in models.values()}))}
- replies kept with a mark: {marks}
- rows left out, by reason (see `quarantine.jsonl`): {failures}
- plan: `{facts["plan"]}`, musicc {facts["musicc"]}, seed {facts["seed"]}

{check_section(facts["checks"], facts["lengths"])}

The licences of the seeds and of the models' outputs apply.
"""
