"""What happens in a turn: the part of a plan that makes a reply.

Steps write named values of the turn: `instruction` is what the user said, `hidden` the instruction that the assistant
really answers, `reply` the assistant's message. Every option ends with a step that writes `reply`.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

TemplateId: TypeAlias = str

ASSISTANT = "@assistant"


class Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sampling(Document):
    """Sent with the call as it stands here, nothing is left to the server."""

    temperature: float
    top_p: float
    max_tokens: int
    stop: tuple[str, ...] = ()


class Call(Document):
    """Ask `model` for a reply.

    Messages: the system text, if any; the conversation so far as chat messages (`chat`; `swapped`: with the roles
    exchanged, for a user voice; `none`: left out); then one user message: the template `ask`, or a value of the turn.
    `fields`: the reply is structured, and a Parse follows. `shares`: in the rejected branch, while both are still one
    conversation and the chosen one stays faithful at this turn, the value is that one's reply and no call is made (set
    by the sharing pass). `system` may be ASSISTANT: the system text of the assistant variant that the row drew.
    """

    op: Literal["call"] = "call"
    out: str
    model: str
    sampling: Sampling
    system: TemplateId | None = None
    history: Literal["chat", "swapped", "none"] = "chat"
    ask: TemplateId | None = None
    say: Literal["instruction", "hidden"] | None = None
    fields: tuple[str, ...] = ()
    shares: bool = False


class Parse(Document):
    """Take the value `of` apart into its fields: `instruction` becomes the value `hidden`, `answer` becomes `reply`."""

    op: Literal["parse"] = "parse"
    of: str
    fields: tuple[str, ...]


class Borrow(Document):
    """`hidden` is the opening instruction of another seed of the same source, drawn per row and turn."""

    op: Literal["borrow"] = "borrow"


class Recall(Document):
    """`hidden` is an instruction of an earlier turn of the branch, drawn per row and turn."""

    op: Literal["recall"] = "recall"


class Cut(Document):
    """`reply` is the value `of`, cut to a share of its words drawn from `keep`."""

    op: Literal["cut"] = "cut"
    of: str
    keep: tuple[float, float]


Step: TypeAlias = Annotated[Call | Parse | Borrow | Recall | Cut, Field(discriminator="op")]
