"""Each term of the loss against its formula, worked out by Python's own floats."""

from math import exp, log1p

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from musicc.runtime.reward.loss import Loss

REWARDS = st.floats(-30, 30, width=32)
MARGINS = st.floats(-5, 5, width=32)


def surprise(difference: float) -> float:
    """-log σ(difference)."""
    return log1p(exp(-difference)) if difference > 0 else log1p(exp(difference)) - difference


def found(loss: Loss, chosen: float, rejected: float, margin: float = 0.0) -> float:
    pair = [torch.tensor([value], dtype=torch.float64) for value in (chosen, rejected, margin)]
    return loss(*pair).item()


@given(REWARDS, REWARDS)
def test_plain(chosen: float, rejected: float) -> None:
    assert found(Loss(), chosen, rejected) == pytest.approx(surprise(chosen - rejected), rel=1e-9, abs=1e-12)


@given(REWARDS, REWARDS, MARGINS)
def test_with_a_margin(chosen: float, rejected: float, margin: float) -> None:
    expected = surprise(chosen - rejected - margin)
    assert found(Loss(), chosen, rejected, margin) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(REWARDS, REWARDS, MARGINS, st.floats(0, 0.49))
def test_smoothing_expects_labels_to_be_wrong_now_and_then(
    chosen: float, rejected: float, margin: float, wrong: float
) -> None:
    """Whichever conversation is the better one is better by the margin."""
    as_labelled, swapped = surprise(chosen - rejected - margin), surprise(rejected - chosen - margin)
    expected = (1 - wrong) * as_labelled + wrong * swapped
    loss = Loss(label_smoothing=wrong)
    assert found(loss, chosen, rejected, margin) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(REWARDS, REWARDS, MARGINS, st.floats(0, 0.5))
def test_centring_holds_the_sum_of_rewards_at_nothing(
    chosen: float, rejected: float, margin: float, centring: float
) -> None:
    expected = surprise(chosen - rejected - margin) + centring * (chosen + rejected) ** 2
    assert found(Loss(centring=centring), chosen, rejected, margin) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_all_terms_together_pair_by_pair() -> None:
    chosen, rejected, margin = torch.tensor([[1.0, -2.0], [0.5, 3.0], [1.0, 0.0]], dtype=torch.float64)
    loss = Loss(centring=0.1, label_smoothing=0.2)
    expected = [
        0.8 * surprise(-0.5) + 0.2 * surprise(-1.5) + 0.1 * 1.5**2,
        0.8 * surprise(-5.0) + 0.2 * surprise(5.0) + 0.1 * 1.0**2,
    ]
    assert loss(chosen, rejected, margin).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("difference", [1e4, -1e4, 1e30, -1e30])
def test_large_differences_and_margins_stay_finite(difference: float) -> None:
    for loss in (Loss(), Loss(label_smoothing=0.1)):
        for place in range(3):
            values = [torch.zeros(1, requires_grad=True) for _ in range(3)]
            values[place].data.fill_(difference)
            lost = loss(*values)
            lost.sum().backward()
            assert bool(lost.isfinite().all())
            assert all(bool(value.grad.isfinite().all()) for value in values)


@given(REWARDS, REWARDS, MARGINS)
def test_a_step_downhill_raises_the_chosen_and_lowers_the_rejected(
    chosen: float, rejected: float, margin: float
) -> None:
    """By σ(-(difference - margin)) each, the probability that the label surprises."""
    one, other = (torch.tensor([value], dtype=torch.float64, requires_grad=True) for value in (chosen, rejected))
    Loss()(one, other, torch.tensor([margin], dtype=torch.float64)).sum().backward()
    surprised = exp(-surprise(-(chosen - rejected - margin)))
    assert one.grad.item() == pytest.approx(-surprised, rel=1e-9, abs=1e-12)
    assert other.grad.item() == pytest.approx(surprised, rel=1e-9, abs=1e-12)


@given(st.floats(0.01, 0.49))
def test_with_wrong_labels_certainty_costs_and_the_best_difference_is_their_odds(wrong: float) -> None:
    """Mitchell 2023: the minimum lies at log((1 - ε) / ε)."""
    difference = torch.tensor([log1p(1 / wrong - 2)], dtype=torch.float64, requires_grad=True)
    Loss(label_smoothing=wrong)(difference, torch.zeros(1), torch.zeros(1)).sum().backward()
    assert difference.grad.item() == pytest.approx(0, abs=1e-9)
