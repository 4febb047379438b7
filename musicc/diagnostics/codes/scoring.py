"""M65x: scoring with reward models."""

from musicc.diagnostics.diagnostic import Code

NOT_SCORED = Code(
    "M650",
    "a record that cannot be scored",
    """\
A reward is given to what an assistant said last in a conversation: user and assistant take turns, the user first, perhaps after a
system message, and the assistant's reply ends it. `musicc score` knows conversations (`messages`, `conversations`, transcripts
with `Human:` and `Assistant:`), prompts with a `response`, `completion` or `output`, and pairs with `chosen` and `rejected`. This
record is none of those.

    {"messages": [{"role": "user", "content": "What is a fugue?"}]}

Its reward is `null` in the output, and the rest goes on.

**Mend:** the record. Where its conversation stands in another column, name it: `--field COLUMN`.
""",
)

TOO_LONG = Code(
    "M651",
    "a conversation is longer than a reward model reads",
    """\
A model reads at most as many tokens as it has positions for (`max_position_embeddings` in its `config.json`), and beyond them its
rewards mean nothing. No conversation is cut: at its end stands the reply that is scored, and without its beginning it is another
conversation.

Its reward is `null` in the output of `musicc score`, and the rest goes on.

**Mend:** leave the conversation out, shorten it, or take a reward model that reads more.
""",
)

NOT_A_NUMBER = Code(
    "M652",
    "a reward that is not a number",
    """\
The model gave a reward that is infinite or not a number, which nothing can be compared with. Either its weights are damaged, often by
a training that went wrong, or half precision cannot hold its activations.

Its reward is `null` in the output of `musicc score`, and the rest goes on.

**Mend:** score in `fp32`, which is the default; if that does not help, the model is of no use.
""",
)

UNFINISHED = Code(
    "M653",
    "unfinished rewards are in the way",
    """\
`musicc score … --out FILE` was stopped before its end. The rewards that it had are kept in `FILE.unfinished`.

**Mend:** the same command with `--resume` scores the rest, and `FILE` is what it would have been. To begin anew, remove the folder
`FILE.unfinished`.
""",
)

CHANGED = Code(
    "M654",
    "unfinished rewards cannot be gone on with",
    """\
`musicc score … --resume` adds to rewards only what belongs to them: of the same records, in the same order, by the same model, with
the same options. The message names what has changed.

**Mend:** restore what has changed, or remove the folder that the message names and begin anew.
""",
)

NO_MEMORY = Code(
    "M655",
    "not enough memory to score",
    """\
The model, or what it holds while it reads conversations, does not fit into the memory of the device. Weights take four bytes a
parameter in `fp32`, two in `bf16`.

**Mend:** a smaller `--token-budget`, so that less is read at once; `--precision bf16`, whose rewards depend a little on what is read
together; another device.
""",
)
