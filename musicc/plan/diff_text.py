"""A difference of two specs for people and for programs."""

from collections.abc import Iterator, Sequence
from typing import Any

from musicc.diagnostics.words import counted
from musicc.plan.cost import Usage
from musicc.plan.diff import Change, Difference
from musicc.plan.present import GAP, closing, money, tokens
from musicc.plan.reasons import Reason, span

EQUAL = "The plans are equal: no call differs."
EQUAL_CALLS = "What is made of the pairs differs; no call differs."
EQUAL_SO_FAR = "No call differs as long as nothing is drawn again: what becomes of bad replies or pairs differs."
_WIDEST = 60  # of a change; where one is wider, its reason stands behind it
_LONGEST = 36  # characters of a value
_CONTEXT = 8  # of them before the first that differs


def present(changes: Sequence[Change], difference: Difference | None, old: str) -> str:
    """A line for each change: sign, what, reason; then the calls, where they could be compared. `old` names the first spec."""
    parts = [_changes(changes)]
    if difference:
        parts += [_calls(difference), _closing(difference, old)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _closing(difference: Difference, old: str) -> str:
    plan = closing(difference.left, difference.held, sampled=difference.sampled)
    if not difference.unbuilt:
        return plan
    lacks = ("about " if difference.sampled else "") + counted(difference.unbuilt, "call")
    return f"{old} counts as built, though the store lacks {lacks} of it.\n{plan}"


def _changes(changes: Sequence[Change]) -> str:
    shown = [(_change(change), change.reason) for change in changes]
    width = max((len(text) for text, _ in shown if len(text) <= _WIDEST), default=0)
    return "\n".join(f"{text.ljust(width)}{GAP}{reason}".rstrip() for text, reason in shown)


def _change(change: Change) -> str:
    what = f"{change.sign} {change.block} {change.name}" + (f".{change.field}" if change.field else "")
    if change.old is not None and change.new is not None:
        old, new = _where_they_part(change.old, change.new)
        return f"{what}: {old} → {new}"
    value = change.new if change.old is None else change.old
    return what if value is None else f"{what} = {_cut(value, 0)}"


def _where_they_part(old: str, new: str) -> tuple[str, str]:
    """Both values, from a little before the first character that differs if they are long."""
    if max(len(old), len(new)) <= _LONGEST:
        return old, new
    alike = next(
        (at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), min(len(old), len(new))
    )
    start = max(0, alike - _CONTEXT)
    return _cut(old, start), _cut(new, start)


def _cut(text: str, start: int) -> str:
    kept = text[start : start + _LONGEST]
    return ("…" if start else "") + kept + ("…" if start + _LONGEST < len(text) else "")


def _calls(difference: Difference) -> str:
    if difference.same_calls:
        return EQUAL_SO_FAR if difference.judged else EQUAL_CALLS if difference.made else EQUAL
    signed = [("+", one) for one in difference.added] + [("-", one) for one in difference.gone]
    rows = [_row(sign, reason) for sign, reason in (*signed, *(("=", one) for one in difference.kept))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(GAP.join(_padded(row, widths)).rstrip() for row in rows)


def _row(sign: str, reason: Reason) -> list[str]:
    usage = reason.usage
    price = [] if usage.usd is None else [money(usage.usd)]
    taken = f"{tokens(usage.input)} tokens in, {tokens(usage.output)} out"
    return [
        f"{sign} {reason.dialogue}",
        counted(usage.calls, "call"),
        span(reason.turns),
        ", ".join([taken, *price]),
        reason.text,
    ]


def _padded(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """Numbers of calls to the right, words to the left."""
    for number, (cell, width) in enumerate(zip(row, widths, strict=True)):
        yield cell.rjust(width) if number == 1 else cell.ljust(width)


def as_json(changes: Sequence[Change], difference: Difference | None) -> dict[str, Any]:
    """The same facts as JSON values; texts are whole, and what is not known is null."""
    return {
        "changes": [_change_json(change) for change in changes],
        **(_difference_json(difference) if difference else {"calls": None, "plan": None}),
    }


def _difference_json(difference: Difference) -> dict[str, Any]:
    return {
        "calls": {
            "added": [_reason_json(reason) for reason in difference.added],
            "gone": [_reason_json(reason) for reason in difference.gone],
            "kept": [_reason_json(reason) for reason in difference.kept],
        },
        "plan": {"make": round(difference.left.calls), "reuse": difference.held, "usd": difference.left.usd},
        "unbuilt": difference.unbuilt,
        "sampled": difference.sampled,
    }


def _change_json(change: Change) -> dict[str, Any]:
    return {
        "sign": change.sign,
        "block": change.block,
        "name": change.name,
        "field": change.field,
        "old": change.old,
        "new": change.new,
        "reason": change.reason,
    }


def _reason_json(reason: Reason) -> dict[str, Any]:
    usage: Usage = reason.usage
    return {
        "dialogue": reason.dialogue,
        "reason": reason.text,
        "turns": list(reason.turns),
        "calls": round(usage.calls),
        "input": round(usage.input),
        "output": round(usage.output),
        "usd": usage.usd,
    }
