"""M66x to M68x: evaluating reward models."""

from musicc.diagnostics.diagnostic import Code

# Benchmarks

BAD_ITEM = Code(
    "M660",
    "a record of a benchmark cannot be used",
    """\
Each format of a benchmark has its columns. `pairs`: `chosen` and `rejected`, as in data for training. `rewardbench`: these, `prompt`
and `subset`. `llmbar`: `input`, `output_1`, `output_2`, and in `label` the number of the better one. `rm_bench`: `prompt`, `domain`,
and in `chosen` and `rejected` three replies each, the plainest first. `rewardbench2`: `prompt`, `subset`, `id`, and lists of replies in
`chosen` and `rejected`. In this record something is missing, or is not what it should be.

    {"input": "Name a fugue.", "output_1": "The Little.", "output_2": "A fugue is a piece.", "label": 0}

The record is left out and counted, and the rest goes on. **Mend:** the record, or the benchmark's `format`.
""",
    "warning",
)

UNKNOWN_SUBSET = Code(
    "M661",
    "a record is of no subset that the benchmark has",
    """\
The score of a benchmark is made of the scores of its subsets, as its paper says; a subset that the paper does not know has no place
in it. RewardBench's are in the column `subset`, and so are RewardBench 2's; RM-Bench's are in `domain`.

The record is left out and counted, and the rest goes on. **Mend:** the name of the subset; or read the records with `format = pairs`,
which needs none.
""",
    "warning",
)

INCOMPLETE = Code(
    "M662",
    "a part of a benchmark is missing",
    """\
There is no record of some of the benchmark's subsets. A section's score is then made of those that are there, with the weights that
they have in the paper, and the total of the sections that are there: neither can be compared with published ones.

**Mend:** read the whole benchmark, or compare only subsets.
""",
    "warning",
)

# What `musicc eval` needs

NO_EVAL = Code(
    "M670",
    "no such eval",
    """\
`musicc eval SPEC NAME` runs the `eval` block of that name, and without a name all blocks of the spec. There is none of this
name, or none at all; a profile may leave it out (`without best_of_n`).

**Mend:** name one of those that the message lists, or declare one: `eval people { score = rm  on = hh.pairs }`.
""",
)

NOT_TRAINED = Code(
    "M671",
    "a reward model of an eval is not trained",
    """\
`musicc eval` asks the reward models that `musicc train` has made, and trains none. This one is not there, its training was stopped
before its end, or it was trained on something else than the spec says by now; the message says which.

**Mend:** run the command that the message names. What needs no training is not trained again.
""",
)

NOTHING_TO_SCORE = Code(
    "M672",
    "an eval has no pair to score",
    """\
Of the records that `on` names there is none, or none that can be scored: each of them is no pair, or is longer than one of the
reward models reads. The message says how many were left out, and why.

**Mend:** the records, or name others in `on`.
""",
)


# Best-of-N

NOTHING_PLAYED = Code(
    "M680",
    "no prompt of a Best-of-N could be played",
    """\
Contestants are compared on prompts that all of them have led to the end. Here each prompt has failed for one of them at least: a
candidate had no words in three draws (`empty`), the user voice gave nothing that can be used (`empty`, `role_leak`), a candidate is
longer than a reward model reads (`too_long`), a reward was no number (`not_a_number`), the model refused the call (`call`).

**Mend:** `quarantine.jsonl` in the eval's folder has the reason of every prompt. Raise `max_tokens` or lower it, take other prompts, a
better model for the user voice, or a reward model that reads more.
""",
)

UNREAD = Code(
    "M681",
    "a judge that cannot be understood",
    """\
A judge replies with one of its verdicts. What is none of them, and what breaks off before one, cannot be read: it prefers neither
conversation and counts as a tie. Here that is so of more than a tenth of what it was asked, and win rates come out near 50 % and
agreement rests on few pairs whatever the conversations are worth.

**Mend:** a larger model as the judge; else a shorter prompt that ends with the verdicts, or more `max_tokens` for a model that thinks
before it answers.
""",
    "warning",
)

# What people say of pairs

BAD_LABEL = Code(
    "M685",
    "a label that cannot be read",
    """\
A file of labels is the sheet that `musicc export --for-labels` wrote, filled in: a CSV file with the columns `item` and `choice`,
in any order and beside any others. A choice is `A`, `B`, `tie`, or `skip`, in small or capital letters; a line without one is not
labelled yet.

    item,choice,comment
    bcdfghjklmnp,A,more to the point
    qrstvwxzbcdf,tie,

**Mend:** the line that the message names.
""",
)

LABELLED_TWICE = Code(
    "M686",
    "one person labels an item twice",
    """\
Everybody says once what they prefer; of several people the majority counts. Who says it stands in the column `annotator`, and where
that is missing or empty, the name of the file stands for it. Here an item has two choices by one annotator: perhaps the same sheet
was saved twice, or two people gave the same name.

**Mend:** remove one of the lines or files, or tell the annotators apart in the column `annotator`.
""",
)

NO_KEY = Code(
    "M687",
    "a label without its key",
    """\
A sheet tells nobody which of its conversations is the chosen one. That stands in `labels.key.json`, which `musicc export
--for-labels` writes beside the sheet and which stays with you when the sheet goes out. Keys are looked for in the folder of the
labels, and in the folder of the build. This item stands in none of them, or the key is damaged.

**Mend:** put the key of the sheet beside the labels. Was the item itself changed? `item` is to be left as it was.
""",
)

OTHER_PAIRS = Code(
    "M688",
    "labels of other pairs",
    """\
Labels belong to what people read. None of the labelled conversations is among the pairs that are evaluated: the labels are of
another dialogue or dataset, or the pairs were built anew and say something else by now.

**Mend:** name in `on` what the sheet was made of, or have the new pairs labelled.
""",
)

SHEET_IN_THE_WAY = Code(
    "M689",
    "another sheet is in the way",
    """\
`musicc export --for-labels` overwrites no `labels.csv` that differs from the one it would write: it may have been filled in, or be of
other pairs, and its key would be lost.

**Mend:** move the folder, or write the new sheet elsewhere: `--out FOLDER`.
""",
)
