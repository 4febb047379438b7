"""The pair: two conversations that start alike, which one is better, and how they came to differ. One JSON line each.

`chosen` and `rejected` are TRL's conversational preference format with an implicit prompt: both are lists of
`{"role", "content"}` that share their opening messages. Everything else stands under `music`.

`datasets` infers one schema from the first megabytes of a file and refuses what does not fit it later, nulls and empty
lists included. So every line has the same keys, no value is null, no list is empty, and marks are one string. `checks`
has an entry for each check of the plan on every line, `UNMADE` where the check is another dialogue's; the key is left out
where the plan has none.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes import data as codes
from musicc.runtime.llm.types import Message

REBUILD = "run `musicc build` again: it writes the file anew and repeats no call"


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """What happened at one turn, counted from 1; unprefixed fields tell of the rejected branch.

    `rule`: the contrast that was played, or `faithful`. `hidden`: the instruction that the reply secretly answers, ""
    where it answers what was said. `marks`: the faults that a reply was kept with (`Fault` of the plan). `shared`: both
    branches have the same two messages.
    """

    turn: int
    shared: bool
    rule: str
    hidden: str
    marks: tuple[str, ...]
    chosen_rule: str
    chosen_hidden: str
    chosen_marks: tuple[str, ...]

    @property
    def contrasted(self) -> bool:
        return self.rule != self.chosen_rule


@dataclass(frozen=True, slots=True)
class Models:
    """The served names of the models that spoke, joined by ", " where there are several, "" where none did."""

    user: str = ""
    assistant: str = ""
    contrast: str = ""


@dataclass(frozen=True, slots=True)
class Personas:
    """Which variant of each voice the row drew, counted from 1; 0 where there is none to draw."""

    user: int = 0
    assistant: int = 0


@dataclass(frozen=True, slots=True)
class CheckRecord:
    """What a check found: a word, a number (each gate's own), and what it came from, as one line of text."""

    passed: bool
    verdict: str
    score: float
    detail: str


UNMADE = CheckRecord(passed=True, verdict="unmade", score=0.0, detail="")


@dataclass(frozen=True, slots=True)
class Pair:
    """`context`: how many messages stand before turn 1; its user message is the next one. `plan`: the plan's digest.

    `dialogue`: the dialogue's name, `NAME.pairs` for a source's own pairs. `turns` has at least one record. `checks`: by
    the check's name.
    """

    id: str
    chosen: tuple[Message, ...]
    rejected: tuple[Message, ...]
    seed: str
    dialogue: str
    context: int
    turns: tuple[TurnRecord, ...]
    models: Models = Models()
    personas: Personas = Personas()
    plan: str = ""
    checks: Mapping[str, CheckRecord] = field(default_factory=dict)


def pair_id(chosen: Sequence[Message], rejected: Sequence[Message]) -> str:
    """16 hex digits of the content's hash."""
    content = [[[m["role"], m["content"]] for m in branch] for branch in (chosen, rejected)]
    return sha256(orjson.dumps(content)).hexdigest()[:16]


def to_line(pair: Pair) -> bytes:
    """The pair's line, line end included: equal pairs are equal bytes."""
    music: dict[str, object] = {
        "seed": pair.seed,
        "dialogue": pair.dialogue,
        "context": pair.context,
        "turns": [_turn_to_json(turn) for turn in pair.turns],
        "models": pair.models,
        "personas": pair.personas,
        "plan": pair.plan,
    }
    if pair.checks:
        music["checks"] = dict(pair.checks)
    line = {
        "id": pair.id,
        "chosen": [_plain(message) for message in pair.chosen],
        "rejected": [_plain(message) for message in pair.rejected],
        "music": music,
    }
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


def _plain(message: Message) -> dict[str, str]:
    return {"role": message["role"], "content": message["content"]}


def _turn_to_json(turn: TurnRecord) -> dict[str, object]:
    return {
        "turn": turn.turn,
        "shared": turn.shared,
        "rule": turn.rule,
        "hidden": turn.hidden,
        "marks": " ".join(turn.marks),
        "chosen_rule": turn.chosen_rule,
        "chosen_hidden": turn.chosen_hidden,
        "chosen_marks": " ".join(turn.chosen_marks),
    }


def read_pairs(path: Path) -> Iterator[Pair]:
    """The pairs of a file that `to_line` wrote, one at a time.

    Raises DiagnosticError at the first line that is not a pair (M482), and OSError where the file cannot be opened.
    """
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            yield _from_line(line, f"{path}:{number}")


def from_line(line: bytes) -> Pair:
    """The pair that `to_line` made a line of."""
    return _from_json(orjson.loads(line))


def _from_line(line: bytes, place: str) -> Pair:
    try:
        return from_line(line)
    except orjson.JSONDecodeError as error:
        reason = f"is not JSON: {error.msg}" if line.endswith(b"\n") else "breaks off"
    except (KeyError, TypeError, AttributeError) as error:
        reason = f"is not a pair: {_described(error)}"
    raise DiagnosticError(Diagnostic(codes.BROKEN_PAIRS, f"the line {reason}", at=place, help=REBUILD))


def _described(error: Exception) -> str:
    return f"it has no {error}" if isinstance(error, KeyError) else str(error)


def _from_json(value: dict[str, Any]) -> Pair:
    music = value["music"]
    return Pair(
        id=value["id"],
        chosen=tuple(_message(message) for message in value["chosen"]),
        rejected=tuple(_message(message) for message in value["rejected"]),
        seed=music["seed"],
        dialogue=music["dialogue"],
        context=music["context"],
        turns=tuple(_turn(turn) for turn in music["turns"]),
        models=Models(**music["models"]),
        personas=Personas(**music["personas"]),
        plan=music["plan"],
        checks={name: CheckRecord(**record) for name, record in music.get("checks", {}).items()},
    )


def _message(value: dict[str, str]) -> Message:
    return Message(role=value["role"], content=value["content"])


def _turn(value: dict[str, Any]) -> TurnRecord:
    marks, chosen_marks = tuple(value["marks"].split()), tuple(value["chosen_marks"].split())
    return TurnRecord(**(value | {"marks": marks, "chosen_marks": chosen_marks}))
