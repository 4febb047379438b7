"""One turn of one branch: while it is played, and what stays of it."""

from dataclasses import dataclass, field

from musicc.plan.document import Fault


@dataclass(frozen=True, slots=True)
class Played:
    """What one branch did at one turn. `shared`: both messages are the chosen branch's."""

    turn: int
    rule: str
    hidden: str | None
    shared: bool
    marks: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message. Those of the chosen branch are on their way to the rejected one."""

    text: str
    marks: tuple[Fault, ...]


@dataclass
class Turn:
    """The named values that the steps of one turn read and write, and what the replies were marked with.

    `together`: this branch and the chosen one are still one conversation, and the chosen one's reply is faithful.
    `take`: which retake its replies are drawn under, 0 for what is drawn first.
    """

    number: int
    together: bool
    take: int
    values: dict[str, str]
    marks: list[Fault] = field(default_factory=list)
