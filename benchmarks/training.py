"""`musicc train` against TRL's RewardTrainer: the same pairs, model, precision, batch and steps, turn about.

TRL is installed into an environment of its own, once. Counted is CPU time, because other work on the machine makes wall
time uneven; the loss is that of pairs that were held out, which both compute themselves after the last step.

    python -m benchmarks.training --pairs hh.jsonl.gz [--turns 2] [--steps 12] [--batch 8] [--seeds 3] [--precision fp32]
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import venv
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

from benchmarks.measure import heading, run

TRL = ("trl==1.16.0", "torch==2.13.0", "transformers==5.23.0")
HELD_OUT = 48


@dataclass(frozen=True)
class Setting:
    """What both are told. `train` and `held` are files of pairs, `base` a folder with a model, paths as strings."""

    base: str
    train: str
    held: str
    work: str
    batch: int
    steps: int
    max_length: int
    lr: float
    seed: int
    threads: int
    precision: str


def environment() -> Path:
    """The Python of an environment that has TRL."""
    from musicc.runtime.llm.weights import cache_folder

    folder = cache_folder().parent / "benchmarks" / "trl"
    python = folder / "bin" / "python"
    if not (folder / "installed").exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *TRL], check=True)
        (folder / "installed").touch()
    return python


def write_pairs(source: Path, folder: Path, turns: int, train: int) -> tuple[Path, Path]:
    """Sound pairs of at least so many turns, as message lists: those to train on, and those held out."""
    from musicc.runtime.data.records import read_file
    from musicc.runtime.reward.columns import Columns
    from musicc.runtime.reward.sieve import Sieve

    sieve = Sieve(Columns(None, None, False), lambda fault: None)
    found = [one for one in sieve.once(sieve.examples(read_file(source, source.name), "pairs")) if one.turns >= turns]
    random.Random(0).shuffle(found)
    files = folder / "train.jsonl", folder / "held.jsonl"
    for file, examples in zip(files, (found[HELD_OUT : HELD_OUT + train], found[:HELD_OUT]), strict=True):
        file.write_text("".join(json.dumps({"chosen": e.chosen, "rejected": e.rejected}) + "\n" for e in examples))
    return files


def ours(setting: Setting) -> dict[str, float]:
    """Trains with musicc's trainer."""
    import torch

    torch.set_num_threads(setting.threads)
    from musicc.plan.datasets import DatasetPairs
    from musicc.plan.rewards import Reward
    from musicc.runtime.reward.batches import Batches
    from musicc.runtime.reward.fit import fitted
    from musicc.runtime.reward.forward import ask_for_rewards, reads_rows
    from musicc.runtime.reward.interrupts import Stop
    from musicc.runtime.reward.loss import Loss
    from musicc.runtime.reward.method import probes
    from musicc.runtime.reward.metrics import measured
    from musicc.runtime.reward.model import find, model_of, tokenizer_of
    from musicc.runtime.reward.reading import Reading
    from musicc.runtime.reward.trainer import Course

    base = find(setting.base, None, Path(), print)
    tokenizer = tokenizer_of(base)
    train, held = (tokens(Path(file), tokenizer, setting.max_length) for file in (setting.train, setting.held))
    model = model_of(base, tokenizer, torch.float32, setting.seed)
    reading = Reading(torch.device("cpu"), int(tokenizer.pad_token_id))
    assert reads_rows(model, reading, probes(train))
    ask_for_rewards(model)
    reward = Reward(
        name="measured",
        base=setting.base,
        train=DatasetPairs(name="pairs"),
        batch=setting.batch,
        steps=setting.steps,
        lr=setting.lr,
        schedule="constant",
        warmup=0.0,
        precision=setting.precision,
        evaluate_every=setting.steps + 1,
    )
    batches = [Batches(pairs, setting.batch, 4096, setting.seed) for pairs in (train, held)]
    course = Course(batches[0], None, reading, Loss(), 0, Stop(), lambda told: None)
    before = cpu()
    trainer = fitted(model, reward, course, setting.steps, Path(setting.work))
    spent = cpu() - before  # without what TRL does afterwards as well: it measures the pairs that were held out
    trainer.course = replace(course, validation=batches[1])
    return figures(spent, setting, measured(trainer.validated())["loss"])


def tokens(file: Path, tokenizer: Any, max_length: int) -> list[Any]:
    """The pairs of a file as musicc reads them."""
    from musicc.runtime.data.records import read_file
    from musicc.runtime.reward.columns import Columns
    from musicc.runtime.reward.sieve import Sieve
    from musicc.runtime.reward.template import Renderer
    from musicc.runtime.reward.tokens import tokenised

    examples = list(Sieve(Columns(None, None, False), print).examples(read_file(file, file.name), "pairs"))
    return tokenised(examples, Renderer(tokenizer), max_length, "drop", lambda fault: None).pairs


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def figures(spent: float, setting: Setting, loss: float) -> dict[str, float]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"pairs_per_cpu_second": setting.steps * setting.batch / spent, "held_out_loss": loss, "peak_mb": peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("contestant", nargs="?", choices=["musicc", "trl"])
    parser.add_argument("setting", nargs="?")
    parser.add_argument("--pairs", type=Path)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="bf16")
    parser.add_argument("--max-length", type=int, default=1024)
    parser.add_argument("--lr", type=float, default=2e-5)
    options = parser.parse_args()
    if options.contestant == "musicc":
        print(json.dumps(ours(Setting(**json.loads(options.setting)))))
    elif options.contestant == "trl":
        script = Path(__file__).with_name("trl_trainer.py")
        subprocess.run([environment(), script, options.setting], check=True)
    else:
        compare(options)


def start(folder: Path, seed: int) -> Path:
    """What both start from: the same head as well, because a few steps do not undo how it was drawn."""
    import torch

    from musicc.runtime.reward.model import find, model_of, tokenizer_of

    base = find("smollm2_135m", None, Path(), print)
    tokenizer = tokenizer_of(base)
    model_of(base, tokenizer, torch.float32, seed).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def compare(options: argparse.Namespace) -> None:
    seen: dict[str, list[dict[str, float]]] = {"musicc": [], "trl": []}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        train, held = write_pairs(options.pairs, folder, options.turns, options.steps * options.batch)
        for seed in range(options.seeds):
            base = start(folder / f"start{seed}", seed)
            for name, runs in seen.items():
                setting = Setting(
                    str(base), str(train), str(held), str(folder / f"{name}{seed}"), options.batch, options.steps,
                    options.max_length, options.lr, seed, options.threads, options.precision,
                )  # fmt: skip
                runs.append(run(["-m", "benchmarks.training", name, json.dumps(asdict(setting))]))
                print(f"seed {seed}, {name}: {runs[-1]}", file=sys.stderr)
    report(options, seen)


def report(options: argparse.Namespace, seen: dict[str, list[dict[str, float]]]) -> None:
    pairs = options.steps * options.batch
    heading(f"{pairs} pairs of {options.pairs.name}, SmolLM2-135M, {options.precision}, {options.threads} threads")
    for name, runs in seen.items():
        losses = [one["held_out_loss"] for one in runs]
        spread = f" ± {stdev(losses):.3f}" if len(losses) > 1 else ""
        speed, peak = (median(one[key] for one in runs) for key in ("pairs_per_cpu_second", "peak_mb"))
        print(
            f"{name:8} {speed:.3f} pairs a CPU second · held-out loss {mean(losses):.3f}{spread} · peak {peak:,.0f} MB"
        )
    ratio = median(
        one["pairs_per_cpu_second"] / other["pairs_per_cpu_second"]
        for one, other in zip(seen["musicc"], seen["trl"], strict=True)
    )
    print(f"ratio    {ratio:.2f}")


if __name__ == "__main__":
    main()
