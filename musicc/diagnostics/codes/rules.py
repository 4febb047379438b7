"""M3xx: turn rules and the flow of a dialogue."""

from musicc.diagnostics.diagnostic import Code

OVERLAP = Code(
    "M301",
    "two rules for one turn",
    """\
Each turn of a branch has at most one rule; a turn without one is faithful. With a number of turns that is drawn per row,
the ranges may not meet for any number that can be drawn.

    turn 1..3     sidestep
    turn 3..last  forget_history

**Mend:** let one range end before the other starts: `turn 1..2`. To mix contrasts on the same turns, weigh them in one
rule: `turn 1..last  50% sidestep | 50% forget_history`.
""",
)

WEIGHTS = Code(
    "M302",
    "weights do not sum to 100 %",
    """\
The alternatives of a rule, the variants of a persona and the shares of a mix are parts of one whole. Weights are not
normalised silently, because a missing alternative looks just like that.

    turn 2..4  60% sidestep | 30% forget_history

**Mend:** make them sum to 100 %; what shall stay as it is gets a weight too: `60% sidestep | 30% forget_history | 10% faithful`.
""",
)

PAST_LAST = Code(
    "M303",
    "a rule lies past the last turn",
    """\
The rule names a turn that no row of the dialogue has.

    turns = 3
    rejected { turn 2..5  sidestep }

**Mend:** end the range with `last`, which is each row's own last turn, or raise `turns`.
""",
)

INVERTED = Code(
    "M304",
    "a range is upside down",
    """\
A range `a..b` goes from its lower end to its upper end, and both belong to it.

    turn 4..2  sidestep

**Mend:** `turn 2..4  sidestep`.
""",
)

NEVER_FIRES = Code(
    "M305",
    "a rule that can never fire",
    """\
The rule is there, but no row can ever follow it: a weight of 0 %, `turn any 0`, `turn any 3` where two turns are free, a
condition that nothing fulfils.

**Mend:** delete the rule or the alternative, or correct the number.
""",
)

NEVER_DEPARTS = Code(
    "M306",
    "the rejected branch never departs",
    """\
A pair teaches by the difference between its branches. If no rule of `rejected` makes any turn unfaithful, both branches
are two good conversations, and a reward model learns noise.

**Mend:** give the dialogue a `rejected` block with a rule that departs: `rejected { turn 1..last  sidestep }`.
""",
)

CHOSEN_DEPARTS = Code(
    "M307",
    "the chosen branch departs",
    """\
The chosen branch is what the reward model is taught to prefer. A rule in it that makes a reply worse on purpose is rarely
meant; it is useful where `rejected` departs further or earlier.

**Mend:** move the rule to `rejected`. If it is meant: `# musicc: allow(M307)` on the line or the line above.
""",
    "warning",
)

NO_HISTORY = Code(
    "M308",
    "a contrast needs a history that is not there",
    """\
Forgetting the history, or answering an earlier instruction, changes nothing on turn 1 if nothing was said before it.

    seeds s { context = first_user_turn … }
    rejected { turn 1..last  forget_history }

**Mend:** start the range at turn 2, or use a context with earlier turns (`prefix(2..4)`). Under `turn any`, give turn 1 a
rule of its own, so that it cannot be drawn: `turn 1  faithful`.
""",
)

UNKNOWN_MEASURE = Code(
    "M309",
    "a condition that cannot be measured",
    """\
A condition compares the length of what the user said in the turn with a number: `words(instruction)` or
`chars(instruction)`.

    turn 1..last  sidestep  when tokens(instruction) > 5

**Mend:** `when words(instruction) > 5`.
""",
)

UNREAD_REPLY = Code(
    "M310",
    "a reply field that nothing reads",
    """\
Of a contrast's reply, `answer` becomes the assistant's message and `instruction` is recorded as the hidden instruction.
Other fields are asked for, paid for and thrown away. That can be meant: a field in front of the answer lets the model think.

**Mend:** drop the field from `reply`, or silence this with `# musicc: allow(M310)` on the line or the line above.
""",
    "warning",
)

ONE_MODEL = Code(
    "M391",
    "one model plays user, assistant and judge",
    """\
A model that judges conversations which it wrote itself, on both sides, tends to prefer its own manner. What the judge lets
through, and how far the scores can be trusted, is then an open question.

**Mend:** judge with a model of another family. If it is meant: `# musicc: allow(M391)` on the line or the line above.
""",
    "warning",
)

TEMPERATURE_ZERO = Code(
    "M392",
    "temperature 0 makes equal replies",
    """\
At temperature 0 a model gives the same reply to the same messages. Where two replies shall differ only because they are
drawn twice (the candidates of Best-of-N, a contrast that is the assistant itself, what a check draws again), they will not.

**Mend:** raise the temperature where replies shall differ.
""",
    "warning",
)

ONE_ORDER = Code(
    "M393",
    "a judge is asked in one order",
    """\
Judges favour a place: many models prefer the conversation that they read first. Asked in both orders, the preference for a
place cancels out and shows itself as disagreement.

**Mend:** leave `both_orders` at its default, `true`. If half the price matters more: `# musicc: allow(M393)`.
""",
    "warning",
)

IDLE_CHECK = Code(
    "M394",
    "a check that says the same of every pair",
    """\
No pair can fail the check, or none can pass it: a pattern that is found in any text, `forbid = leak` where no contrast has a
hidden instruction, `chosen_longer = 0%..100%`.

    check short { of = contrastive  forbid = "x*" }       # no x at all is also found

**Mend:** correct the pattern or the bounds, or delete the check.
""",
    "warning",
)

EQUAL_CHECKS = Code(
    "M395",
    "two checks ask the same",
    """\
Both ask the same of the pairs of the same dialogue: one of them changes nothing, or the two disagree about what happens to a
pair that fails. Often one was copied and should have been changed.

**Mend:** delete one of them, or change what it asks.
""",
    "warning",
)

CONTEXT_FULL = Code(
    "M320",
    "conversations outgrow a model's context",
    """\
Each turn is asked with all earlier ones in front of it. With the lengths that are expected, the prompt of a later turn and
the room for its reply (`max_tokens`) take more tokens than the model's `context` holds; servers refuse such a call, and
the row ends in quarantine.

    model gemma { context = 4096 … }
    dialogue long { turns = 20  assistant = helpful_assistant on gemma { max_tokens: 512 } … }

**Mend:** fewer `turns`, a smaller `max_tokens`, shorter seeds (`max_chars`), or a model with a larger context. The lengths
are estimates, so this is a warning.
""",
    "warning",
)
