"""M0xx: the text is not a `.music` file."""

from musicc.diagnostics.diagnostic import Code

NO_EDITION = Code(
    "M001",
    "the edition line is missing",
    """\
A `.music` file begins with the edition of the language it is written in. A later compiler reads the file by the rules of
that edition, so that a score never changes its meaning under its author.

    model gemini { … }          # the edition is missing

**Mend:** make it the first line:

    music 1

    model gemini { … }
""",
)

UNKNOWN_EDITION = Code(
    "M002",
    "unknown edition",
    """\
The file is written in an edition that this compiler does not know, so nothing else in it is judged.

    music 7

**Mend:** upgrade `musicc` if the file is newer than it; otherwise write `music 1`.
""",
)

UNEXPECTED = Code(
    "M003",
    "something else was expected",
    """\
Up to the marked place the text makes sense; what follows cannot continue it. The message says what could.

    turn sidestep               # which turn?

**Mend:** put in what is missing, or take out what is too much: `turn 1..last  sidestep`.

A block is `kind name { … }`, a field is `name = value`, a rule is `turn RANGE  CONTRAST`. A value may be followed by
`on MODEL` if it is a name, and by one `then VALUE`.
""",
)

NO_VALUE = Code(
    "M004",
    "a value is missing",
    """\
Behind `=`, `:`, `then`, an opening bracket or a comma stands a value: a number (`31k`), a text in quotes, `true` or
`false`, a name, a call (`hub("…")`), a list (`[2, 4]`) or a map (`{ a: 1 }`).

    take =

**Mend:** write the value (`take = 31k`), or remove the field; most fields have a default.
""",
)

UNCLOSED = Code(
    "M005",
    "a bracket is never closed",
    """\
A `{`, `[` or `(` has no partner. Where it is missing is told from the indentation: a block or a call is taken to end
where a line is indented no further than the line it began on.

    rejected {
      turn 1..last  sidestep

    check preferred { … }       # `rejected` is still open here

**Mend:** add the closing bracket at the marked place.
""",
)

NOTHING_TO_CLOSE = Code(
    "M006",
    "a closing bracket without its partner",
    """\
A `}`, `]` or `)` closes nothing, or closes a bracket of another shape.

    n = [2, 4, 8)

**Mend:** remove it, or write the bracket that fits (`[2, 4, 8]`). If it was to end a block, the block's `{` is missing.
""",
)

UNCLOSED_STRING = Code(
    "M007",
    "a string is not closed",
    '''\
A `"…"` string ends on the line on which it begins. A text of several lines stands between triple quotes, which leave
backslashes and quotes as they are and take the common indentation away.

    name = "gemini-1.5-pro
    system = "You are terse.
              You never explain."

**Mend:** add the closing quote, or use triple quotes:

    name = "gemini-1.5-pro"
    system = """
      You are terse.
      You never explain.
    """
''',
)

BAD_ESCAPE = Code(
    "M008",
    "unknown escape",
    '''\
In a `"…"` string a backslash begins an escape. There are five: `\\n` (new line), `\\t` (tab), `\\"`, `\\\\` and `\\uXXXX` (the
character with that hexadecimal number, which may not be half of a pair).

    pattern = "\\d+"

**Mend:** write the backslash twice (`"\\\\d+"`), or use a `"""\\d+"""` string, which has no escapes.
''',
)

UNKNOWN_UNIT = Code(
    "M009",
    "unknown unit",
    """\
The letters behind a number are its unit. Counts take `k`, `M` and `B` (thousand, million, billion), shares take `%`, weights
`x`, times `ms`, `s`, `min` and `h`. Letter case counts.

    timeout = 30sec

**Mend:** use one of the units: `timeout = 30s`.
""",
)

STRAY = Code(
    "M010",
    "a character without meaning",
    """\
The character begins nothing in the language. Usual causes are punctuation of other languages (`;`, single quotes, `$NAME`),
typographic quotes or invisible spaces that came along with pasted text, and names with hyphens.

    model fast-one { … };

**Mend:** names consist of letters, digits and `_`; texts stand in `"`; items need no separator: `model fast_one { … }`.
""",
)

TOO_DEEP = Code(
    "M011",
    "brackets are nested too deeply",
    """\
Blocks, maps, lists and calls may stand in each other some thirty levels deep. No score needs more than five, so deeper
nesting is taken for a mistake of the program that wrote the file.

    n = [[[[[[[[[[[[[[[[[[[[[[[[[[ …

**Mend:** remove the needless brackets.
""",
)

MISPLACED = Code(
    "M012",
    "this belongs elsewhere",
    """\
At the top of a file stand the edition, imports and blocks; fields, turn rules and `without` stand in blocks. An import never
stands in a block, and the edition only on the first line.

    music 1
    temperature = 0.7           # of which model?

**Mend:** move it to where it belongs: `model gemini { temperature = 0.7 … }`. Values for the whole file stand in `params { … }`.
""",
)

WRONG_SIGN = Code(
    "M013",
    "`=` and `:` are mixed up",
    """\
A field of a block and a named argument of a call are written with `=`, an entry of a map with `:`.

    model gemini {
      name: "gemini-1.5-pro"
      limit = { concurrency = 64 }
    }

**Mend:**

    model gemini {
      name = "gemini-1.5-pro"
      limit = { concurrency: 64 }
    }
""",
)

NO_EQUAL = Code(
    "M014",
    "`=` is missing",
    """\
A field is a name, `=` and a value, also where the value is a map.

    take 31k
    limit { concurrency: 64 }

**Mend:** `take = 31k` and `limit = { concurrency: 64 }`.
""",
)

NO_COMMA = Code(
    "M015",
    "a comma is missing",
    """\
The values of a list, the arguments of a call and the names of an import are separated by commas. In a map, where every entry
begins with its key, they may be left out.

    compare = [rm baseline]

**Mend:** `compare = [rm, baseline]`.
""",
)

NUMBER_TOO_LARGE = Code(
    "M016",
    "a number is too large",
    """\
The number is beyond what a 64-bit floating-point number can hold, so it could be neither computed with nor written to the plan.

    steps = 1e999

**Mend:** write a smaller number; leave an optional limit out to have none.
""",
)

NOT_UTF8 = Code(
    "M017",
    "the file is not UTF-8",
    """\
`.music` files are UTF-8 text. Files saved as Latin-1 or UTF-16, and binary files, are not read, since guessing the encoding would
change texts that go into prompts.

**Mend:** save the file as UTF-8 in the editor, or convert it: `iconv -f latin1 -t utf-8 old.music > new.music`.
""",
)
