"""What is known of a training before a model is loaded: its base, its pairs as tokens, and the stamp of it all."""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b, sha256
from typing import Any

from transformers import PreTrainedTokenizerBase

from musicc.runtime.reward import hardware
from musicc.runtime.reward.examples import Examples, read_examples
from musicc.runtime.reward.job import Job
from musicc.runtime.reward.model import Base, find, tokenizer_of
from musicc.runtime.reward.padding import pad_token
from musicc.runtime.reward.template import Renderer
from musicc.runtime.reward.tokens import Tokenised, tokenised
from musicc.runtime.reward.types import TokenPair

_IN_NAME_ONLY = {"name", "base", "revision", "train", "token_budget", "precision"}
"""Fields of a reward model that do not say what is trained; others that the stamp has say it better."""

OF_GRADIENTS = {
    "steps",
    "epochs",
    "batch",
    "lr",
    "schedule",
    "warmup",
    "weight_decay",
    "gradient_checkpointing",
    "evaluate_every",
}
"""Fields that have no part in fitting the head of a frozen backbone."""


@dataclass(frozen=True)
class Prepared:
    """A base with its tokenizer, and the pairs of both sides as it reads them."""

    base: Base
    tokenizer: PreTrainedTokenizerBase
    renderer: Renderer
    examples: Examples
    train: Tokenised
    validation: Tokenised

    @cached_property
    def dropped(self) -> Counter[str]:
        """Records of both sides that were left out, by reason."""
        return self.examples.dropped + self.train.dropped + self.validation.dropped

    def stamp(self, job: Job) -> dict[str, Any]:
        """All that decides the weights. Equal stamps are one training: it can be resumed, and need not be repeated."""
        idle = OF_GRADIENTS if job.reward.method == "frozen" else set()
        settings = job.reward.model_dump(mode="json", exclude=_IN_NAME_ONLY | idle)
        return {
            "base": self.base.identity,
            "data": _digest(self.train.pairs),
            "validation": _digest(self.validation.pairs),
            "seed": job.plan.seed,
            "compute": hardware.compute(job.reward.precision),
            **settings,
        }


def _digest(pairs: Iterable[TokenPair]) -> str:
    digest = sha256()
    for pair in pairs:
        for side in (pair.chosen, pair.rejected):
            digest.update(array("i", side).tobytes() + b"\0")
        digest.update(f"{pair.example.seed} {pair.example.margin!r} {pair.example.weight!r}\n".encode())
    return digest.hexdigest()


class _Remembering(Renderer):
    """Reads equal texts once: reward models that are compared have most of their pairs in common."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self._known: dict[bytes, array[int]] = {}
        super().__init__(tokenizer)

    def encode(self, texts: Sequence[str]) -> "list[array[int]]":
        keys = [blake2b(text.encode(), digest_size=16).digest() for text in texts]
        fresh = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if fresh:
            self._known |= zip(fresh, super().encode(list(fresh.values())), strict=True)
        return [self._known[key] for key in keys]


@dataclass
class Shelf:
    """What reward models that are trained one after the other share: bases, whose renderers remember what they have read."""

    _bases: dict[tuple[str, str | None], tuple[Base, PreTrainedTokenizerBase, Renderer]] = field(default_factory=dict)

    def prepared(self, job: Job) -> Prepared:
        """Reads and checks every record before anything large is loaded.

        Raises DiagnosticError for what is wrong with the data (M611 to M624) or the base (M631, M632).
        """
        reward = job.reward
        examples = read_examples(reward, job.plan.seeds, job.build, job.spec_folder, job.report)
        base, tokenizer, renderer = self._base(job)
        train, validation = (
            tokenised(side, renderer, reward.max_length, reward.overlong, job.report)
            for side in (examples.train, examples.validation)
        )
        pad_token(tokenizer, train.ends | validation.ends)
        return Prepared(base, tokenizer, renderer, examples, train, validation)

    def _base(self, job: Job) -> tuple[Base, PreTrainedTokenizerBase, Renderer]:
        key = (job.reward.base, job.reward.revision)
        if key not in self._bases:
            base = find(*key, job.spec_folder, job.note)
            tokenizer = tokenizer_of(base)
            self._bases[key] = (base, tokenizer, _Remembering(tokenizer))
        return self._bases[key]
