"""What is made of finished pairs: the part of a plan that mixes, splits and exports."""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from musicc.plan.steps import Document

Export: TypeAlias = Literal["parquet", "trl", "openrlhf", "llama_factory", "sharegpt", "hh"]


class DatasetPairs(Document):
    """The pairs of a dataset: its training side, and its validation side where it has one."""

    kind: Literal["dataset"] = "dataset"
    name: str


class DialoguePairs(Document):
    """The pairs that the build made of a dialogue."""

    kind: Literal["dialogue"] = "dialogue"
    name: str


class SeedPairs(Document):
    """The preference pairs that a seed source brings along."""

    kind: Literal["seeds"] = "seeds"
    name: str


class Part(Document):
    """One of `count` pairs, `share` of the whole (0 to 1), or `weight` times every pair."""

    of: Annotated[DialoguePairs | SeedPairs, Field(discriminator="kind")]
    count: int | None = None
    share: float | None = None
    weight: float | None = None


class Dataset(Document):
    """`validation`: the share of seeds that is kept out of training. `near`: the Jaccard similarity from which on pairs
    are duplicates, None where only equal ones are; `apart`: seeds none of whose prompts may stand in it.

    `license` is its own, `licenses` those of the seeds in it, as far as the spec names them.
    """

    name: str
    mix: tuple[Part, ...]
    validation: float = 0.0
    deduplicate: bool = False
    near: float | None = None
    apart: tuple[str, ...] = ()
    exports: tuple[Export, ...] = ()
    license: str | None = None
    licenses: dict[str, str] = Field(default_factory=dict)


def named(part: Part) -> str:
    """As a mix names it, and as its pairs name where they are from."""
    return f"{part.of.name}.pairs" if isinstance(part.of, SeedPairs) else part.of.name


def sources(dataset: Dataset) -> list[str]:
    """The seeds of the plan that it is read from: those whose pairs it mixes, and those that it is kept apart from."""
    return [*(part.of.name for part in dataset.mix if isinstance(part.of, SeedPairs)), *dataset.apart]
