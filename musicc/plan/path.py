"""The critical path of a row: the calls that have to be made one after the other, however many slots there are."""

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import NamedTuple

from musicc.plan.document import Dialogue, Rule, Seeds, Step
from musicc.plan.edit import calls, judging
from musicc.plan.statistics import Statistics
from musicc.plan.turns import departs_at, first_voiced, reached


class Path(NamedTuple):
    """So many calls in a row, and about how long they take together."""

    seconds: float
    calls: int

    def then(self, other: "Path") -> "Path":
        return Path(self.seconds + other.seconds, self.calls + other.calls)


def critical_path(dialogue: Dialogue, seeds: Seeds, statistics: Statistics) -> Path:
    """The longest path of a row with the most turns. The branches run beside each other, the turns of one do not.

    Then the judges are asked, check by check; what one check asks of a pair is asked at once.
    """
    path = max(_branch(rules, dialogue, seeds, statistics) for rules in (dialogue.chosen, dialogue.rejected))
    return reduce(Path.then, (_one_by_one([gate.call], statistics) for _, gate in judging(dialogue)), path)


def _branch(rules: Sequence[Rule], dialogue: Dialogue, seeds: Seeds, statistics: Statistics) -> Path:
    last = dialogue.turns[1]
    owned = list(zip(rules, reached(rules, last), strict=True))
    voice = _longest((variant.steps for variant in dialogue.user.variants), statistics)
    path = Path(0.0, 0)
    for turn in range(1, last + 1):
        playing = (rule for rule, turns in owned if turn in turns and departs_at(rule, turn, seeds))
        options = [dialogue.faithful, *(option for rule in playing for option in rule.options if option.weight > 0)]
        path = path.then(_longest((option.steps for option in options), statistics))
        if turn >= first_voiced(dialogue.user, seeds):
            path = path.then(voice)
    return path


def _longest(alternatives: Iterable[Sequence[Step]], statistics: Statistics) -> Path:
    return max((_one_by_one(steps, statistics) for steps in alternatives), default=Path(0.0, 0))


def _one_by_one(steps: Sequence[Step], statistics: Statistics) -> Path:
    made = calls(steps)
    lengths = [statistics.reply(call.model, call.sampling.max_tokens) for call in made]
    return Path(sum(map(statistics.seconds, lengths)), len(made))
