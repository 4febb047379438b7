"""Examples as tokens: both conversations of each pair, no longer than a model reads, and never cut where the reply stands."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple, TypeAlias

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes import reward_data as codes
from musicc.diagnostics.words import counted
from musicc.plan.rewards import Overlong
from musicc.runtime.data.conversation import Conversation
from musicc.runtime.data.source import Report
from musicc.runtime.reward.template import Renderer
from musicc.runtime.reward.trees import shared_prefix
from musicc.runtime.reward.types import Example, TokenPair

TOO_LONG, IDENTICAL, IDENTICAL_CUT = "too long", "identical", "identical once cut"
_AT_ONCE = 512  # examples whose texts are in memory at once
_NAMED = 5  # pairs that an error names

_Numbered: TypeAlias = Mapping[int, TokenPair]


@dataclass(frozen=True, slots=True)
class Tokenised:
    """Pairs in the order of their examples. `dropped`: those left out, by reason; `cut`: those without their oldest turns.

    `tokens`: of both conversations of all pairs, what they share counted twice.
    """

    pairs: list[TokenPair]
    dropped: Counter[str]
    cut: int
    tokens: int

    @property
    def ends(self) -> set[int]:
        """The last tokens of conversations (`padding.pad_token`)."""
        return {side[-1] for pair in self.pairs for side in (pair.chosen, pair.rejected)}


class _Sides(NamedTuple):
    """An example, and what is read of its conversations."""

    example: Example
    chosen: Conversation
    rejected: Conversation


def tokenised(
    examples: Sequence[Example], renderer: Renderer, max_length: int, overlong: Overlong, report: Report
) -> Tokenised:
    """The examples whose conversations both have at most `max_length` tokens (tokens are `array("i")`).

    Of longer ones, `left` removes whole exchanges, the oldest first and of both conversations alike, until both fit; a
    system message stays, and the last exchange. The example of such a pair is the whole one, and so is its margin. What
    does not fit is left out and counted, and `report` hears of it. Pairs whose tokens are equal are left out as well.

    Raises DiagnosticError for the first of the longer ones if they are an `error` (M623), where no pair is left of any
    examples (M624), and where the chat template fails (M621).
    """
    pairs = dict(enumerate(_read([_Sides(one, one.chosen, one.rejected) for one in examples], renderer)))
    long = {number: pair for number, pair in pairs.items() if length(pair) > max_length}
    if long and overlong == "error":
        raise DiagnosticError(_refused(list(long.values()), max_length))
    cut = _cut(long, renderer, max_length) if overlong == "left" else {}
    found = _sifted(pairs | cut, cut, max_length)
    if pairs and not found.pairs:
        raise DiagnosticError(_nothing(list(pairs.values()), found.dropped, max_length, overlong))
    if long:
        report(_told(list(long.values()), found.cut, len(pairs), max_length, overlong))
    return found


def length(pair: TokenPair) -> int:
    """The tokens of the longer conversation."""
    return max(len(pair.chosen), len(pair.rejected))


def _read(pairs: Sequence[_Sides], renderer: Renderer) -> list[TokenPair]:
    found: list[TokenPair] = []
    for start in range(0, len(pairs), _AT_ONCE):
        part = pairs[start : start + _AT_ONCE]
        texts = [renderer.text(side, one.example.place) for one in part for side in (one.chosen, one.rejected)]
        ids = renderer.encode(texts)
        sides = zip(part, ids[::2], ids[1::2], strict=True)
        found += [
            TokenPair(one.example, chosen, rejected, shared_prefix(chosen, rejected)) for one, chosen, rejected in sides
        ]
    return found


# Too long


def _cut(long: _Numbered, renderer: Renderer, max_length: int) -> dict[int, TokenPair]:
    """Those that fit without their oldest exchanges. In each round, all that do not fit yet lose one more."""
    fitting: dict[int, TokenPair] = {}
    left = {number: pair.example for number, pair in long.items()}
    for exchanges in count(1):
        left = {number: example for number, example in left.items() if _exchanges(example) > exchanges}
        if not left:
            break
        read = _read([_without(example, exchanges) for example in left.values()], renderer)
        fitting |= {number: pair for number, pair in zip(left, read, strict=True) if length(pair) <= max_length}
        left = {number: example for number, example in left.items() if number not in fitting}
    return fitting


def _exchanges(example: Example) -> int:
    """Of the shorter conversation."""
    return min(sum(message["role"] == "assistant" for message in side) for side in (example.chosen, example.rejected))


def _without(example: Example, exchanges: int) -> _Sides:
    return _Sides(example, _later(example.chosen, exchanges), _later(example.rejected, exchanges))


def _later(conversation: Conversation, exchanges: int) -> Conversation:
    """Without so many of its oldest exchanges."""
    head = int(conversation[0]["role"] == "system")
    return conversation[:head] + conversation[head + 2 * exchanges :]


def _sifted(pairs: _Numbered, cut: _Numbered, max_length: int) -> Tokenised:
    kept: dict[int, TokenPair] = {}
    dropped: Counter[str] = Counter()
    for number, pair in pairs.items():
        if length(pair) > max_length:
            dropped[TOO_LONG] += 1
        elif pair.chosen == pair.rejected:
            dropped[IDENTICAL_CUT if number in cut else IDENTICAL] += 1
        else:
            kept[number] = pair
    tokens = sum(len(pair.chosen) + len(pair.rejected) for pair in kept.values())
    return Tokenised(list(kept.values()), dropped, len(kept.keys() & cut.keys()), tokens)


# What is said of it


def _told(long: Sequence[TokenPair], cut: int, of: int, max_length: int, overlong: Overlong) -> Diagnostic:
    longest = max(long, key=length)
    done = f"{cut:,} lost their oldest turns, {len(long) - cut:,} left out" if overlong == "left" else "left out"
    message = f"{len(long):,} of {counted(of, 'pair')} longer than `max_length = {max_length}`: {done}"
    instead = "" if overlong == "left" else "; with `overlong = left`, pairs lose their oldest turns instead"
    help_ = f"the longest takes {length(longest):,} tokens{instead}"
    return Diagnostic(codes.OVERLONG_LEFT_OUT, message, at=longest.example.place, help=help_)


def _refused(long: Sequence[TokenPair], max_length: int) -> list[Diagnostic]:
    def fault(number: int, pair: TokenPair) -> Diagnostic:
        more = f"; {len(long) - _NAMED:,} more pairs are too long as well" if number == _NAMED < len(long) else ""
        message = f"the pair takes {length(pair):,} tokens, more than `max_length = {max_length}`{more}"
        help_ = "write a larger `max_length`, or `overlong = drop` or `left`"
        return Diagnostic(codes.OVERLONG, message, at=pair.example.place, help=help_)

    return [fault(number, pair) for number, pair in enumerate(long[:_NAMED], 1)]


def _nothing(pairs: Sequence[TokenPair], dropped: Counter[str], max_length: int, overlong: Overlong) -> Diagnostic:
    reasons = ", ".join(f"{many:,} {reason}" for reason, many in dropped.most_common())
    shortest, longest = (pick(map(length, pairs)) for pick in (min, max))
    message = f"of {counted(len(pairs), 'pair')} none is left with `max_length = {max_length}`: {reasons}"
    cut = "" if overlong == "left" else ", or `overlong = left`, which keeps each pair's last turns"
    help_ = f"the shortest takes {shortest:,} tokens, the longest {longest:,}: write a larger `max_length`{cut}"
    return Diagnostic(codes.NOTHING_FITS, message, help=help_ if longest > max_length else "")
