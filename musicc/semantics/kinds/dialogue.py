"""`dialogue`: seeds, two voices, a number of turns, and the rules by which the branches part."""

from musicc.diagnostics import Note
from musicc.diagnostics.codes import rules as codes
from musicc.semantics.module import Contrast, Dialogue, Fault, Policy, Rule, Sampling, Seeds, Voice
from musicc.semantics.quantities import Interval, count
from musicc.semantics.reader import Reader
from musicc.semantics.rules import check_branch
from musicc.semantics.schema import Fields, FieldSpec, Record, Schema, table
from musicc.semantics.shapes import Named, Word
from musicc.semantics.turns import MOST_TURNS, Read, read_branch
from musicc.semantics.voices import PolicyShape, UserVoice, VoiceOn, resolved
from musicc.syntax.tree import TurnRule

REPLIES: dict[Fault, tuple[Policy, str]] = {
    "empty": (Policy(2, "quarantine"), "a reply without words"),
    "truncated": (Policy(1, "mark"), "a reply that was cut off at `max_tokens`"),
    "unparsable": (Policy(3, "quarantine"), "a contrast's reply that cannot be taken apart"),
    "role_leak": (Policy(2, "quarantine"), "a reply that goes on with the other side's line"),
    "hidden_leak": (Policy(2, "quarantine"), "a reply that gives the hidden instruction away"),
    "repeated": (Policy(2, "mark"), "a user's message that was said before"),
}
REPLY_POLICIES = Record(
    table(*(FieldSpec(name, PolicyShape(), doc, default=policy) for name, (policy, doc) in REPLIES.items())),
    lambda **policies: policies,
)
FIELDS = table(
    FieldSpec("seeds", Named(("seeds",)), "where the conversations start", required=True),
    FieldSpec("user", UserVoice(), "`replay`, a persona on a model, or `replay then` one", required=True),
    FieldSpec("assistant", VoiceOn("assistant"), "a persona on a model", required=True),
    FieldSpec("turns", Interval(count(1, MOST_TURNS), single=True), "exchanges to write: `5`, or `3..7` drawn per row", required=True),
    FieldSpec("per_seed", count(1, 10_000), "rows of each seed", default=1),
    FieldSpec(
        "utterances",
        Word(("shared", "independent")),
        "whether the branches share the user's lines while they are one conversation",
        default="shared",
    ),
    FieldSpec(
        "replies",
        REPLY_POLICIES,
        "what becomes of bad replies: `retry(2)`, `retry(2) then mark`, `mark` or `quarantine`",
        default={name: policy for name, (policy, _) in REPLIES.items()},
    ),
)


def build(fields: Fields, reader: Reader) -> Dialogue | None:
    chosen = read_branch(fields.block("chosen"), reader)
    rejected = read_branch(fields.block("rejected"), reader)
    _check_rules(chosen, rejected, fields, reader)
    _check_zero(rejected, fields, reader)
    if not reader.sound:
        return None
    return Dialogue(
        name=fields.name.text,
        span=fields.name.span,
        chosen=_rules(chosen),
        rejected=_rules(rejected),
        **fields.values,
    )


def _rules(rules: tuple[Read, ...]) -> tuple[Rule, ...]:
    return tuple(read.rule() for read in rules)


def _check_rules(chosen: tuple[Read, ...], rejected: tuple[Read, ...], fields: Fields, reader: Reader) -> None:
    seeds: Seeds | None = fields.get("seeds")
    turns: tuple[int, int] | None = fields.get("turns")
    context = seeds.context if seeds else None
    if turns:
        check_branch("chosen", chosen, turns, context, reader)
        check_branch("rejected", rejected, turns, context, reader)
    if all(read.choices is not None for read in rejected) and not any(read.departs for read in rejected):
        _report_faithful(fields, reader)


def _report_faithful(fields: Fields, reader: Reader) -> None:
    block = fields.block("rejected")
    reader.report(
        codes.NEVER_DEPARTS,
        f"the rejected branch of `{fields.name.text}` never departs",
        block.kind.span if block else fields.name.span,
        label="every turn is faithful" if block else "has no `rejected`",
        help="add a rule such as `turn 1..last  sidestep`" if block else "add `rejected { turn 1..last  … }`",
    )


def _check_zero(rejected: tuple[Read, ...], fields: Fields, reader: Reader) -> None:
    """At temperature 0 a contrast that is the assistant itself replies as the assistant does, and so do further rows."""
    assistant: Voice | None = fields.get("assistant")
    if assistant is None:
        return
    for read in rejected:
        for choice, written in zip(read.choices or (), read.node.alternatives, strict=False):
            sampling = choice.contrast and resolved(choice.sampling, choice.contrast.sampling, assistant.sampling)
            model = choice.model or (choice.contrast and choice.contrast.model) or assistant.model
            if choice.contrast and _is_assistant(choice.contrast, assistant) and model is assistant.model and _equal(sampling, assistant):
                reader.report(
                    codes.TEMPERATURE_ZERO,
                    f"`{choice.contrast.name}` replies as the assistant does",
                    written.rule.span,
                    label="the same call at temperature 0",
                    notes=(Note(fields.at("assistant"), "the assistant"),),
                    help="raise the temperature of the contrast",
                )


def _is_assistant(contrast: Contrast, assistant: Voice) -> bool:
    """Whether the contrast differs from the assistant in its model and sampling at most."""
    other = (contrast.prompt, contrast.rewrite, contrast.hidden, contrast.cut, contrast.system)
    return contrast.history == "full" and all(way is None for way in other)


def _equal(sampling: Sampling | None, assistant: Voice) -> bool:
    said = assistant.sampling
    return sampling is not None and sampling.temperature == said.temperature == 0 and sampling.max_tokens == said.max_tokens


_BRANCH = "Turn rules of the {} branch. A turn without a rule is faithful."
SCHEMA = Schema(
    "dialogue",
    "Conversations to write, each in two branches.",
    FIELDS,
    build,
    blocks={
        kind: Schema(kind, _BRANCH.format(kind), holds=(TurnRule,), named=False) for kind in ("chosen", "rejected")
    },
    product=True,
)
