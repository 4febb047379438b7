"""What has to stay on one side of a split: pairs with the same prompt or the same seed, and whatever hangs on those."""

from collections.abc import Iterable

from musicc.runtime.data.mixing.draw import POINTS, point


class Groups:
    """Prompts, those of one seed together. A seed has one prompt as a rule, so that little has to be remembered."""

    def __init__(self) -> None:
        self._first: dict[int, int] = {}  # by seed, the prompt that it was met with first
        self._parents: dict[int, int] = {}  # of prompts that belong to a smaller one

    def enter(self, seed: int, prompt: int) -> None:
        """They were met in one pair."""
        one, other = sorted((self.of(self._first.setdefault(seed, prompt)), self.of(prompt)))
        if one != other:
            self._parents[other] = one

    def of(self, prompt: int) -> int:
        """The smallest prompt of its group stands for all of it."""
        while (parent := self._parents.get(prompt)) is not None:
            prompt = parent
        return prompt


def kept_out(groups: Iterable[int], share: float, spec_seed: int) -> frozenset[int]:
    """The groups for validation: each is drawn for itself, so that it is on the same side in every dataset of a spec.

    Both sides have one, where there are two and a share is asked for.
    """
    drawn = {group: point(spec_seed, "dataset.validation", f"{group:016x}") for group in groups}
    out = {group for group, at in drawn.items() if at < share * POINTS}
    if share and len(drawn) > 1:
        order = sorted(drawn, key=drawn.__getitem__)
        out = (out or {order[0]}) - (set() if len(out) < len(drawn) else {order[-1]})
    return frozenset(out)
