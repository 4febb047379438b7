"""What finished pairs of a dialogue must pass: the part of a plan that gates.

A check has one gate. Gates of the first kind read one pair; `duplicates` and `longer` read all pairs that the build made
of the dialogue and that are left by then, in their order, once every row has ended. Words are what stands between white
space; of a branch only the assistant's replies from the first turn that departs are measured.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from musicc.plan.steps import Call, Document

Where: TypeAlias = Literal["chosen", "rejected", "both"]


class PairJudge(Document):
    """A judge reads both conversations as A and B; the pair passes where it prefers the chosen one.

    `verdicts`: the replies that count, for A, for B and, if there are three, for neither. `both_orders`: asked twice,
    with the places exchanged; orders that disagree are a tie. `call` writes the value `verdict`.
    """

    kind: Literal["pair_judge"] = "pair_judge"
    call: Call
    verdicts: tuple[str, ...]
    both_orders: bool


class TurnJudge(Document):
    """A judge reads one turn of one branch at a time: the conversation before it, what the user said, the reply.

    `verdicts`: the replies that count, for right, for wrong and, if there are three, for undecided. The pair passes
    where every turn of the chosen branch is right and every contrasted turn of the rejected one is wrong.
    """

    kind: Literal["turn_judge"] = "turn_judge"
    call: Call
    verdicts: tuple[str, ...]


class LengthRatio(Document):
    """Words of the chosen branch over words of the rejected one, from `low` to `high`."""

    kind: Literal["length_ratio"] = "length_ratio"
    low: float
    high: float


class Similarity(Document):
    """How alike the two replies of a contrasted turn are, 0 to 1, at most `most` in every such turn.

    `words`: the share of words that stand in both in one order; `ngrams`: common word trigrams over all of them.
    """

    kind: Literal["similarity"] = "similarity"
    measure: Literal["words", "ngrams"]
    most: float


class Pattern(Document):
    """`regex` is found in every reply of the branches (`wanted`), or in none."""

    kind: Literal["pattern"] = "pattern"
    regex: str
    wanted: bool
    where: Where = "both"


class Refusal(Document):
    """No reply of the branches refuses to help."""

    kind: Literal["refusal"] = "refusal"
    where: Where = "both"


class Leak(Document):
    """No reply of the rejected branch tells that it answers a hidden instruction, or which."""

    kind: Literal["leak"] = "leak"


class Language(Document):
    """Every reply of the branches is written in one of these languages (ISO 639-1)."""

    kind: Literal["language"] = "language"
    codes: tuple[str, ...]
    where: Where = "both"


class Duplicates(Document):
    """A pair that is like an earlier one, which is like none before it, fails.

    Alike: of the word trigrams of both conversations `least` or more (0 to 1) are in common (Jaccard), as in datasets.
    """

    kind: Literal["duplicates"] = "duplicates"
    least: float


class Longer(Document):
    """The share of pairs whose chosen branch has more words, of those whose branches differ in length, from `low` to `high`.

    Surplus pairs fail, the most lopsided first.
    """

    kind: Literal["longer"] = "longer"
    low: float
    high: float


Gate: TypeAlias = Annotated[
    PairJudge | TurnJudge | LengthRatio | Similarity | Pattern | Refusal | Leak | Language | Duplicates | Longer,
    Field(discriminator="kind"),
]


class Check(Document):
    """A pair that fails is drawn again `retries` times, only from what failed on; then it is dropped, or kept and marked.

    All checks are made anew on what was drawn again, in the plan's order, and none after the one that drops the pair.
    """

    name: str
    gate: Gate
    retries: int = 0
    then: Literal["drop", "mark"] = "drop"
