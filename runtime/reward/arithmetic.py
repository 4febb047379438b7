"""What is to come, told before a training starts: pairs, tokens, steps, parameters, memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from musicc.diagnostics.words import counted
from musicc.runtime.reward.memory import PROGRAM, Memory, Weights

_GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Steps:
    """`count` updates of the weights, by `batch` of the `pairs` each; the last one of an epoch takes what is left."""

    pairs: int
    batch: int
    count: int

    @property
    def epochs(self) -> float:
        """How often each pair is trained on, in the mean."""
        whole, more = divmod(self.count, ceil(self.pairs / self.batch))
        return whole + more * self.batch / self.pairs

    @property
    def left(self) -> int:
        """How many pairs the last step of an epoch has."""
        return self.pairs % self.batch or self.batch

    @property
    def uneven(self) -> bool:
        """Whether a step with fewer pairs is among them."""
        return self.left < self.batch and self.count >= ceil(self.pairs / self.batch)


def steps(pairs: int, batch: int, *, count: int | None = None, epochs: float | None = None) -> Steps:
    """So many steps, or as many as `epochs` passes over the pairs take; one of the two is given.

    An epoch has ceil(pairs / batch) steps, a share e of one ceil(pairs * e / batch).
    """
    if count is None:
        passes = Fraction(
            str(epochs)
        )  # 0.1 means a tenth: 70 pairs by 7 are one step, not the two of its binary neighbour
        whole = passes.numerator // passes.denominator
        count = whole * ceil(pairs / batch) + ceil((passes - whole) * pairs / batch)
    return Steps(pairs, batch, count)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`pairs` to train on, `validation` pairs, and those `dropped` by reason. `steps` is None where a head is fitted alone.

    `tokens`: of all conversations that are trained on; `read`: those that remain where what conversations start with is
    read once. A forward pass of one of the `devices` takes at most `budget` tokens. `available`: bytes, None if unknown.
    """

    pairs: int
    validation: int
    dropped: Mapping[str, int]
    tokens: int
    read: int
    steps: Steps | None
    devices: int
    budget: int
    weights: Weights
    memory: Memory
    available: int | None

    @property
    def passes(self) -> int:
        """About how many forward passes each device makes in a step."""
        a_step = self.read * min(self.batch, self.pairs) / self.pairs
        return max(1, ceil(a_step / self.devices / self.budget))

    @property
    def batch(self) -> int:
        """Pairs between two updates; all of them where there is none."""
        return self.steps.batch if self.steps else self.pairs

    @property
    def fits(self) -> bool:
        return self.available is None or self.memory.total <= self.available


def lines(arithmetic: Arithmetic) -> list[str]:
    """A line a figure, its name in front, aligned."""
    told = {
        "pairs": _pairs(arithmetic),
        "tokens": _tokens(arithmetic),
        "steps": _steps(arithmetic.steps),
        "a step": _a_step(arithmetic),
        "parameters": _parameters(arithmetic.weights),
        "memory": _memory(arithmetic),
    }
    widest = max(map(len, told)) + 2
    return [f"{name + ':':{widest}}{text}" for name, text in told.items() if text]


def _pairs(arithmetic: Arithmetic) -> str:
    kept, left_out = arithmetic.pairs + arithmetic.validation, sum(arithmetic.dropped.values())
    split = f"{arithmetic.pairs:,} to train on, {arithmetic.validation:,} to validate on"
    told = split if arithmetic.validation else f"{arithmetic.pairs:,}"
    if not left_out:
        return told
    reasons = sorted(arithmetic.dropped.items(), key=lambda reason: -reason[1])
    why = ", ".join(f"{count:,} {reason}" for reason, count in reasons if count)
    return f"{told}{',' if arithmetic.validation else ''} of {kept + left_out:,} ({left_out:,} dropped: {why})"


def _tokens(arithmetic: Arithmetic) -> str:
    told = f"{arithmetic.tokens:,}, {arithmetic.tokens / arithmetic.pairs:,.0f} a pair"
    if arithmetic.read == arithmetic.tokens:
        return told
    saved = 1 - arithmetic.read / arithmetic.tokens
    return f"{told}; {arithmetic.read:,} ({saved:.0%} fewer) with shared beginnings read once"


def _steps(planned: Steps | None) -> str:
    if planned is None:
        return ""
    epochs = f"{planned.epochs:,.4g} epoch{'' if planned.epochs == 1 else 's'}"
    smaller = f"; the last step of an epoch has {planned.left:,}"
    return f"{planned.count:,} of {planned.batch:,} pairs, {epochs}{smaller if planned.uneven else ''}"


def _a_step(arithmetic: Arithmetic) -> str:
    if arithmetic.steps is None:
        return ""
    a_pass = min(arithmetic.batch, arithmetic.pairs) / arithmetic.devices / arithmetic.passes
    passes = f"{arithmetic.passes:,} forward pass{'es' * (arithmetic.passes > 1)}"
    spread = f"{counted(arithmetic.devices, 'device')} × {passes} × about {a_pass:,.3g} pairs"
    return f"{spread}, at most {arithmetic.budget:,} tokens a pass"


def _parameters(weights: Weights) -> str:
    if weights.trained == weights.parameters:
        return f"{weights.parameters:,}, all trained"
    return f"{weights.parameters:,}, {weights.trained:,} trained ({100 * weights.trained / weights.parameters:.2g}%)"


def _memory(arithmetic: Arithmetic) -> str:
    memory = arithmetic.memory
    sizes = {
        "weights": memory.weights,
        "gradients": memory.gradients,
        "AdamW": memory.optimiser,
        "activations": memory.activations,
        "the program": PROGRAM,
    }
    told = ", ".join(f"{name} {size / _GIB:,.1f}" for name, size in sizes.items() if size)
    there = "" if arithmetic.available is None else f"; there are {arithmetic.available / _GIB:,.1f}"
    short = (
        ""
        if arithmetic.fits
        else ", too little: lower `token_budget`, set `gradient_checkpointing`, or train with `method = lora`"
    )
    return f"about {memory.total / _GIB:,.1f} GiB: {told}{there}{short}"
