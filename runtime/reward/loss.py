"""The Bradley-Terry loss of pairs of rewards, with what is customary to add to it."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import logsigmoid


@dataclass(frozen=True, slots=True)
class Loss:
    """-log σ(r_chosen - r_rejected - m), in expectation over labels that are wrong with probability ε, + c·(r_chosen + r_rejected)².

    The plain loss: Bradley and Terry 1952; Ouyang et al. 2022 (arXiv 2203.02155), equation 1. The margin m: Touvron et al.
    2023 (arXiv 2307.09288), equation 2. `label_smoothing` is ε: Mitchell 2023, "A note on DPO with noisy preferences",
    equation 3. `centring` is c, which keeps rewards around 0: Eisenstein et al. 2023 (arXiv 2312.09244), equation 2.
    """

    centring: float = 0.0
    label_smoothing: float = 0.0

    def __call__(self, chosen: Tensor, rejected: Tensor, margin: Tensor) -> Tensor:
        """The loss of each pair [n], from rewards and margins [n]."""
        difference = chosen - rejected
        loss = -logsigmoid(difference - margin)
        if self.label_smoothing:
            swapped = -logsigmoid(-difference - margin)
            loss = (1 - self.label_smoothing) * loss + self.label_smoothing * swapped
        if self.centring:
            loss = loss + self.centring * (chosen + rejected) ** 2
        return loss
