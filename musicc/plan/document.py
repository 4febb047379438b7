"""The plan: what the runtime executes, and all it needs to know. A pydantic document, one JSON file, no behaviour.

A dialogue's plan is a small program over one row, told by rule and not unrolled by turn: who speaks, which rules each
branch has, and for each alternative of a rule the steps that make the reply. The runtime draws a row's alternatives
and interprets the steps; it never looks at the spec.

Its parts lie in four files: what a turn does in `steps`, what finished pairs must pass in `checks`, what is mixed of
them in `datasets`, what is trained on them in `rewards`.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from musicc.plan.checks import Check
from musicc.plan.datasets import Dataset
from musicc.plan.rewards import Reward
from musicc.plan.steps import (
    ASSISTANT,
    Borrow,
    Call,
    Cut,
    Document,
    Parse,
    Recall,
    Sampling,
    Step,
    TemplateId,
)

__all__ = [
    "ASSISTANT",
    "FAITHFUL",
    "Access",
    "AnyOf",
    "Assistant",
    "Borrow",
    "Branch",
    "Call",
    "Check",
    "Cut",
    "Dataset",
    "Dialogue",
    "Document",
    "Edge",
    "Fault",
    "FileSource",
    "HubSource",
    "Model",
    "Option",
    "Parse",
    "Plan",
    "Policy",
    "Range",
    "Recall",
    "Reward",
    "Rule",
    "Sampling",
    "Seeds",
    "Step",
    "Template",
    "TemplateId",
    "User",
    "VoiceVariant",
    "When",
]

Branch: TypeAlias = Literal["chosen", "rejected"]
Edge: TypeAlias = int | Literal["last"]
Fault: TypeAlias = Literal["empty", "truncated", "unparsable", "role_leak", "hidden_leak", "repeated"]

FAITHFUL = "faithful"


class Access(Document):
    """How a model is reached. Changes nothing that is written, so it is no part of the plan's digest.

    `timeout` is in seconds, prices in USD per million tokens; `key` names an environment variable.
    """

    urls: tuple[str, ...] = ()
    key: str | None = None
    concurrency: int = 16
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    input_price: float | None = None
    output_price: float | None = None
    timeout: float = 600.0


class Model(Document):
    """An LLM. `served` (with `revision`) or the digest of `weights` is its identity in call keys."""

    served: str
    revision: str | None = None
    weights: str | None = None
    structured: bool = False
    seeded: bool = False
    context: int | None = None
    access: Access = Access()


class HubSource(Document):
    kind: Literal["hub"] = "hub"
    repository: str
    split: str
    revision: str | None = None
    config: str | None = None


class FileSource(Document):
    """`path` is relative to the spec's folder, or `std/…` for the standard library's data."""

    kind: Literal["file"] = "file"
    path: str


class Seeds(Document):
    origin: Annotated[HubSource | FileSource, Field(discriminator="kind")]
    context: Literal["first_user_turn", "prefix", "whole_prompt"]
    prefix: tuple[int, int] = (1, 1)
    take: int | None = None
    shuffle: bool = False
    field: str | None = None
    min_turns: int = 1
    max_chars: int | None = None


class Option(Document):
    """One alternative of a rule. `one_call` holds the steps that fusion may put in the place of `steps`.

    `needs_history`: where the user said nothing earlier in the branch, faithful is played in its place.
    """

    rule: str
    weight: float
    needs_history: bool = False
    steps: tuple[Step, ...]
    one_call: tuple[Step, ...] = ()


class Range(Document):
    kind: Literal["range"] = "range"
    first: Edge
    last: Edge


class AnyOf(Document):
    """`count` turns of each row, drawn among the turns without another rule."""

    kind: Literal["any"] = "any"
    count: int


class When(Document):
    measure: Literal["words", "chars"]
    comparison: Literal["<", "<=", ">", ">=", "==", "!="]
    bound: float


class Rule(Document):
    """On these turns one of `options` (weights sum to 1) is drawn per row and turn; where `when` fails, faithful."""

    turns: Annotated[Range | AnyOf, Field(discriminator="kind")]
    options: tuple[Option, ...]
    when: When | None = None


class VoiceVariant(Document):
    """`weight` of all variants sums to 1; one is drawn per row, the same for both branches."""

    weight: float
    steps: tuple[Call, ...]


class User(Document):
    """Who says the user's lines: the seed's own later user turns (`replay`), a voice, or first one and then the other.

    `variants` write the value `instruction`; there are none where no turn needs them. `shared`: both branches get the
    same utterance while they are one conversation; else the rejected one draws its own (`utterances = independent`).
    """

    replay: bool
    variants: tuple[VoiceVariant, ...] = ()
    shared: bool = False


class Policy(Document):
    retries: int
    then: Literal["quarantine", "mark"]


class Assistant(Document):
    """A variant of the assistant's system text; weights sum to 1, one is drawn per row for both branches."""

    weight: float
    system: TemplateId | None


class Dialogue(Document):
    """`departs`: the first turn at which the branches can differ; before it they are one conversation in every row.

    It is past the last turn where they never do (set by the sharing pass). `checks`: in the order that they are made.
    """

    name: str
    seeds: str
    turns: tuple[int, int]
    per_seed: int = 1
    user: User
    assistants: tuple[Assistant, ...]
    faithful: Option
    chosen: tuple[Rule, ...] = ()
    rejected: tuple[Rule, ...]
    replies: dict[Fault, Policy]
    departs: int = 1
    checks: tuple[Check, ...] = ()


class Template(Document):
    """Jinja text and the variables its place offers."""

    text: str
    variables: tuple[str, ...]


class Plan(Document):
    """`format` changes when the meaning of a field does; the runtime refuses other formats."""

    format: Literal[1] = 1
    spec: str
    profile: str | None
    seed: int
    models: dict[str, Model]
    templates: dict[TemplateId, Template]
    seeds: dict[str, Seeds]
    dialogues: tuple[Dialogue, ...]
    datasets: tuple[Dataset, ...] = ()
    rewards: tuple[Reward, ...] = ()
