"""Build folders with all that a report can tell of, written by hand: pairs, a reward model, evals."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from math import exp
from pathlib import Path
from typing import Any

from musicc.plan.document import Plan
from musicc.plan.serialise import dump
from musicc.runtime.data.pairs import CheckRecord, Models, Pair, TurnRecord, to_line
from musicc.runtime.llm.types import Message
from musicc.runtime.report import evaluations as told
from musicc.runtime.report.metrics import Difference, Gain, Group, Metrics, Spread

RULES = ("sidestep", "other_instruction", "forget_history")
PLAN = Plan(spec="small", profile="embedded", seed=7, models={}, templates={}, seeds={}, dialogues=())
DIGEST = "ab" * 32


def pair(number: int, *, reply: str = "", rule: str = "", turns: int = 3, verdict: str = "chosen") -> Pair:
    """A pair whose branches differ from turn 2 on; `reply` is what its rejected side says last."""
    shared = [Message(role="user", content=f"Question {number}?"), Message(role="assistant", content="An answer.")]
    chosen, rejected = list(shared), list(shared)
    records = [TurnRecord(1, True, "faithful", "", (), "faithful", "", ())]
    for turn in range(2, turns + 1):
        played = rule or RULES[(number + turn) % 3]
        said = Message(role="user", content=f"And then, at turn {turn} of {number}?")
        chosen += [said, Message(role="assistant", content=f"Well, {turn} follows. " * 8)]
        rejected += [said, Message(role="assistant", content=reply or f"Something else than {turn}. " * 6)]
        records.append(TurnRecord(turn, False, played, f"Write a limerick about {number}.", (), "faithful", "", ()))
    checks = {"judged": CheckRecord(verdict == "chosen", verdict, 1.0, "both orders")}
    name = sha256(f"{number}".encode()).hexdigest()[:16]
    return Pair(
        id=f"talk-{name}",
        chosen=tuple(chosen),
        rejected=tuple(rejected),
        seed=name,
        dialogue="talk",
        context=0,
        turns=tuple(records),
        models=Models("user-model", "assistant-model", "contrast-model"),
        plan=DIGEST,
        checks=checks,
    )


def _rate(hits: int, of: int) -> dict[str, float]:
    return {"of": of, "rate": round(hits / of, 4), "low": max(0.0, hits / of - 0.1), "high": min(1.0, hits / of + 0.1)}


def _agreed(hits: int, of: int) -> dict[str, Any]:
    return {"agree": hits, "tie": of - hits, "disagree": 0, "unread": 0, **_rate(hits, of)}


def manifest(pairs: int) -> dict[str, Any]:
    """Of a build that quarantined two rows and dropped three."""
    model = {
        "served": "gemini-1.5-pro",
        "made": 240,
        "reused": 80,
        "prompt_tokens": 155_400,
        "completion_tokens": 74_500,
    }
    model |= {
        "reused_prompt_tokens": 2_800,
        "reused_completion_tokens": 2_600,
        "retries": 3,
        "usd": 1.25,
        "reused_usd": 0.4,
    }
    facets = {
        "by_turn": {"2": _agreed(80, 100), "3": _agreed(90, 100)},
        "by_rule": {rule: _agreed(50, 66) for rule in RULES},
    }
    check = {
        "of": "talk",
        "gate": "pair_judge",
        "retries": 2,
        "then": "drop",
        "passed": pairs,
        "failed": 3,
        "dropped": 3,
    }
    check |= {
        "marked": 0,
        "retaken": 9,
        "agreement": {**_agreed(170, 200), **facets},
        "prefers_longer": _rate(110, 190),
    }
    parts = {"talk": {"pairs": pairs, "apart": 0, "duplicates": 2, "train": pairs - 6, "validation": 4}}
    return {
        "musicc": "0.1.0",
        "spec": "small",
        "profile": "embedded",
        "seed": 7,
        "plan": DIGEST,
        "files": {},
        "rows": {"total": pairs + 5, "pairs": pairs, "quarantined": 2, "dropped": 3},
        "quarantine": {"unparsable": 2},
        "marks": {"truncated": 4},
        "rules": dict.fromkeys(RULES, pairs),
        "checks": {"judged": check},
        "lengths": {"chosen": 70, "rejected": 30, "equal": 0, "chosen_longer": _rate(70, 100)},
        "seeds": {"openings": {"read": pairs + 5, "malformed": 1, "duplicates": 2, "filtered": 0}},
        "models": {"gemini": model, "tiny": {**model, "served": "smollm2_135m", "usd": None, "reused_usd": None}},
        "datasets": {"mixed": {"parts": parts, "train": pairs - 6, "validation": 4, "files": {}}},
    }


# Rewards and evals


def spread(mean: float) -> Spread:
    return Spread(mean=mean, median=mean, std=1.0, min=mean - 2, max=mean + 2)


def group(pairs: int, accuracy: float) -> Group:
    return Group(
        pairs=pairs,
        accuracy=accuracy,
        interval=[max(0.0, accuracy - 0.06), min(1.0, accuracy + 0.06)],
        ties=1,
        tie_share=1 / pairs,
        non_finite=0,
        margin=spread(4 * accuracy - 2),
        longer=0.61,
    )


def metrics(accuracy: float) -> Metrics:
    by = {
        "turns": {str(turns): group(60, accuracy + 0.02 * turns) for turns in (2, 3, 5)},
        "rule": {rule: group(80, accuracy) for rule in RULES},
        "diverges": {str(turn): group(90, accuracy - 0.03 * turn) for turn in (1, 2)},
        "source": {"talk": group(180, accuracy)},
    }
    interval = [accuracy - 0.08, accuracy + 0.08]
    whole = group(180, accuracy)
    return Metrics(**whole, seeds=90, interval_by_seed=interval, reward=spread(1.0), loss=0.6, by=by)


def share(value: float, of: int = 100) -> told.Share:
    return told.Share(share=value, interval=[value - 0.05, value + 0.05], of=of)


def _scorer(accuracy: float, *, whole: bool = True) -> told.Scorer:
    sections = {
        "Chat": told.Section(
            score=0.95, interval=[0.9, 0.98], subsets={"mt-bench-easy": {"score": 0.95, "count": 28, "weight": 28}}
        )
    }
    turns = [
        told.TurnRewards(turn=turn, conversations=180, chosen=spread(turn / 2), rejected=spread(-turn / 3))
        for turn in (1, 2, 3)
    ]
    divergence = told.FirstDivergence(
        pairs=90,
        at_once=share(accuracy - 0.1),
        by_turn={"0": share(accuracy - 0.1), "1": share(accuracy), "2": share(accuracy + 0.05)},
        begins={"0": 50, "1": 20, "never": 20},
    )
    matrix = [[0.9, 0.6, 0.4], [0.95, 0.8, 0.6], [0.97, 0.9, 0.85]]
    benchmark = told.Benchmarked(
        format="rm_bench",
        missing=["math", "code"],
        total=0.86,
        interval=[0.8, 0.9],
        sections=sections,
        matrix=matrix,
    )
    return told.Scorer(
        metrics=metrics(accuracy),
        length=told.LengthBias(longer=share(0.8), chosen_longer=share(0.9), chosen_shorter=share(0.3)),
        benchmark=benchmark if whole else None,
        divergence=divergence if whole else None,
        by_turn=turns if whole else [],
    )


def _head(name: str, kind: Any) -> told.Head:
    rewards = {"rm": {"folder": "reward/rm", "identity": "x"}}
    return told.Head(
        musicc="0.1.0",
        name=name,
        kind=kind,
        spec="small",
        profile="embedded",
        plan=DIGEST,
        eval={},
        rewards=rewards,
        digests={},
    )


def scored() -> told.ScoredResults:
    gain = Gain(
        pairs=180, seeds=90, first=0.7, second=0.6, difference=0.1, interval=[0.02, 0.18], only_first=30, only_second=12
    )
    alone = Gain(pairs=1, seeds=1, first=1.0, second=1.0, difference=0.0, interval=None, only_first=0, only_second=0)
    voters = (("construction", "judge", 0.4), ("judge", "rm", None))
    agreement = [
        told.Agreement(
            first=a, second=b, items=90, agree=share(0.8), kappa=k, interval=k and [k - 0.1, k + 0.1], ties=3, unread=1
        )
        for a, b, k in voters
    ]
    return told.ScoredResults(
        **_head("held_out", "scored"),
        pairs=180,
        left_out={"too long": 4},
        scorers={"rm": _scorer(0.7), "baseline": _scorer(0.6)},
        baselines={name: _scorer(0.5, whole=False) for name in ("longer", "shorter", "random")},
        differences={
            "baseline": Difference(**gain, by={"source": {"talk": gain, "chat": alone}, "turns": {"3": gain}})
        },
        agreement=agreement,
        verdicts={"chosen": 100, "rejected": 40, "tie": 38, "unread": 2},
    )


def _compared(n: int, second: str, rate: float) -> told.Comparison:
    wins = round(100 * rate) - 10
    return told.Comparison(
        n=n,
        first="rm",
        second=second,
        prompts=100,
        wins=wins,
        ties=20,
        losses=80 - wins,
        unread=1,
        equal=5,
        rate=share(rate),
        controlled=share(rate - 0.03),
        p=0.04,
        words=[120.5, 110.0],
    )


def played() -> told.BestOfNResults:
    contests = [_compared(n, second, 0.5 + n / 60) for second in ("baseline", "random") for n in (2, 4, 8)]
    done = [
        told.Played(contestant=name, n=n, conversations=100, words=118.0, reward=spread(n / 4), picked=[10] * n)
        for name in ("rm", "baseline")
        for n in (2, 4, 8)
    ]
    return told.BestOfNResults(
        **_head("best_of_n", "best_of_n"),
        prompts=100,
        failed={"empty": 1},
        comparisons=contests,
        by_source={"hh": contests[:3], "ultra": contests[3:]},
        played=done,
        usage={"assistant": {"calls": 2400, "prompt_tokens": 800_000, "completion_tokens": 240_000}},
    )


def log() -> list[dict[str, float]]:
    steps = [{"step": at, "loss": 0.7 * exp(-at / 40), "accuracy": 1 - 0.5 * exp(-at / 30)} for at in range(1, 121)]
    return [*steps, *({"step": at, "eval_loss": 0.55, "eval_accuracy": 0.66} for at in (40, 80, 120))]


def trained(name: str, accuracy: float) -> dict[str, Any]:
    reward = {"name": name, "base": "smollm2_135m", "method": "frozen", "train": {"kind": "dataset", "name": "mixed"}}
    data = {"files": {}, "train": 400, "validation": 60, "dropped": {"too long": 3}}
    return {"name": name, "plan": DIGEST, "reward": reward, "data": data, "metrics": metrics(accuracy)}


# Folders


def write(folder: Path, pairs: Sequence[Pair]) -> Path:
    """A build of these pairs in `folder`, without rewards and evals."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plan.json").write_bytes(dump(PLAN))
    (folder / "manifest.json").write_text(json.dumps(manifest(len(pairs))))
    (folder / "pairs.jsonl").write_bytes(b"".join(map(to_line, pairs)))
    return folder


def add(folder: Path, kind: str, results: Mapping[str, Any], entries: Sequence[Mapping[str, Any]] = ()) -> None:
    """A result under `reward/` or `eval/`."""
    place = folder / kind / results["name"]
    place.mkdir(parents=True, exist_ok=True)
    (place / ("manifest.json" if kind == "reward" else "results.json")).write_text(json.dumps(results))
    if kind == "reward":
        (place / "log.jsonl").write_text("".join(f"{json.dumps(entry)}\n" for entry in entries))


def full(folder: Path, pairs: Sequence[Pair] = ()) -> Path:
    """A build with everything."""
    write(folder, pairs or [pair(number, turns=2 + number % 4) for number in range(45)])
    add(folder, "reward", trained("rm", 0.7), log())
    add(folder, "reward", trained("baseline", 0.55), log()[:3])
    add(folder, "eval", scored())
    add(folder, "eval", played())
    return folder
