"""How far a build is, read from what it has done; nothing reports to it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from musicc.plan.cost import known_sum
from musicc.plan.document import Model, Plan
from musicc.runtime.data.pairs import Pair
from musicc.runtime.engine.caller import Tally
from musicc.runtime.engine.checks.measure import Longer, longer
from musicc.runtime.engine.checks.tally import CheckTally, Facts

_COUNTERS = ("failed", "marked", "played", "longer", "dropped")


@dataclass
class Progress:
    """Counts of a running build. `expected_calls` is an estimate for the whole build, shared calls counted once.

    `retries` are attempts beyond the first of a call, by model; servers that are overloaded cause them.
    """

    models: Mapping[str, Model]
    tallies: Mapping[str, Tally]
    rows: int
    expected_calls: float
    done: int = 0
    retries: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)  # rows by reason
    marked: Counter[str] = field(default_factory=Counter)  # kept replies by fault
    played: Counter[str] = field(default_factory=Counter)  # turns of rejected branches by rule
    longer: Counter[Longer] = field(default_factory=Counter)  # pairs by the branch that has more words
    dropped: Counter[str] = field(default_factory=Counter)  # pairs by the check that they did not pass
    checks: Mapping[str, CheckTally] = field(default_factory=dict)

    @classmethod
    def start(cls, plan: Plan, rows: int, expected_calls: float) -> "Progress":
        """The progress of a build before its first call."""
        tallies = {name: Tally() for name in plan.models}
        checks = {check.name: CheckTally() for dialogue in plan.dialogues for check in dialogue.checks}
        return cls(plan.models, tallies, rows, expected_calls, checks=checks)

    def count(self, pair: Pair, by: int = 1) -> None:
        """A row has become a pair that is kept; with -1, it is not kept after all."""
        for turn in pair.turns:
            for mark in turn.marks if turn.shared else (*turn.marks, *turn.chosen_marks):
                self.marked[mark] += by
            self.played[turn.rule] += by
        self.longer[longer(pair)] += by

    def counts(self) -> Facts:
        """What was counted of rows, as JSON values."""
        return {
            "done": self.done,
            "counters": {name: getattr(self, name) for name in _COUNTERS},
            "tallies": {name: asdict(tally) for name, tally in self.tallies.items()},
            "checks": {name: tally.counts() for name, tally in self.checks.items()},
        }

    def add(self, counts: Facts) -> None:
        """Other rows of the plan have ended, and this was counted of them."""
        self.done += counts["done"]
        for name in _COUNTERS:
            getattr(self, name).update(counts["counters"][name])
        for name, tally in self.tallies.items():
            tally.add(Tally(**counts["tallies"][name]))
        for name, check in self.checks.items():
            check.add(counts["checks"][name])

    @property
    def pairs(self) -> int:
        """Those kept, of the rows that have ended."""
        return self.done - self.failed.total() - self.dropped.total()

    @property
    def made(self) -> int:
        return sum(tally.made for tally in self.tallies.values())

    @property
    def reused(self) -> int:
        return sum(tally.reused for tally in self.tallies.values())

    @property
    def prompt_tokens(self) -> int:
        return sum(tally.prompt_tokens for tally in self.tallies.values())

    @property
    def completion_tokens(self) -> int:
        return sum(tally.completion_tokens for tally in self.tallies.values())

    @property
    def spent(self) -> float | None:
        """USD in this run; None where no model has a price."""
        return known_sum(
            cost(self.models[name], tally.prompt_tokens, tally.completion_tokens)
            for name, tally in self.tallies.items()
        )


@dataclass(frozen=True, slots=True)
class Away:
    """Calls that are in batches at providers: so many `calls`, of which `done` are dealt with.

    `rounds` is how often this run has handed calls in; the next look is taken in `look` seconds.
    """

    rounds: int
    batches: int
    calls: int
    done: int
    look: float


@dataclass(frozen=True)
class Sum:
    """The builds of one run, told as one. `away`: what is in batches, where calls are made so."""

    parts: Sequence[Progress]
    away: Callable[[], Away] | None = None

    @property
    def pulse(self) -> object:
        """It changes whenever a row goes on or a call is answered."""
        return self.done, self.made, self.reused

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts)

    @property
    def expected_calls(self) -> float:
        return sum(part.expected_calls for part in self.parts)

    @property
    def done(self) -> int:
        return sum(part.done for part in self.parts)

    @property
    def retries(self) -> Counter[str]:
        return sum((part.retries for part in self.parts), Counter())

    @property
    def failed(self) -> Counter[str]:
        return sum((part.failed for part in self.parts), Counter())

    @property
    def dropped(self) -> Counter[str]:
        return sum((part.dropped for part in self.parts), Counter())

    @property
    def made(self) -> int:
        return sum(part.made for part in self.parts)

    @property
    def reused(self) -> int:
        return sum(part.reused for part in self.parts)

    @property
    def prompt_tokens(self) -> int:
        return sum(part.prompt_tokens for part in self.parts)

    @property
    def completion_tokens(self) -> int:
        return sum(part.completion_tokens for part in self.parts)

    @property
    def spent(self) -> float | None:
        return known_sum(part.spent for part in self.parts)


def cost(model: Model, prompt_tokens: int, completion_tokens: int) -> float | None:
    """USD for so many tokens; None where the model has no price."""
    access = model.access
    if access.input_price is None or access.output_price is None:
        return None
    return (prompt_tokens * access.input_price + completion_tokens * access.output_price) / 1e6
