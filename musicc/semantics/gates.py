"""What a check can ask of replies: a regular expression, a wording that has a name, a language."""

import re
import warnings
from typing import Any, ClassVar, Literal

from musicc.diagnostics import Fix
from musicc.diagnostics.codes import types as codes
from musicc.diagnostics.suggest import closest
from musicc.semantics.languages import LANGUAGES
from musicc.semantics.module import Wording
from musicc.semantics.reader import Reader
from musicc.semantics.shapes import Either, String, Word
from musicc.syntax.tree import Text, Value

NAMED: tuple[Literal["refusal", "leak"], ...] = ("refusal", "leak")


class Regex(String):
    """A regular expression of Python's, as its text."""

    @property
    def noun(self) -> str:
        return "a regular expression"

    def convert(self, value: Text, reader: Reader) -> Any:
        text = super().convert(value, reader)
        return text if text and _compiles(value, reader) else None


def _compiles(value: Text, reader: Reader) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what a later Python may read otherwise
            re.compile(value.value)
    except re.error as fault:
        _report(value, fault.pos or 0, fault.msg, reader)
    except (RecursionError, OverflowError):
        _report(value, 0, "it is too large", reader)
    else:
        return True
    return False


def _report(value: Text, start: int, message: str, reader: Reader) -> None:
    start = min(start, len(value.value) - 1)
    reader.report(
        codes.REGEX,
        f"`{reader.path}` is no regular expression: {message}",
        value.part(start, start + 1),
        label="here",
        help=r"for a sign that means itself, write a backslash in front of it: `\\(` in a text on one line",
    )


class Forbidden(Either):
    """`refusal`, `leak` or a regular expression, as the wording that no reply may have."""

    names: ClassVar = Word(NAMED)

    def __init__(self) -> None:
        super().__init__((self.names, Regex()))

    def convert(self, value: Value, reader: Reader) -> Any:
        found = super().convert(value, reader)
        if found is None or not isinstance(value, Text):
            return found and Wording(found, "", wanted=False, where="both")
        if found in NAMED:
            return reader.wrong_type(value, f"{self.names.noun} without quotes", NAMED)
        return Wording("regex", found, wanted=False, where="both")


class Language(String):
    """The code of a language, `"en"`."""

    @property
    def noun(self) -> str:
        return "a language's code"

    def convert(self, value: Text, reader: Reader) -> Any:
        if value.value in LANGUAGES:
            return value.value
        meant = _meant(value.value.strip())
        return reader.report(
            codes.UNKNOWN_WORD,
            f"`{reader.path}` knows no language `{value.value}`",
            value.span,
            label="no code of ISO 639-1 that can be told",
            help=f'write `"{meant}"`, {LANGUAGES[meant]}'
            if meant
            else 'a language has two letters: `"en"`, `"de"`, `"zh"`',
            fix=Fix(value.span, f'"{meant}"') if meant else None,
        )


def _meant(written: str) -> str | None:
    """The code of what was probably meant: of `English`, of `en-US`, of `eng`."""
    codes_of = {name.casefold(): code for code, name in LANGUAGES.items()}
    first = re.split(r"[-_]", written.casefold())[0]
    if first in LANGUAGES:
        return first
    close = closest(written, codes_of) if len(written) > 3 else closest(written, LANGUAGES)
    return codes_of.get(written.casefold()) or codes_of.get(close or "", close)
