"""M52x: calls that are made in batches."""

from musicc.diagnostics.diagnostic import Code

NO_BATCHES = Code(
    "M520",
    "a server has no batches",
    """\
With `--batch`, calls are handed in as files that a provider answers within a day, at half the price. The server of this
model has no address for that (`…/batches` answers 404), so its calls are made one by one, at the usual price.

Servers that you run yourself have none, and need none: leave the option out. At providers, see that `url` is the one for
the OpenAI protocol.
""",
    severity="warning",
)

BATCH_FAILED = Code(
    "M521",
    "batches come to nothing",
    """\
The server refuses a batch, or its batches ended three times before the same calls were answered: they failed, expired
or were cancelled. The message has the server's reason. The run stops, because no further batch would fare better.

What was received is in the store. The same command goes on from there; without `--batch`, what is left is asked one by
one, at the usual price.
""",
)

BATCH_LOST = Code(
    "M522",
    "the server does not know an open batch",
    """\
The store notes every batch that has been handed in, so that no call is paid for twice. The server does not know this one:
the API key is that of another account or project, or somebody deleted the batch.

**Mend:** set the key that it was handed in with. Or delete the note, `batch-….json` in the store's folder: the calls of
that batch are then made again.
""",
)

BATCH_LINES = Code(
    "M523",
    "results of a batch cannot be read",
    """\
Each line of a batch's results is a JSON object with the key of its call, `custom_id`. Some lines are something else, or
name a call that was not in the batch. They are passed over, and calls that have no other line are handed in again, five
times at most: then their rows fail.
""",
    severity="warning",
)

BROKEN_LEDGER = Code(
    "M524",
    "the note of a batch cannot be read",
    """\
The store's folder has a file `batch-….json` for every batch that is open, and `batch-troubles.json` for calls that came
back without a reply. musicc writes them in one step; this one was changed or cut off by other means. Going on without it
could pay for calls twice.

**Mend:** bring the file back. Or delete it: the calls of its batch are then made again.
""",
)

OPEN_BATCHES = Code(
    "M525",
    "calls of this store are in open batches",
    """\
An earlier run handed calls in with `--batch`, and their replies are still to come. A build without that option makes
the same calls at once, and both are paid for.

**Mend:** let the batches be waited for: `musicc build SPEC --batch`. If they are no longer wanted, cancel them at the
provider and delete their notes, `batch-….json` in the store's folder.
""",
    severity="warning",
)
