"""Two specs, compared as plans: what is declared otherwise, and which calls that adds and takes away."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from musicc.plan.cost import Usage
from musicc.plan.document import Plan
from musicc.plan.reasons import Reason, reasons
from musicc.plan.traffic import Asking, Traffic, total, without
from musicc.semantics.origins import Origin, Origins

Sign: TypeAlias = Literal["+", "-", "~"]
OTHER_ROWS, GONE, KEPT = "other rows: the seeds differ", "asked no more", "the same"


@dataclass(frozen=True, slots=True)
class Change:
    """A declaration (without a field) or a field that is new, gone or another. `reason` is where it was set."""

    sign: Sign
    block: str
    name: str
    field: str | None
    old: str | None
    new: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A plan that was rehearsed. `stored` are the keys of those calls whose replies the store has."""

    plan: Plan
    asked: Traffic
    stored: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Difference:
    """What becomes of the calls. `left` and `held`: what a build of the second spec makes and reuses once the first one is built.

    `unbuilt`: how many calls of the first spec the store lacks. `sampled`: calls are counted on a sample of rows.
    `judged`: the specs differ in what becomes of bad replies or pairs, so that further calls may differ. `made`: they
    differ in what is made of the pairs.
    """

    added: tuple[Reason, ...]
    gone: tuple[Reason, ...]
    kept: tuple[Reason, ...]
    left: Usage
    held: int
    unbuilt: int
    sampled: bool
    judged: bool
    made: bool

    @property
    def same_calls(self) -> bool:
        return not self.added and not self.gone


def compare(old: Rehearsed, new: Rehearsed, *, sampled: bool) -> Difference:
    """What becomes of the calls. Equal calls have equal keys."""
    added = without(new.asked, old.asked)
    left = total(without(added, new.stored).values())
    return Difference(
        added=tuple(reasons(added.values(), new.plan, old.plan, OTHER_ROWS)),
        gone=tuple(_by_dialogue(without(old.asked, new.asked), GONE)),
        kept=tuple(_by_dialogue(without(new.asked, added), KEPT)),
        left=left,
        held=round(total(new.asked.values()).calls - left.calls),
        unbuilt=round(total(without(old.asked, old.stored).values()).calls),
        sampled=sampled,
        judged=_judgement(old.plan) != _judgement(new.plan),
        made=(old.plan.datasets, old.plan.rewards) != (new.plan.datasets, new.plan.rewards),
    )


def _judgement(plan: Plan) -> list[object]:
    """What becomes of replies and of pairs."""
    return [(dialogue.replies, dialogue.checks) for dialogue in plan.dialogues]


def _by_dialogue(asked: Traffic, text: str) -> Iterator[Reason]:
    grouped: dict[str, list[Asking]] = {}
    for one in asked.values():
        grouped.setdefault(one.dialogue, []).append(one)
    return (Reason(dialogue, text, tuple(ones)) for dialogue, ones in grouped.items())


def changes(old: Origins, new: Origins) -> list[Change]:
    """What is declared otherwise, by resolved value: in the order of the new spec, then what is gone."""
    before, after = _declared(old), _declared(new)
    found: list[Change] = []
    for (block, name), fields in after.items():
        known = before.get((block, name))
        found += [_declaration("+", block, name, fields)] if known is None else _fields(block, name, known, fields)
    gone = (name for name in before if name not in after)
    return [*found, *(_declaration("-", *name, before[name]) for name in gone)]


_Fields: TypeAlias = dict[str, Origin]


def _declared(found: Origins) -> dict[tuple[str, str], _Fields]:
    """The fields of each declaration, by its kind and name; a parameter is a declaration with one field."""
    declared: dict[tuple[str, str], _Fields] = {}
    for (name, field), origin in found.items():
        if not origin.told:
            owner = ("param", field) if origin.block == "params" else (origin.block, name)
            declared.setdefault(owner, {})[field] = origin
    return declared


def _declaration(sign: Sign, block: str, name: str, fields: _Fields) -> Change:
    place = next((origin.reason for origin in fields.values() if origin.kind != "default"), "")
    value = fields[name].value if block == "param" else None
    old, new = (value, None) if sign == "-" else (None, value)
    return Change(sign, block, name, None, old, new, place)


def _fields(block: str, name: str, old: _Fields, new: _Fields) -> Iterator[Change]:
    for field, origin in new.items():
        before = old.get(field)
        value = None if before is None else before.value
        if value != origin.value:
            shown = None if block == "param" else field
            yield Change("+" if before is None else "~", block, name, shown, value, origin.value, origin.reason)
    for field, origin in old.items():
        if field not in new:
            yield Change("-", block, name, field, origin.value, None, origin.reason)
