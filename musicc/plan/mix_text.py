"""The datasets of a plan, a line for each: what it is mixed of, and what of it is other than in the last build."""

from collections.abc import Iterator, Sequence

from musicc.plan.datasets import Dataset, Part, named, sources
from musicc.plan.document import Plan
from musicc.plan.present import aligned
from musicc.plan.serialise import digest

_SPOKEN = {"near": "deduplicate", "apart": "apart_from", "exports": "export", "licenses": "license"}


def told(plan: Plan, before: Plan | None) -> list[str]:
    """The lines; none where neither plan has a dataset. `before` is the plan of the last build."""
    rows = [[one.name, _mix(one.mix), _reason(one, plan, before)] for one in plan.datasets]
    declared = {one.name for one in plan.datasets}
    rows += [[one.name, "", "gone"] for one in (before.datasets if before else ()) if one.name not in declared]
    return ["Datasets, made of finished pairs without a call:", *aligned(rows, words=3)] if rows else []


def _mix(mix: Sequence[Part]) -> str:
    return ", ".join(f"{_amount(part)} {named(part)}" for part in mix)


def _amount(part: Part) -> str:
    if part.share is not None:
        return f"{100 * part.share:g}%"
    return f"{part.weight:g}x" if part.weight is not None else f"{part.count:,}"


def _reason(dataset: Dataset, plan: Plan, before: Plan | None) -> str:
    """One: the nearest."""
    if before is None:
        return "never built"
    old = next((one for one in before.datasets if one.name == dataset.name), None)
    if old is None:
        return "new"
    changed = list(_changed(old, dataset))
    if changed:
        return f"{', '.join(changed)} changed"
    if any(plan.seeds[name] != before.seeds.get(name) for name in sources(dataset)):
        return "its seeds changed"
    return "of other pairs" if digest(plan) != digest(before) else "as it is"


def _changed(old: Dataset, new: Dataset) -> Iterator[str]:
    fields = [name for name in Dataset.model_fields if getattr(old, name) != getattr(new, name)]
    return (f"`{name}`" for name in dict.fromkeys(_SPOKEN.get(field, field) for field in fields))
