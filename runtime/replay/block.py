"""What a worker answers for a block of rows: a line of JSON that says what is in it, then the lines of the rows."""

from asyncio import IncompleteReadError, StreamReader
from dataclasses import dataclass, field
from typing import TypeAlias

import orjson

from musicc.runtime.engine.checks.tally import Facts
from musicc.runtime.harvest import Kind

Line: TypeAlias = tuple[Kind, int, bytes]


@dataclass(slots=True)
class Block:
    """`lines`: where the line of a row goes, its index, and the line itself. `counts` are those of a Progress.

    `missed`: how many rows need a call that the store has not the reply of; nothing else is told of them.
    """

    counts: Facts
    missed: int = 0
    lines: list[Line] = field(default_factory=list)

    def encode(self) -> bytes:
        sizes = [(kind, index, len(line)) for kind, index, line in self.lines]
        head = {"counts": self.counts, "missed": self.missed, "lines": sizes}
        return b"".join((orjson.dumps(head), b"\n", *(line for _, _, line in self.lines)))


async def read_block(answers: StreamReader) -> Block | None:
    """The next block; None when the worker has died, and what it was about to say is lost."""
    try:
        head = orjson.loads(await answers.readline())
        lines = [(kind, index, await answers.readexactly(size)) for kind, index, size in head["lines"]]
    except (IncompleteReadError, ValueError):
        return None
    return Block(head["counts"], head["missed"], lines)
