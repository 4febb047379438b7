"""From records to examples. Each record is looked at before a model is loaded; what cannot be trained on is left out,
counted by reason, and told of with its place."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from musicc.diagnostics import Code, Diagnostic
from musicc.diagnostics.codes import reward_data as codes
from musicc.diagnostics.words import counted
from musicc.runtime.data.conversation import Conversation, UnfitError
from musicc.runtime.data.pairs import pair_id
from musicc.runtime.data.records import Item, Record
from musicc.runtime.data.schemas import pair_of, seed_id, shared_opening
from musicc.runtime.data.source import Report
from musicc.runtime.reward.columns import Columns, NumberError, Origin
from musicc.runtime.reward.types import Example

DUPLICATE = "duplicate"
TOLD = 20  # problems that are told in full


class Reason(NamedTuple):
    """Why a pair is left out. `word` follows its count: 8 identical."""

    code: Code
    word: str
    help: str = ""


_SCHEMAS = "a pair has `chosen` and `rejected`: lists of messages, transcripts, or replies to a `prompt`"
_PATH = "mend the record, or the path in the spec: dots lead into what lies within a column"
_REASONS: Mapping[str, Reason] = {
    "columns": Reason(codes.NO_PAIR, "unreadable", _SCHEMAS),
    "empty": Reason(codes.EMPTY, "empty"),
    "message": Reason(codes.BAD_MESSAGE, "with an unusable message"),
    "order": Reason(codes.NOT_ALTERNATING, "not alternating"),
    "end": Reason(codes.ENDS_WITH_USER, "ending with the user"),
    "equal": Reason(codes.IDENTICAL, "identical"),
    "margin": Reason(codes.BAD_MARGIN, "without a margin", _PATH),
    "weight": Reason(codes.BAD_WEIGHT, "without a weight", _PATH),
}


class Sieve:
    """Lets through the examples of records, and keeps count of the others: `read` records, `dropped` by reason.

    The first problems are reported in full, of the rest a number for each code. `first` is the first of all.
    """

    def __init__(self, columns: Columns, report: Report) -> None:
        self._columns, self._report = columns, report
        self._untold: Counter[Code] = Counter()
        self._told = self.read = 0
        self.dropped: Counter[str] = Counter()
        self.first: Diagnostic | None = None

    def examples(self, items: Iterable[Item], source: str, field: str | None = None) -> Iterator[Example]:
        """`source`: what pairs of no build are called the pairs of. `field`: the column of the prompt, if it is named."""
        for item in items:
            self.read += 1
            if isinstance(item, Diagnostic):
                self._leave_out("columns", item.message, str(item.at))
                continue
            try:
                yield example_of(item, self._columns, source, field)
            except (UnfitError, NumberError) as fault:
                self._leave_out(fault.flaw, str(fault), item.place)

    def once(self, examples: Iterable[Example]) -> Iterator[Example]:
        """Of pairs with the same text, the first."""
        known: set[str] = set()
        for example in examples:
            content = pair_id(example.chosen, example.rejected)
            if content in known:
                self.dropped[DUPLICATE] += 1
            else:
                known.add(content)
                yield example

    def sum_up(self, name: str) -> None:
        """Reports, for each code, how many more there were in the data called `name`."""
        for code, count in self._untold.items():
            more = f"{counted(count, 'more record')} {'was' if count == 1 else 'were'} left out for this reason"
            self._report(Diagnostic(code, more, at=name))

    def _leave_out(self, flaw: str, message: str, place: str) -> None:
        code, word, help_ = _REASONS[flaw]
        self.dropped[word] += 1
        problem = Diagnostic(code, message, at=place, help=help_)
        self.first = self.first or problem
        if self._told < TOLD:
            self._told += 1
            self._report(problem)
        else:
            self._untold[code] += 1


def example_of(record: Record, columns: Columns, source: str, field: str | None = None) -> Example:
    """The pair of a record, with what its build wrote of it. Raises UnfitError or NumberError."""
    chosen, rejected = pair_of(record.value, field)
    origin = Origin.of(record.value) or Origin(pair_id(chosen, rejected), _seed(chosen, rejected), source, ())
    contrasted = len(origin.rules)
    return Example(
        place=record.place,
        id=origin.id,
        chosen=chosen,
        rejected=rejected,
        seed=origin.seed,
        source=origin.dialogue,
        rules=tuple(sorted(set(origin.rules))),
        contrasted=contrasted,
        turns=max(_turns(chosen), _turns(rejected)),
        margin=columns.margin_of(record.value, contrasted),
        weight=columns.weight_of(record.value),
    )


def _turns(conversation: Conversation) -> int:
    return sum(message["role"] == "assistant" for message in conversation)


def _seed(chosen: Conversation, rejected: Conversation) -> str:
    """That of what both open with, as where seeds are read; else of what chosen's user asks first."""
    try:
        return seed_id(shared_opening(chosen, rejected))
    except UnfitError:
        return seed_id(chosen[: 1 + (chosen[0]["role"] == "system")])
