"""The head of a frozen backbone: a linear Bradley-Terry model on its hidden states, fitted to the end.

The problem is convex, so there is no learning rate and no number of steps: L-BFGS finds the minimum. How strongly the
weights are held small is chosen by cross-validation over seeds, on the training pairs alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

import torch
from torch import Tensor

from musicc.runtime.reward.loss import Loss
from musicc.runtime.reward.types import Example

STRENGTHS = (10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
"""Penalties on the squared weights of standardised states, the strongest first: each fit starts from the one before."""

FOLDS = 5
_STEPS, _TOLERANCE = 200, 1e-7


@dataclass(frozen=True, slots=True)
class Pairs:
    """States of both sides [pairs, hidden] in units of each state's deviation, margins and weights [pairs]."""

    chosen: Tensor
    rejected: Tensor
    margin: Tensor
    weight: Tensor

    def some(self, which: Tensor) -> "Pairs":
        """Those that a mask [pairs] selects."""
        return Pairs(self.chosen[which], self.rejected[which], self.margin[which], self.weight[which])


@dataclass(frozen=True, slots=True)
class Fit:
    """`head`: the weights [hidden], for states as they are. `strength`: the penalty that was chosen, by `tried`: the mean
    loss of held-out folds and the accuracy there, by penalty. None was tried where there are too few seeds to hold out.
    `history`: loss, without the penalty, and accuracy of the training pairs at each `step` of the last fit.
    """

    head: Tensor
    strength: float
    tried: dict[float, tuple[float, float]]
    history: list[dict[str, float]]


def fit(chosen: Tensor, rejected: Tensor, examples: Sequence[Example], loss: Loss) -> Fit:
    """The head for states [pairs, hidden] of both sides. The same data give the same head."""
    scale = torch.cat([chosen, rejected]).double().std(dim=0).clamp_min(1e-6)
    margin, weight = (
        torch.tensor([getattr(example, name) for example in examples], dtype=torch.float64)
        for name in ("margin", "weight")
    )
    pairs = Pairs(chosen.double() / scale, rejected.double() / scale, margin, weight)
    folds = torch.tensor([_fold(example.seed) for example in examples])
    tried = _tried(pairs, folds, loss) if len(set(folds.tolist())) == FOLDS else {}
    strength = min(tried, key=lambda strength: tried[strength][0], default=1.0)
    history: list[dict[str, float]] = []
    *_, head = _path(pairs, loss, strength, history)
    return Fit((head / scale).float(), strength, tried, history)


def _fold(seed: str) -> int:
    return blake2b(seed.encode(), digest_size=4).digest()[0] % FOLDS


def _tried(pairs: Pairs, folds: Tensor, loss: Loss) -> dict[float, tuple[float, float]]:
    losses = dict.fromkeys(STRENGTHS, 0.0)
    right = dict.fromkeys(STRENGTHS, 0)
    for fold in range(FOLDS):
        held = pairs.some(folds == fold)
        for strength, head in zip(STRENGTHS, _path(pairs.some(folds != fold), loss), strict=True):
            losses[strength] += float(_losses(held, head, loss).sum())
            right[strength] += int(((held.chosen - held.rejected) @ head > 0).sum())
    count, weight = len(folds), float(pairs.weight.sum())
    return {strength: (losses[strength] / weight, right[strength] / count) for strength in STRENGTHS}


def _path(
    pairs: Pairs, loss: Loss, to: float = STRENGTHS[-1], history: list[dict[str, float]] | None = None
) -> Iterator[Tensor]:
    """The heads for each strength down to one."""
    head = torch.zeros(pairs.chosen.shape[1], dtype=torch.float64)
    for strength in STRENGTHS:
        head = _minimum(pairs, loss, strength, head, history)
        yield head
        if strength == to:
            return


def _minimum(
    pairs: Pairs, loss: Loss, strength: float, start: Tensor, history: list[dict[str, float]] | None
) -> Tensor:
    head = start.clone().requires_grad_()
    total = pairs.weight.sum()
    solver = torch.optim.LBFGS(
        [head], max_iter=_STEPS, tolerance_grad=_TOLERANCE, tolerance_change=1e-10, line_search_fn="strong_wolfe"
    )

    def objective() -> Tensor:
        solver.zero_grad()
        plain = _losses(pairs, head, loss).sum() / total
        if history is not None:
            right = float(((pairs.chosen - pairs.rejected) @ head.detach() > 0).double().mean())
            history.append({"step": len(history) + 1, "loss": float(plain.detach()), "accuracy": right})
        value = plain + strength / 2 * head.square().sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    solver.step(objective)  # type: ignore[no-untyped-call]
    return head.detach()


def _losses(pairs: Pairs, head: Tensor, loss: Loss) -> Tensor:
    return loss(pairs.chosen @ head, pairs.rejected @ head, pairs.margin) * pairs.weight
