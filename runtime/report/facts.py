"""What cards tell: of a data set, of a reward model."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from musicc.runtime.report.metrics import Metrics


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """Where conversations start: the seeds' name in the spec, the file or repository, and as far as they are known its
    revision or digest and its licence.
    """

    name: str
    origin: str
    revision: str = ""
    license: str = ""


@dataclass(frozen=True, slots=True)
class PartFacts:
    """A part of the mix: a dialogue's name or `NAME.pairs`, the name of its seeds, and its pairs by split."""

    name: str
    source: str
    pairs: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model that was asked: its served name, what it did (`user`, `assistant`, `judge`, …), its revision if known."""

    served: str
    roles: tuple[str, ...]
    revision: str = ""


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """`spec` is the path to write in a command, `plan` the plan's digest, `seed` the spec's, `musicc` the version.

    `files`: splits and exports, as paths from the card's folder. `rules`: rejected turns by the rule that was played;
    `taken_out`: pairs by why they are not in it; `checks`: by the check's name, pairs by verdict.
    """

    name: str
    spec: str
    profile: str | None
    plan: str
    seed: int
    musicc: str
    files: tuple[str, ...]
    parts: tuple[PartFacts, ...]
    sources: tuple[SourceFacts, ...]
    models: tuple[ModelFacts, ...] = ()
    rules: Mapping[str, int] = field(default_factory=dict)
    taken_out: Mapping[str, int] = field(default_factory=dict)
    checks: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    license: str | None = None

    @property
    def pairs(self) -> dict[str, int]:
        """By split."""
        splits = dict.fromkeys(split for part in self.parts for split in part.pairs)
        return {split: sum(part.pairs.get(split, 0) for part in self.parts) for split in splits}


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Pairs that were read: the file, or the hub's data set; the split they are, how many were kept, the SHA-256 of all."""

    path: str
    split: str
    pairs: int
    digest: str


@dataclass(frozen=True, slots=True)
class RewardFacts:
    """`spec` is the path to write in a command, `plan` the plan's digest, `seed` the spec's, `musicc` the version.

    `base`: the model it starts from, as the spec says it; `hub`: its name on the hub, where it has one; `revision` where
    it is known. `train`: what of the spec it is trained on, `datasets`: the names on the hub of those pairs. `dropped`:
    pairs by why they are not trained on. `arithmetic`: the lines told before the training; `setting`: the spec's fields
    and what followed from them. `metrics`: of the validation pairs, None without any. `folds_system`: the chat template
    has no system role. `adapter`: the folder of the LoRA adapter. `versions`: of the libraries, by name. `curves`: whether
    `curves.svg` lies beside the card.
    """

    name: str
    spec: str
    profile: str | None
    plan: str
    seed: int
    musicc: str
    base: str
    method: str
    train: str
    files: tuple[FileFacts, ...]
    max_length: int
    arithmetic: tuple[str, ...]
    setting: Mapping[str, str]
    metrics: Metrics | None
    dropped: Mapping[str, int] = field(default_factory=dict)
    hub: str | None = None
    revision: str | None = None
    datasets: tuple[str, ...] = ()
    adapter: str | None = None
    folds_system: bool = False
    curves: bool = False
    versions: Mapping[str, str] = field(default_factory=dict)
