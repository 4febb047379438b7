"""M0xx: the text is not a `.music` file."""

from musicc.diagnostics.diagnostic import Code

NO_EDITION = Code("M001", "the edition line is missing", "")
UNKNOWN_EDITION = Code("M002", "the edition is unknown", "")
UNEXPECTED = Code("M003", "something else was expected", "")
NO_VALUE = Code("M004", "a value is missing", "")
UNCLOSED = Code("M005", "a bracket is not closed", "")
NOTHING_TO_CLOSE = Code("M006", "a bracket closes nothing", "")
UNCLOSED_STRING = Code("M007", "a string is not closed", "")
BAD_ESCAPE = Code("M008", "an escape is unknown", "")
UNKNOWN_UNIT = Code("M009", "a unit is unknown", "")
STRAY = Code("M010", "a character has no meaning", "")
TOO_DEEP = Code("M011", "brackets are nested too deeply", "")
MISPLACED = Code("M012", "this belongs elsewhere", "")
WRONG_SIGN = Code("M013", "`=` and `:` are mixed up", "")
NO_EQUAL = Code("M014", "`=` is missing", "")
NO_COMMA = Code("M015", "a comma is missing", "")
NUMBER_TOO_LARGE = Code("M016", "a number is too large", "")
NOT_UTF8 = Code("M017", "the file is not UTF-8", "")
