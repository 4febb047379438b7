"""M2xx: a value has the wrong type, unit or range, or a field is unknown, repeated or missing."""

from musicc.diagnostics.diagnostic import Code

UNKNOWN_FIELD = Code(
    "M201",
    "unknown field",
    """\
A block or a map has a field that its kind does not know. Unknown fields are errors, because a misspelt field would
otherwise silently leave the default in force.

    model gemini { temprature = 0.2 }

**Mend:** correct the name. `musicc explain` and the reference list the fields of each kind.
""",
)

REPEATED = Code(
    "M202",
    "something is given twice",
    """\
A field, a key of a map, an argument of a call or an entry of a list stands there twice. Neither is silently preferred.

    model gemini {
      url = "http://a:8000/v1"
      url = "http://b:8000/v1"
    }

**Mend:** delete one of them. Several replicas of one model are a list: `url = ["http://a:8000/v1", "http://b:8000/v1"]`.
""",
)

MISSING_FIELD = Code(
    "M203",
    "a field is missing",
    """\
The declaration cannot work without this field, and there is no default that would be right for everyone.

    dialogue contrastive { seeds = skywork }      # who speaks?

**Mend:** add the field. With `like`, the field may also come from the declaration that this one derives from.
""",
)

WRONG_TYPE = Code(
    "M204",
    "a value of the wrong type",
    """\
The field takes another type of value: a number where a text stands, one name where a list is needed, and so on.

    seeds s { take = "31k" }          # a text

**Mend:** write a value of the type that the message names: `take = 31k`.
""",
)

WRONG_UNIT = Code(
    "M205",
    "a number with the wrong unit",
    """\
Units are part of a number and are never guessed. Counts take none or `k`, `M`, `B`; shares take `%`; durations take
`ms`, `s`, `min` or `h`.

    dataset d { validation = 0.01 }       # one in a hundred, or one row in a hundredth?
    model m { timeout = 600 }             # seconds, minutes?

**Mend:** `validation = 1%`, `timeout = 600s`.
""",
)

OUT_OF_RANGE = Code(
    "M206",
    "a number outside its range",
    """\
The number has the right type and unit, but no such value can work.

    model m { sampling = { temperature: 20, top_p: 1.0 } }

**Mend:** stay within the bounds that the message names.
""",
)

UNKNOWN_WORD = Code(
    "M207",
    "not one of the words that the field takes",
    """\
Some fields take one of a few words.

    persona p { role = assisstant }

**Mend:** write one of the words that the message lists.
""",
)

LITERAL_KEY = Code(
    "M208",
    "an API key in the file",
    """\
A spec is read in reviews and kept in git, and a key in it is a key given away. The spec names the environment variable
that holds the key; it is read at the moment of each call and written nowhere.

    key = "sk-…"

**Mend:** `key = env("OPENAI_API_KEY")`. Revoke a key that was committed.
""",
)

CONFLICTING_FIELDS = Code(
    "M209",
    "fields that exclude each other",
    """\
Two fields answer the same question, so that one of them would be ignored.

    model m { url = "http://localhost:8000/v1"  weights = smollm2_135m }
    reward rm { steps = 2500  epochs = 1 }

**Mend:** delete one of the two.
""",
)

UNKNOWN_FUNCTION = Code(
    "M210",
    "unknown call",
    """\
There are no functions in the language except a few fixed forms: `hub(…)`, `file(…)`, `env(…)`, `prefix(…)`, `retry(…)`,
`words(…)` and `chars(…)`, each in its place.

    from = huggingface("Anthropic/hh-rlhf")

**Mend:** `from = hub("Anthropic/hh-rlhf", split = "test")`.
""",
)

WRONG_ARGUMENTS = Code(
    "M211",
    "wrong arguments",
    """\
A call has an argument too many or too few, or one with a name that it does not know.

    from = hub("Anthropic/hh-rlhf", spilt = "test")

**Mend:** the message says what the call takes.
""",
)

MISPLACED = Code(
    "M212",
    "this does not belong here",
    """\
Turn rules stand in `chosen` and `rejected` inside a dialogue, `without` in a profile, `x.y in […]` in a sweep.

    dialogue d { turn 1  sidestep }

**Mend:** `dialogue d { rejected { turn 1  sidestep } }`.
""",
)

TEMPLATE_SYNTAX = Code(
    "M213",
    "a template that cannot be read",
    """\
Prompts are Jinja templates: `{{ instruction }}` inserts a value, `{% if transcript %}…{% endif %}` chooses. They are read
before the first call is paid for. A prompt stands alone: `include`, `import` and `extends` are not offered.

    prompt = "The user says: {{ instruction "

**Mend:** close what is open at the place shown. For a literal `{{` write `{{ '{{' }}`.
""",
)

TEMPLATE_VARIABLE = Code(
    "M214",
    "a template variable that is not offered",
    """\
Each place offers its own variables; a misspelt one would be empty in every prompt that is sent.

| place | variables |
|---|---|
| user persona: `prompt`, `system` | `conversation`, `transcript`, `turn`, `turns`, `last_reply` |
| assistant persona: `system` | `turn`, `turns` |
| contrast: `prompt` | `instruction`, `conversation`, `transcript`, `turn`, `turns`, `format` |
| contrast: `rewrite` | `instruction`, `conversation`, `transcript`, `turn`, `turns` |
| contrast: `system` | `turn`, `turns` |
| judge of pairs: `prompt`, `system` | `conversation_a`, `conversation_b`, `transcript_a`, `transcript_b` |
| judge of turns: `prompt`, `system` | `conversation`, `transcript`, `turn`, `turns`, `instruction`, `reply` |

`conversation` is a list of messages with `role` and `content`; `transcript` is the same as text.

**Mend:** use one of the variables of the place.
""",
)

TEMPLATE_FILTER = Code(
    "M215",
    "unknown template filter or test",
    """\
Templates have Jinja's own filters (`{{ transcript | trim }}`) and tests (`{% if last_reply is defined %}`), and no others.

**Mend:** correct the name.
""",
)

PARAMETER_VALUE = Code(
    "M216",
    "a parameter's value has the wrong type",
    """\
A parameter's default in the spec says what it may be set to: a number with units of the same sort, a text, or true or
false. This holds for `-p NAME=VALUE` and for the environment variable `MUSICC_PARAM_NAME`.

    params { pairs = 31k }
    musicc build spec.music -p pairs=many

**Mend:** give a value like the default: `-p pairs=100`.
""",
)

CONTRAST_FORM = Code(
    "M217",
    "a contrast must depart in exactly one way",
    """\
A contrast says how a reply goes wrong. There are five ways: write a modified instruction and a reply to it (`prompt`,
or `rewrite` for two calls, or both and the cheaper one is taken); answer another instruction (`hidden`); forget the
conversation (`history = none`); break off (`cut`); or, if none of these is given, answer as a weaker assistant (`system`,
`model`, `sampling`). With none of them a contrast changes nothing; with two it would not be known which of them made
the difference.

    contrast vague { hidden = other_seed  cut = 30%..60% }

**Mend:** declare two contrasts, and let the turn rules weigh them: `turn 1..last  50% a | 50% b`.
""",
)

BRACES = Code(
    "M218",
    "braces that insert nothing",
    """\
In a prompt, `{{ instruction }}` inserts a value. Single braces are plain text and are sent as they stand, and so is a `}}` that
nothing begins.

    rewrite = "Change this message: {instruction}"

Braces that are text, in an example of JSON for instance, are not reported as long as they come in pairs.

**Mend:** double the braces: `"Change this message: {{ instruction }}"`. If it is meant: `# musicc: allow(M218)` on the line
on which the text begins, or above it.
""",
    "warning",
)

CHECK_FORM = Code(
    "M219",
    "a check must ask for exactly one thing",
    """\
A check asks one thing of pairs: a judge's agreement (`judge`), bounds (`length_ratio`, `max_similarity`, `max_overlap`,
`duplicates`, `chosen_longer`), or what replies hold (`forbid`, `require`, `language`). What it found is kept in the pair under
the check's name, and `fail` says what happens then; with two things asked, neither would be clear.

    check good { of = contrastive  judge = pairwise on gemini  length_ratio = 50%..200% }

**Mend:** declare one check for each. A profile or `like` puts what it asks in the place of what was asked.
""",
)

REGEX = Code(
    "M220",
    "a regular expression that cannot be read",
    """\
`forbid` and `require` take regular expressions as Python's `re` reads them. They are read before the first call is paid for.

    check no_list { of = contrastive  forbid = "^[-*" }

In a text on one line a backslash is written twice (`"\\\\d+"`); a `\"""…\"""` text takes it as it is.

**Mend:** correct it at the place shown. What shall be found as it stands needs a backslash before each of `. ^ $ * + ? { } [ ] \\ | ( )`.
""",
)
