"""What the rows of a plan come to: a line for each, and counts."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, TypeAlias

import orjson

from musicc.plan.document import Plan
from musicc.runtime.data.pairs import UNMADE, CheckRecord, Pair, to_line
from musicc.runtime.engine.checks.examine import Examined
from musicc.runtime.engine.checks.tally import count_row
from musicc.runtime.engine.conversation import Stage
from musicc.runtime.engine.local import Failed, Outcome
from musicc.runtime.engine.pairing import models_of
from musicc.runtime.engine.schedule import Row
from musicc.runtime.progress import Progress

Kind: TypeAlias = Literal["pairs", "quarantine", "dropped"]
Keep: TypeAlias = Callable[[Kind, int, bytes], None]


class Harvest:
    """Takes rows as they end: counts them in `progress`, and hands `keep` the line of each, its index and where it goes."""

    def __init__(self, plan: Plan, plan_digest: str, progress: Progress, keep: Keep) -> None:
        self.progress = progress
        self._digest = plan_digest
        self._keep = keep
        self._models = {dialogue.name: models_of(plan, dialogue) for dialogue in plan.dialogues}

    def finish(self, stage: Stage, row: Row, outcome: Outcome) -> None:
        """A row has ended."""
        self.progress.done += 1
        dialogue = stage.dialogue
        if isinstance(outcome, Failed):
            self.progress.failed[outcome.reason] += 1
            self._keep("quarantine", row.index, _failure(dialogue.name, row, outcome))
            return
        count_row(dialogue.checks, outcome, self.progress.checks)
        pair = self._pair(outcome)
        if outcome.dropped is not None:
            self.drop(outcome.dropped, row.index, pair)
            return
        self.progress.count(pair)
        self._keep("pairs", row.index, to_line(pair))

    def drop(self, check: str, index: int, pair: Pair) -> None:
        """A pair has not passed a check that keeps no such pair."""
        self.progress.dropped[check] += 1
        self._keep("dropped", index, to_line(pair))

    def _pair(self, examined: Examined) -> Pair:
        pair, found = examined.pair, examined.findings
        records: dict[str, CheckRecord] = dict.fromkeys(self.progress.checks, UNMADE)
        records |= {name: finding.record() for name, finding in found.items()}
        return replace(pair, models=self._models[pair.dialogue], plan=self._digest, checks=records)


def _failure(dialogue: str, row: Row, failed: Failed) -> bytes:
    line = {"id": row.id, "seed": row.seed.id, "dialogue": dialogue, "reason": failed.reason, "message": failed.message}
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)
