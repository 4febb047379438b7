"""M61x and M62x: what a reward model is trained on."""

from musicc.diagnostics.diagnostic import Code

# Records, before a model is loaded. One that cannot be used is left out, and the rest goes on.

NO_PAIR = Code(
    "M611",
    "a record cannot be read as a pair",
    """\
A reward model is trained on pairs: the columns `chosen` and `rejected`, each a list of messages, a transcript with `Human:` and
`Assistant:`, or a reply to the record's `prompt`. This record is not JSON, or has not both.

    {"prompt": "What is a fugue?", "chosen": "A piece of music."}

The record is left out and counted. **Mend:** the record, or leave it. Where the prompt stands in another column, the source names
it: `seeds mine { from = file("data.csv")  field = "question" }`.
""",
    "warning",
)

EMPTY = Code(
    "M612",
    "a conversation of a pair is empty",
    """\
`chosen` or `rejected` has no message, none but the system's, or a message without text. A reward for it would be one for the
chat template.

    {"prompt": "What is a fugue?", "chosen": "A piece of music.", "rejected": ""}

The record is left out and counted. **Mend:** the record, or leave it.
""",
    "warning",
)

BAD_MESSAGE = Code(
    "M613",
    "a message of a pair cannot be used",
    """\
A message is by another role than system, user and assistant, or its text is a number or a list. A tool call, for example, is no
message of a dialogue:

    {"chosen": [{"role": "user", "content": "Hi"}, {"role": "tool", "content": "{}"}], "rejected": …}

The record is left out and counted. **Mend:** the record, or leave it.
""",
    "warning",
)

NOT_ALTERNATING = Code(
    "M614",
    "user and assistant do not take turns",
    """\
Chat templates are written for conversations in which the user speaks first and then each in turn, perhaps after a system message.
Many refuse others, the rest make of them what no model has seen.

The record is left out and counted. **Mend:** join messages that follow each other by one speaker, or leave the record.
""",
    "warning",
)

ENDS_WITH_USER = Code(
    "M615",
    "a conversation of a pair ends with the user",
    """\
A reward model scores what the assistant says: each conversation ends with its reply. A transcript that ends in `Assistant:` with
nothing behind it ends with the user.

The record is left out and counted. **Mend:** the record, or leave it.
""",
    "warning",
)

IDENTICAL = Code(
    "M616",
    "chosen and rejected are identical",
    """\
Both conversations are the same, message by message. Their rewards are equal whatever the model learns, so the pair teaches
nothing and only draws the accuracy down.

The record is left out and counted.
""",
    "warning",
)

BAD_MARGIN = Code(
    "M617",
    "a pair has no margin",
    """\
The reward model takes its pairs' margins from a column, and this record has nothing there, or no finite number. One margin that is
not finite makes all weights of the model so.

    reward rm { train = mixed  margin = "music.checks.preferred.score" … }

The record is left out and counted. **Mend:** the record or the column's path; dots lead into what lies within a column. With
`margin = turns` a pair's margin is its number of contrasted turns.
""",
    "warning",
)

BAD_WEIGHT = Code(
    "M618",
    "a pair has no weight",
    """\
The reward model takes its pairs' weights from a column, and this record has nothing there, or no finite number above 0.

    reward rm { train = mixed  weight = "votes" … }

The record is left out and counted. **Mend:** the record or the column's path; dots lead into what lies within a column.
""",
    "warning",
)

NOTHING_TO_TRAIN_ON = Code(
    "M619",
    "a reward model has nothing to train on",
    """\
There is no pair where its `train` leads to, or all records are left out. The first problem is quoted; it usually explains the
others.
""",
)

# Conversations as tokens

NO_TEMPLATE = Code(
    "M620",
    "a model has no chat template",
    """\
A reward model reads conversations as its base was taught to: through the chat template that lies beside the tokenizer. Base
models that were never trained on dialogue come without one.

**Mend:** choose the instruct model of the same family as `base`, or put the template to be used as `chat_template.jinja` into the
model's folder.
""",
)

TEMPLATE_FAILS = Code(
    "M621",
    "a chat template fails",
    """\
The chat template of the model raises an error, or leaves out what somebody says, with a conversation in which user and assistant
take turns. That is a fault of the template, or it was written for another kind of model.

A template that knows no system message is none of those: the system's text is then set before the user's first, as Gemma's users
do.

**Mend:** choose another `base`, or mend its `chat_template.jinja`.
""",
)

OVERLONG_LEFT_OUT = Code(
    "M622",
    "pairs are longer than a reward model reads",
    """\
A conversation longer than `max_length` tokens is not cut at its end, where the reply stands that is scored. With `overlong = drop`
its pair is left out; with `overlong = left` both conversations lose their oldest turns until both fit, and the pair is left out
only if its last turn alone does not. Long pairs are often those that differ most, so their number matters.

**Mend:** a larger `max_length`, `overlong = left`, or leave it.
""",
    "warning",
)

OVERLONG = Code(
    "M623",
    "a pair is longer than a reward model reads",
    """\
With `overlong = error`, a pair with a conversation of more than `max_length` tokens stops the training before it starts.

**Mend:** a larger `max_length`, or `overlong = drop` or `left`.
""",
)

NOTHING_FITS = Code(
    "M624",
    "no pair fits a reward model",
    """\
All pairs are longer than `max_length` tokens, or both of their conversations become the same tokens. The shortest and the longest
are told: a pair is as long as the longer of its conversations, with what the chat template adds.

**Mend:** a larger `max_length`, or shorter conversations.
""",
)
