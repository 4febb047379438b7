"""M4xx: seed data."""

from musicc.diagnostics.diagnostic import Code

# Seed sources, while a plan runs

MALFORMED = Code(
    "M450",
    "a record of a seed source cannot be read",
    """A line is not JSON, not UTF-8, or a CSV row has more or fewer fields than its header. The record is left out and the
rest goes on; the summary says how many were left out.

    {"prompt": "What is an

Mend the line, or leave it: a build without the record is complete in itself.""",
    severity="warning",
)

UNRECOGNISED = Code(
    "M451",
    "a record of a seed source has no known schema",
    """Known are: `chosen` and `rejected` (message lists, replies to a `prompt`, or transcripts with `Human:` and
`Assistant:`), conversations (`messages`, `conversations`, `conversation`, `trajectory`), user turns (`turns`), and single
prompts (`prompt`, `question`, `instruction`). Another column is named in the spec:

    seeds mine { from = file("data.csv")  field = "customer_says" }

In a CSV file the first line names the columns.""",
    severity="warning",
)

BAD_CONVERSATION = Code(
    "M452",
    "a record's conversation cannot be used",
    """A message has an unknown role or no text, user and assistant do not take turns, or the two conversations of a pair are
equal or share no opening. A tool call, for example, is no message of a dialogue:

    {"messages": [{"role": "user", "content": "Hi"}, {"role": "tool", "content": "{}"}]}

The record is left out and the rest goes on.""",
    severity="warning",
)

NO_SEEDS = Code(
    "M453",
    "a seed source has no usable record",
    """Nothing can be built on a source that is empty, whose records are all left out, or whose records all fail the filters
(`min_turns`, `max_chars`). The first problem is quoted; it usually explains the others.""",
)

NO_FILE = Code(
    "M454",
    "a seed file does not exist",
    """A path in `file("…")` counts from the folder of the spec, wherever the command is run. A folder stands for all data
files in it, in the order of their names, and the last part of a path may hold `*`:

    from = file("../data/shard-*.jsonl.gz")""",
)

UNKNOWN_FORMAT = Code(
    "M455",
    "the format of a seed file is not known",
    """The format is told by the end of the name: `.parquet`, or `.jsonl`, `.ndjson`, `.json`, `.csv` or `.tsv`, these also with
`.gz` or `.zst` after them. Rename the file, or convert it.""",
)

DAMAGED_FILE = Code(
    "M456",
    "a seed file is damaged",
    """A compressed file breaks off, a Parquet file has no footer, or JSON stops making sense: the records after that place are
lost, so a build would silently be smaller than meant. It is usually a download that did not finish; fetch the file again.""",
)

NO_HUB = Code(
    "M457",
    "reading the hub needs another package",
    """`hub("…")` reads through the `datasets` package, which a plain installation leaves out:

    pip install "musicc[hub]"

A file that was downloaded by other means is read with `file("…")` and needs nothing more.""",
)

HUB_UNREACHABLE = Code(
    "M458",
    "the hub cannot be reached",
    """There is no network, a proxy is in the way, or `HF_HUB_OFFLINE` is set. `hub("…")` also takes a folder in the hub's
layout, counted from the spec's folder, which needs no network:

    from = hub("downloads/Skywork-Reward-Preference-80K-v0.2", split = "train")""",
)

HUB_REFUSED = Code(
    "M459",
    "the hub does not give out a repository",
    """There is no data set with this name and revision, or it is private or gated. For a gated one, accept its terms on its
page, then set `HF_TOKEN` or log in with `hf auth login`.""",
)

HUB_CHOICE = Code(
    "M460",
    "a data set has no such split or configuration",
    """A repository of the hub holds one or more configurations, each with splits. Both are named in the spec:

    from = hub("openai/gsm8k", config = "main", split = "test")""",
)

FEW_SEEDS = Code(
    "M461",
    "a source has fewer seeds than are taken",
    """`take` is a maximum: the build goes on with what there is. Duplicates and records that were left out or filtered do not
count.""",
    severity="warning",
)

NO_OTHER_SEED = Code(
    "M462",
    "there is no other seed to take an instruction from",
    """A contrast with `hidden = other_seed` answers the opening of another seed of the same source, so the source needs at
least two seeds after `take` and the filters.""",
)

NO_PAIRS = Code(
    "M463",
    "a source has no pairs of its own",
    """`NAME.pairs` means the preference pairs that a source brings along: `chosen` and `rejected` in its records. A source of
prompts or conversations has none; leave its `.pairs` out of the mix.""",
)

# What the spec says of its files and data sets

UNPINNED = Code(
    "M491",
    "a data set's revision is not pinned",
    """\
Data sets on the hub change. Without a revision, the same spec builds other data next month, and nobody can tell why.

    from = hub("Anthropic/hh-rlhf", split = "test")

**Mend:** name a commit: `revision = "09be8c5…"` (the full hash, from the data set's history). A branch name such as
`main` moves, and pins nothing.
""",
    "warning",
)

NO_VALIDATION = Code(
    "M492",
    "a data set without a validation split",
    """\
Without rows that the reward model does not see in training, nothing tells when it starts to learn its pairs by heart.

**Mend:** `validation = 1%`. The split is by seed, so that no seed is on both sides.
""",
    "warning",
)

APART_FROM_ITSELF = Code(
    "M493",
    "a dataset is kept apart from what it is made of",
    """\
`apart_from` leaves out every pair in which a prompt of the named data stands. Where a part of the mix starts from the same
data, that is all of it.

    seeds chats   { from = hub("Anthropic/hh-rlhf", split = "train") }
    dataset mixed { mix = { chats.pairs: 10k }  apart_from = [chats] }

**Mend:** name what the reward model is evaluated on: another split, or other data. Of a source that is cut in two by `take`,
name the part that is kept out; the rest stays.
""",
)

# What is made of pairs

FEW_PAIRS = Code(
    "M464",
    "there are fewer pairs than a mix counts",
    """All that there are have been taken: a count of a `mix` is what is wanted, and the dataset is made with what there is.
Rows in quarantine, dropped and duplicate pairs, and those that `apart_from` leaves out, are no longer there to be mixed.

    dataset mixed { mix = { skywork.pairs: 73k, contrastive: 31k } }

Make more rows, count fewer, or mix by weights or shares, which go by what there is: `{ skywork.pairs: 1x, contrastive: 2x }`.""",
    severity="warning",
)

NO_PAIR_LEFT = Code(
    "M465",
    "a dataset has no pair",
    """Nothing is left of the parts of its `mix`: rows are in quarantine, pairs were dropped by checks or left out by
`apart_from`. A mix by shares is empty as soon as one of its parts is. The manifest tells how many pairs each part had and
why they are not there.""",
)

# Finished pairs

NO_BUILD = Code(
    "M480",
    "a folder holds no pairs",
    """`musicc show` reads `pairs.jsonl` of a build folder, `build/SPEC/PROFILE`. It is there once `musicc build` is through.""",
)

NO_SUCH_PAIR = Code(
    "M481",
    "no pair has this id",
    """A pair is named by its id or the first digits of it, as `musicc show FOLDER` prints them.""",
)

BROKEN_PAIRS = Code(
    "M482",
    "a file of pairs is damaged",
    """Each line of `pairs.jsonl` is a whole pair. A build publishes the file in one step, so a line that breaks off was copied
or edited by other means. Run `musicc build` again: it writes the file anew and repeats no call.""",
)

NOT_EXPORTED = Code(
    "M483",
    "a format has no place for some pairs",
    """`export = [hh, llama_factory]` writes a data set in the formats of other projects, and some of them hold less than a pair.
Transcripts (`hh`) know no system message, and a text with `\\n\\nHuman:` in it would be read as the next message. LLaMA-Factory's
ranking data has one conversation and two replies, so branches that differ first in what the user says do not fit.

Such pairs are left out of that export and stand in all others. Take another format, or leave it: the export is sound.""",
    severity="warning",
)
