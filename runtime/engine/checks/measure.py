"""What gates read of a pair: of each branch the assistant's replies, from the first turn on that departs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from musicc.plan.checks import Where
from musicc.plan.document import Branch
from musicc.runtime.data.pairs import Pair, TurnRecord
from musicc.runtime.llm.types import Message

Longer: TypeAlias = Literal["chosen", "rejected", "equal"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn of one branch: what was said before it, what the user says, what the assistant replies."""

    branch: Branch
    record: TurnRecord
    before: Sequence[Message]
    instruction: str
    reply: str

    @property
    def turn(self) -> int:
        return self.record.turn

    @property
    def rule(self) -> str:
        return self.record.rule if self.branch == "rejected" else self.record.chosen_rule

    @property
    def hidden(self) -> str:
        return self.record.hidden if self.branch == "rejected" else self.record.chosen_hidden


def exchanges(pair: Pair, branch: Branch) -> list[Exchange]:
    """All turns of a branch."""
    messages = pair.chosen if branch == "chosen" else pair.rejected
    return [_exchange(pair, branch, messages, record) for record in pair.turns]


def _exchange(pair: Pair, branch: Branch, messages: Sequence[Message], record: TurnRecord) -> Exchange:
    at = pair.context + 2 * (record.turn - 1)
    return Exchange(branch, record, messages[:at], messages[at]["content"], messages[at + 1]["content"])


def departed(pair: Pair, branch: Branch) -> list[Exchange]:
    """The turns of a branch from the first one on that is not shared."""
    return exchanges(pair, branch)[departure(pair) - 1 :]


def departure(pair: Pair) -> int:
    """The first turn that is not shared."""
    return next((record.turn for record in pair.turns if not record.shared), 1)


def contrast(pair: Pair) -> TurnRecord:
    """The first contrasted turn; where none is, the one that departs first."""
    at = departure(pair)
    return next((record for record in pair.turns if record.contrasted), pair.turns[at - 1])


def in_branches(pair: Pair, where: Where) -> list[Exchange]:
    """The departed turns of these branches."""
    branches: tuple[Branch, ...] = ("chosen", "rejected") if where == "both" else (where,)
    return [one for branch in branches for one in departed(pair, branch)]


def words(pair: Pair, branch: Branch) -> int:
    """How many words the replies have: what stands between white space."""
    messages = pair.chosen if branch == "chosen" else pair.rejected
    first = pair.context + 2 * departure(pair) - 1
    return sum(len(message["content"].split()) for message in messages[first::2])


def runs(words: Sequence[str], length: int) -> set[tuple[str, ...]]:
    """Every run of so many words; none where they are fewer."""
    return {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}


def longer(pair: Pair) -> Longer:
    """Which branch has more words."""
    chosen, rejected = words(pair, "chosen"), words(pair, "rejected")
    return "equal" if chosen == rejected else "chosen" if chosen > rejected else "rejected"
