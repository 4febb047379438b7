"""The head of a frozen backbone: the minimum of what it says it minimises, chosen by the training pairs alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import softplus

from musicc.runtime.reward.frozen import FOLDS, STRENGTHS, Fit, fit
from musicc.runtime.reward.loss import Loss
from musicc.runtime.reward.types import Example

HIDDEN = 6
DIRECTION = torch.tensor([2.0, -1.0, 0.5, 0.0, 0.0, 0.0])
SCALES = torch.tensor([1.0, 10.0, 0.1, 1.0, 100.0, 0.01])  # backbones' states differ so, from one to the next


@dataclass
class Data:
    chosen: Tensor
    rejected: Tensor
    examples: list[Example] = field(default_factory=list)

    def swapped(self) -> "Data":
        return Data(self.rejected, self.chosen, self.examples)

    def with_each(self, **values: Sequence[Any]) -> "Data":
        fields = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
        return replace(self, examples=[replace(one, **named) for one, named in zip(self.examples, fields, strict=True)])

    def some(self, numbers: Sequence[int]) -> "Data":
        which = list(numbers)
        return Data(self.chosen[which], self.rejected[which], [self.examples[number] for number in which])


def data(count: int = 60, seeds: int = 30, noise: float = 1.0, draw: int = 0) -> Data:
    """Labels by a linear reward, with the noise of a Bradley-Terry model, or without it."""
    generator = torch.Generator().manual_seed(draw)
    one, other = (torch.randn(count, HIDDEN, generator=generator) for _ in range(2))
    uniform = torch.rand(count, generator=generator)
    right = (one - other) @ DIRECTION + noise * torch.log(uniform / (1 - uniform)) > 0
    better, worse = (
        torch.where(right[:, None], first, second) * SCALES for first, second in ((one, other), (other, one))
    )
    return Data(better, worse, [_example(number, seeds) for number in range(count)])


def _example(number: int, seeds: int) -> Example:
    return Example(f"pairs.jsonl:{number}", str(number), (), (), f"seed {number % seeds}", "made")


def fitted(made: Data, loss: Loss | None = None) -> Fit:
    return fit(made.chosen, made.rejected, made.examples, loss or Loss())


def right(found: Fit, made: Data) -> float:
    return float(((made.chosen - made.rejected) @ found.head > 0).double().mean())


# The minimum


def objective(head: Tensor, made: Data, strength: float, centring: float, smoothing: float) -> Tensor:
    """Worked out anew, for a head [hidden] in units of the states' deviations."""
    scale = torch.cat([made.chosen, made.rejected]).double().std(dim=0)
    chosen, rejected = ((side.double() / scale) @ head for side in (made.chosen, made.rejected))
    margin, weight = (torch.tensor([getattr(one, name) for one in made.examples]) for name in ("margin", "weight"))
    as_labelled, other = softplus(rejected - chosen + margin), softplus(chosen - rejected + margin)
    losses = (1 - smoothing) * as_labelled + smoothing * other + centring * (chosen + rejected) ** 2
    return (weight * losses).sum() / weight.sum() + strength / 2 * (head**2).sum()


NUMBERED = data(seeds=3).with_each(
    margin=[number % 3 / 2 for number in range(60)], weight=[1 + number % 4 for number in range(60)]
)


@pytest.mark.parametrize(
    "made", [data(), NUMBERED, data(seeds=3), data(seeds=3, noise=0)], ids=["plain", "numbers", "few", "separable"]
)
@pytest.mark.parametrize(("centring", "smoothing"), [(0.0, 0.0), (0.1, 0.2)])
def test_the_head_is_the_minimum(made: Data, centring: float, smoothing: float) -> None:
    found = fitted(made, Loss(centring=centring, label_smoothing=smoothing))
    scale = torch.cat([made.chosen, made.rejected]).double().std(dim=0)
    head = (found.head.double() * scale).requires_grad_()
    best = objective(head, made, found.strength, centring, smoothing)
    best.backward()
    assert float(head.grad.abs().max()) < 1e-5
    generator = torch.Generator().manual_seed(1)
    for size in (1e-2, 1e-1, 1.0):
        moved = head.detach() + size * torch.randn(HIDDEN, generator=generator, dtype=torch.float64)
        assert objective(moved, made, found.strength, centring, smoothing) > best


def test_the_history_ends_at_the_loss_of_the_head() -> None:
    made = data(seeds=3)
    found = fitted(made)
    margins = ((made.chosen - made.rejected) @ found.head).double()
    assert found.history[-1]["loss"] == pytest.approx(float(softplus(-margins).mean()), rel=1e-4)
    assert found.history[-1]["accuracy"] == right(found, made)
    assert [entry["step"] for entry in found.history] == list(range(1, len(found.history) + 1))


def test_the_same_data_give_the_same_head() -> None:
    assert torch.equal(fitted(data(seeds=3)).head, fitted(data(seeds=3)).head)


def test_a_state_that_is_always_the_same_does_no_harm() -> None:
    made = data(seeds=3)
    for side in (made.chosen, made.rejected):
        side[:, 3] = 5.0
    assert bool(fitted(made).head.isfinite().all())


# What is learned


def test_it_predicts_pairs_that_it_has_not_seen() -> None:
    found = fitted(data(200, seeds=3, noise=0))
    assert right(found, data(200, noise=0, draw=1)) > 0.95


def test_swapped_labels_give_the_opposite_head() -> None:
    made = data(seeds=3)
    torch.testing.assert_close(fitted(made.swapped()).head, -fitted(made).head, rtol=1e-4, atol=1e-6)


def test_labels_by_chance_are_found_out_by_the_folds() -> None:
    """The heads that memorise most are not chosen, and held-out folds show chance."""
    made = data(200, seeds=100, noise=1e6)
    found = fitted(made)
    assert found.strength >= 1.0
    assert all(0.35 < accuracy < 0.65 for _, accuracy in found.tried.values())


def test_weights_decide_between_pairs_that_disagree() -> None:
    made = data(100, seeds=3, noise=0)
    disagreeing = Data(
        torch.cat([made.chosen, made.rejected]),
        torch.cat([made.rejected, made.chosen]),
        [*made.examples, *made.examples],
    )
    for heavy, agrees in (((2.0, 1.0), 1.0), ((1.0, 2.0), 0.0)):
        found = fitted(disagreeing.with_each(weight=[heavy[number // 100] for number in range(200)]))
        assert right(found, made) == pytest.approx(agrees, abs=0.1)


def test_a_pair_of_double_weight_is_about_that_pair_twice() -> None:
    """Not quite: states are measured by their deviation over all pairs, and there is one more."""
    made = data(seeds=3)
    twice = made.some([*range(60), *range(0, 60, 3)])
    heavy = made.with_each(weight=[2.0 if number % 3 == 0 else 1.0 for number in range(60)])
    one, other, plain = (fitted(each).head for each in (twice, heavy, made))
    assert float((one - other).norm()) < 0.2 * float((plain - other).norm())


def test_a_margin_asks_for_a_larger_difference() -> None:
    made = data(seeds=3)
    wider = made.with_each(margin=[1.0] * 60)
    differences = [float(((made.chosen - made.rejected) @ fitted(each).head).mean()) for each in (made, wider)]
    assert differences[1] > differences[0]


# How strongly it is held


def test_the_strength_of_the_least_loss_in_held_out_folds_is_taken() -> None:
    found = fitted(data(200))
    assert tuple(found.tried) == STRENGTHS
    assert found.tried[found.strength][0] == min(loss for loss, _ in found.tried.values())


def test_no_seed_is_on_both_sides_of_a_fold() -> None:
    """Ten copies of a pair whose label is chance: a fold that had copies on both sides would seem to know it."""
    made = data(40, seeds=40, noise=1e6)
    copies = made.some([number for number in range(40) for _ in range(10)])
    assert max(accuracy for _, accuracy in fitted(copies).tried.values()) < 0.7


@pytest.mark.parametrize("seeds", range(1, FOLDS))
def test_with_too_few_seeds_nothing_is_tried(seeds: int) -> None:
    found = fitted(data(seeds=seeds))
    assert (found.tried, found.strength) == ({}, 1.0)
