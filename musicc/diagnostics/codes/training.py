"""M6xx: reward models and evaluation."""

from musicc.diagnostics.diagnostic import Code

TOO_LONG = Code(
    "M601",
    "conversations outgrow a reward model's `max_length`",
    """\
A reward model reads conversations of so many tokens, and none is cut at its end, where the scored reply stands. Of pairs that
are longer `overlong` says what becomes: they are left out of training (`drop`, if nothing is said), they lose their oldest turns
(`left`), or they stop it (`error`). Of a dialogue whose usual conversation is longer, little is left to train on.

    dialogue long { turns = 20  assistant = helpful_assistant on gemma { max_tokens: 512 } … }
    reward rm { train = long  max_length = 2048 … }

What a conversation takes is reckoned from its number of turns, with replies that fill half of their `max_tokens`, and about
60 tokens for what the seed's user says. These are estimates, so this is a warning.

**Mend:** fewer `turns`, a smaller `max_tokens`, or a larger `max_length`. If it is meant: `# musicc: allow(M601)` on the line
or the line above.
""",
    "warning",
)

TRAINED_ON = Code(
    "M602",
    "evaluated on what was trained on",
    """\
A reward model is scored on conversations that open as those do which it was trained on: the same seeds, or other seeds of
the same data and split. It has seen them, so the score says little of new ones.

    seeds chats   { from = hub("Anthropic/hh-rlhf", split = "train") }
    reward rm     { train = chats.pairs … }
    eval open     { compare = [rm]  prompts = { chats: 500 } … }

A dataset with a `validation` share may be evaluated on by a model that is trained on it: then only the seeds count that were
kept out. This holds for that dataset alone; a model that is trained on one of its parts has seen them all.

**Mend:** evaluate on another split, `split = "test"`, or on other data; or keep what is asked out of the dataset,
`apart_from = [chats]`, where only some of it is taken. If it is meant: `# musicc: allow(M602)` on the line or the line above.
""",
    "warning",
)

SPLIT_LEAKS = Code(
    "M603",
    "a validation split that leaks",
    """\
The split is by seed, and a seed is known by its text: the same conversation is on one side, however often it is used. Two
declarations that read the same data by different columns make two seeds of one record, and these may fall on both sides.

    seeds asked  { from = file("chats.csv")  field = "question" }
    seeds whole  { from = file("chats.csv")  field = "conversation" }
    dataset both { mix = { asked.pairs: 5k, whole.pairs: 5k }  validation = 1% }

**Mend:** read the data by one column, or mix only one of the two. If it is meant: `# musicc: allow(M603)` on the line or the
line above.
""",
    "warning",
)
