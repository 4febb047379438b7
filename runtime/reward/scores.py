"""Records scored window by window: what is in memory does not grow with the file, and a window is always the same records.

A window is read as a whole, so that conversations of it that start alike meet, and written in the file's order. Where
windows end depends on the records alone: a scoring that was stopped goes on with the same windows, and so with the same
rewards to the last digit.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, Protocol, TypeAlias

from musicc.diagnostics import Code, Diagnostic, DiagnosticError
from musicc.diagnostics.codes.scoring import NOT_A_NUMBER
from musicc.runtime.data.conversation import Conversation
from musicc.runtime.data.source import Report
from musicc.runtime.reward.scorable import CHOSEN, REJECTED, REWARD, Scorable
from musicc.runtime.reward.types import Tokens
from musicc.runtime.store.survey import Step

RECORDS, CHARACTERS = 512, 1 << 21
"""Of a window at most; a record that has more characters is a window of its own."""

MARGIN, ERROR = "margin", "error"

Line: TypeAlias = dict[str, Any]
"""Of the output: what names the record, and `reward`, or `chosen`, `rejected` and `margin`; where these are None, `error`
is the code that says why."""

Sides: TypeAlias = Mapping[str, Tokens]


class Scorer(Protocol):
    """What is used of a `scoring.RewardModel`."""

    def tokens(self, conversation: Conversation, called: str = ..., place: str | None = ...) -> Tokens: ...
    def score_tokens(
        self, conversations: Sequence[Tokens], *, token_budget: int | None = ..., step: Step | None = ...
    ) -> list[float]: ...


def windows(records: Iterable[Scorable]) -> Iterator[list[Scorable]]:
    """The records in their order, as many at once as are scored together."""
    window: list[Scorable] = []
    size = 0
    for record in records:
        size += record.size
        if window and (len(window) == RECORDS or size > CHARACTERS):
            yield window
            window, size = [], record.size
        window.append(record)
    if window:
        yield window


def scored(
    window: Sequence[Scorable], model: Scorer, token_budget: int | None, report: Report, step: Step | None = None
) -> list[Line]:
    """A line for each record, in their order; `report` hears why some have no reward. Raises what the model raises."""
    read = [_read(record, model) for record in window]
    asked = [tokens for sides in read if not isinstance(sides, Diagnostic) for tokens in sides.values()]
    rewards = iter(model.score_tokens(asked, token_budget=token_budget, step=step))
    lines = []
    for record, sides in zip(window, read, strict=True):
        found = sides if isinstance(sides, Diagnostic) else _checked(record, {side: next(rewards) for side in sides})
        if isinstance(found, Diagnostic):
            report(found)
            lines.append(_unscored(record, found.code))
        else:
            lines.append(_line(record, found))
    return lines


def _read(record: Scorable, model: Scorer) -> Sides | Diagnostic:
    """What the model reads of a record, or why it does not."""
    if record.fault:
        return record.fault
    try:
        return {
            side: model.tokens(said, f"`{side}`" if record.pair else "the conversation", record.place)
            for side, said in record.sides.items()
        }
    except DiagnosticError as error:
        return error.diagnostics[0]


def _checked(record: Scorable, rewards: Mapping[str, float]) -> Mapping[str, float] | Diagnostic:
    odd = next((side for side, reward in rewards.items() if not isfinite(reward)), None)
    if odd is None:
        return rewards
    message = f"the reward{f' of `{odd}`' if record.pair else ''} is {rewards[odd]}"
    return Diagnostic(NOT_A_NUMBER, message, record.place, help="score in fp32, or take another model")


def _line(record: Scorable, rewards: Mapping[str, float]) -> Line:
    margin = {MARGIN: rewards[CHOSEN] - rewards[REJECTED]} if record.pair else {}
    return {**record.head, **rewards, **margin}


def _unscored(record: Scorable, code: Code) -> Line:
    names = (CHOSEN, REJECTED, MARGIN) if record.pair else (REWARD,)
    return {**record.head, **dict.fromkeys(names), ERROR: code.id}


class Sink(Protocol):
    """Where lines go. `kept`: the next `count` lines, if an earlier run has left them all there."""

    def kept(self, count: int) -> list[Line] | None: ...
    def add(self, lines: Sequence[Line]) -> None: ...


def score_all(
    records: Iterable[Scorable],
    model: Scorer,
    sink: Sink,
    *,
    token_budget: int | None,
    report: Report,
    step: Callable[[float], None],
) -> Iterator[Line]:
    """Fills the sink, and gives every line of it. `step` hears after how many records it is."""
    before = 0
    for window in windows(records):
        lines = sink.kept(len(window))
        if lines is None:
            lines = scored(window, model, token_budget, report, _within(step, before, len(window)))
            sink.add(lines)
        before += len(window)
        step(before)
        yield from lines


def _within(step: Callable[[float], None], before: int, records: int) -> Step:
    """What tells of a window's tokens as of so many records after those before it."""
    return lambda done, total: step(before + records * done / total)
