"""M53x: what a build may spend."""

from musicc.diagnostics.diagnostic import Code

USED_UP = Code(
    "M530",
    "the budget is used up",
    """\
`--max-calls` and `--max-cost` bound what one run of `musicc build` may spend. No call was begun that could have gone beyond
it; those on their way were waited for, and every reply is in the store. Nothing was published, because not all rows have
ended.

    musicc build specs/skywork.music --max-cost 5

**Mend:** run the same command again: it goes on from here with as much once more, and repeats no call. Without the
option it goes on to the end. `musicc plan` says what is left.

A call that the server refuses or fails, and that is tried again, counts once. Replies from the store count nothing. While a
call is on its way, it counts as if its reply took all of `max_tokens`.
""",
)

NO_PRICE = Code(
    "M531",
    "a budget in money and a model without a price",
    """\
With `--max-cost`, it must be known before a call what it may cost. A model of this build declares no `price`. Nothing was
called. Models with `weights` run on this machine and need none.

    model gemma {
      url   = "http://localhost:8000/v1"
      name  = "google/gemma-2-9b-it"
      price = { input: 0, output: 0 }       # our own server
    }

**Mend:** declare the price, in USD per million tokens. Or bound the number of calls: `--max-calls`.
""",
)
