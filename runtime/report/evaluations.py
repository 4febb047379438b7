"""What an eval found, as it stands in `eval/NAME/results.json`, in tables and in the report.

Every interval is of 95 %, over seeds or prompts that are drawn anew, and None where there are too few to tell.
"""

from collections.abc import Iterable
from typing import Any, Literal, TypeAlias, TypedDict

from musicc.runtime.report.metrics import Difference, Metrics, Spread

Interval: TypeAlias = list[float] | None


class Share(TypedDict):
    """A share of `of` items; None of nothing."""

    share: float | None
    interval: Interval
    of: int


class Head(TypedDict):
    """What every eval says of itself.

    `eval`: its declaration in the plan. `rewards`: of each reward model its `folder`, the `identity` of its weights and the
    `precision` that it scored in.
    `digests`: SHA-256 of the files that were read, by path.
    """

    musicc: str
    name: str
    kind: Literal["scored", "best_of_n"]
    spec: str
    profile: str | None
    plan: str
    eval: dict[str, Any]
    rewards: dict[str, dict[str, str]]
    digests: dict[str, str]


class FirstDivergence(TypedDict):
    """At which turn a reward model begins to prefer the chosen conversation, of pairs that differ before their last turn.

    Both conversations are cut after the same turn and scored; turns are counted from the first one that differs, which is
    0. `at_once`: the share that prefers the chosen one there. `by_turn`: the share after so many further turns.
    `begins`: at how many pairs the preference begins at that turn and lasts to the end; `never` is one of the keys.
    """

    pairs: int
    at_once: Share
    by_turn: dict[str, Share]
    begins: dict[str, int]


class TurnRewards(TypedDict):
    """Rewards of conversations that are cut after this turn (from 1): of `conversations`, chosen and rejected ones."""

    turn: int
    conversations: int
    chosen: Spread
    rejected: Spread


OF_ONE = "labels of "
"""What the name of one annotator begins with."""


class Agreement(TypedDict):
    """Two who say which conversation is better: `construction` (the chosen one), `judge`, `labels` (of the majority, and of
    each annotator where there are several), or a reward model.

    Over the `items` that both of them decide; `ties` and `unread` are those that one of them does not decide.
    `kappa`: Cohen 1960. It is None where both always say the same one.
    """

    first: str
    second: str
    items: int
    agree: Share
    kappa: float | None
    interval: Interval
    ties: int
    unread: int


class Subset(TypedDict):
    """`weight`: its part in its section, as a count."""

    score: float
    count: int
    weight: float


class Section(TypedDict):
    """The mean of its subsets by their weights, 0 to 1."""

    score: float
    interval: Interval
    subsets: dict[str, Subset]


class Benchmarked(TypedDict):
    """A benchmark's own figures. `matrix`: RM-Bench's accuracies, rows: the chosen style, columns: the rejected one.

    `missing`: subsets that it has and that no comparison was of. The figures are of the others alone.
    """

    format: str
    missing: list[str]
    total: float
    interval: Interval
    sections: dict[str, Section]
    matrix: list[list[float]] | None


class LengthBias(TypedDict):
    """What length has to do with it, of the pairs that differ in their words.

    `longer`: how often the longer conversation has the higher reward, a half where both have the same.
    `chosen_longer`: the accuracy on pairs whose chosen conversation is the longer one; `chosen_shorter`: on the others.
    Who looks at length alone has 1 and 0 there, or 0 and 1.
    """

    longer: Share
    chosen_longer: Share
    chosen_shorter: Share


class Scorer(TypedDict):
    """A reward model or a baseline. The last two are of reward models; `benchmark` is None without one."""

    metrics: Metrics
    length: LengthBias
    benchmark: Benchmarked | None
    divergence: FirstDivergence | None
    by_turn: list[TurnRewards]


class ScoredResults(Head):
    """`left_out`: records that could not be scored, by reason. `baselines`: `longer`, `shorter` and `random`.

    `differences`: the first reward model minus each other one, by the other's name. `verdicts`: of the judge, by verdict;
    None without one.
    """

    pairs: int
    left_out: dict[str, int]
    scorers: dict[str, Scorer]
    baselines: dict[str, Scorer]
    differences: dict[str, Difference]
    agreement: list[Agreement]
    verdicts: dict[str, int] | None


def are_many_unread(unread: int, asked: int) -> bool:
    """Whether so many of the verdicts that were asked for could not be read that ties say little of what was judged."""
    return unread > asked / 10


class Comparison(TypedDict):
    """The conversations of `first` against those of `second`, both with this `n`.

    `rate`: wins and half of the ties, of all prompts that were judged. `controlled`: the same where both were equally long
    (Dubois et al. 2024, arXiv 2404.04475), None where it cannot be told. `p`: of the sign test on wins and losses, two-sided.
    `unread`: the judge's reply could not be read in one order at least; they count as ties. `equal`: both conversations are
    the same, a tie that nobody is asked about. `words`: of an assistant's side, mean, first and second.
    """

    n: int
    first: str
    second: str
    prompts: int
    wins: int
    ties: int
    losses: int
    unread: int
    equal: int
    rate: Share
    controlled: Share | None
    p: float | None
    words: list[float]


def unread(comparisons: Iterable[Comparison]) -> tuple[int, int]:
    """How many verdicts could not be read, and how many were asked for."""
    counts = [(one["unread"], one["prompts"] - one["equal"]) for one in comparisons]
    return sum(unread for unread, _ in counts), sum(asked for _, asked in counts)


class Played(TypedDict):
    """Conversations of one contestant with one `n`. `reward`: of what it picked, None for selectors.

    `picked`: how often the candidate of each place was picked. `words`: of all replies of a conversation, mean.
    """

    contestant: str
    n: int
    conversations: int
    words: float
    reward: Spread | None
    picked: list[int]


class BestOfNResults(Head):
    """`comparisons`: overall, and under `by_source` those of the prompts of each source. `failed`: prompts left out, by reason.

    `usage`: calls and tokens of each model, whoever paid for them; equal runs have equal ones.
    """

    prompts: int
    failed: dict[str, int]
    comparisons: list[Comparison]
    by_source: dict[str, list[Comparison]]
    played: list[Played]
    usage: dict[str, dict[str, int]]


Results: TypeAlias = ScoredResults | BestOfNResults
