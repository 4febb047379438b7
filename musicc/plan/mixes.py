"""Datasets of a module → datasets of its plan. What they are read from joins the seeds of the plan."""

from musicc.plan import document as doc
from musicc.plan.datasets import DialoguePairs, Part, SeedPairs
from musicc.plan.parts import Parts
from musicc.semantics import module as sem
from musicc.semantics.leaks import seeds_of


def lower_dataset(dataset: sem.Dataset, parts: Parts) -> doc.Dataset:
    """The dataset; its sources are entered into `parts`."""
    near = dataset.deduplicate
    return doc.Dataset(
        name=dataset.name,
        mix=tuple(_part(part, parts) for part in dataset.mix),
        validation=dataset.validation,
        deduplicate=near is not None,
        near=None if near == "exact" else near,
        apart=tuple(_apart(one, parts) for one in dataset.apart_from),
        exports=dataset.export,
        license=dataset.license,
        licenses={seeds.name: seeds.license for seeds in seeds_of(dataset) if seeds.license},
    )


def _part(part: sem.Part, parts: Parts) -> Part:
    source = part.source
    of = DialoguePairs(name=source.name) if isinstance(source, sem.Dialogue) else SeedPairs(name=parts.source(source))
    return Part(of=of, count=part.count, share=part.share, weight=part.weight)


def _apart(one: sem.Seeds | sem.Benchmark, parts: Parts) -> str:
    """A benchmark's records are read as seeds are."""
    return parts.source(one) if isinstance(one, sem.Seeds) else parts.benchmark(one)
