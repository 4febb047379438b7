"""A judge's reply, read as one of the verdicts that count."""

import re
from collections.abc import Sequence
from functools import lru_cache

_THOUGHT_END = "</think>"
_DECORATION = " \t*_`\"'“”‘’()[]{}.,:;!#>~-"
_LABEL = (
    r"(?:final |overall |my )?(?:verdict|answer|winner|decision|judge?ment|choice|conclusion|preference|result)"
    r"(?: would be| is)?\s*[:：=]?\s*"
)
_ARTICLE = r"(?! (?!is\b|was\b|did\b|does\b|has\b|wins\b|and\b|or\b|over\b|because\b|handled\b|performed\b|gave\b|answered\b)[a-z])"


def read_verdict(reply: str, verdicts: Sequence[str]) -> int | None:
    """The place of the verdict that a reply gives, None where it gives none or is in two minds.

    Thinking is skipped. Read are, in this order: the reply as a whole, its last line, `[[A]]`, `Verdict: A` (the last),
    and a verdict that is the only one whose word occurs.
    """
    said = _said(reply)
    last = said.rpartition("\n")[2]
    for read in (_exact, _bracketed, _labelled, _occurring):
        found = read(said, last, tuple(verdicts))
        if found is not None:
            return found
    return None


def _said(reply: str) -> str:
    """What follows the thinking; nothing where that has no end."""
    if _THOUGHT_END in reply:
        return reply.rpartition(_THOUGHT_END)[2].strip()
    return "" if reply.lstrip().startswith("<think>") else reply.strip()


def _bare(text: str) -> str:
    return text.strip(_DECORATION).casefold()


def _exact(said: str, last: str, verdicts: tuple[str, ...]) -> int | None:
    known = [_bare(verdict) for verdict in verdicts]
    return next((known.index(bare) for bare in (_bare(said), _bare(last)) if bare in known), None)


def _bracketed(said: str, last: str, verdicts: tuple[str, ...]) -> int | None:
    return _only(_pattern(r"\[\[\s*", r"\s*\]\]", verdicts).findall(said), verdicts)


def _labelled(said: str, last: str, verdicts: tuple[str, ...]) -> int | None:
    found = _pattern(rf"\b{_LABEL}[*_`\"'\[(]*", r"(?=[*_`\"'\])]*\s*(?:[.,;!]|$))", verdicts).findall(said)
    return _only(found[-1:], verdicts)


def _occurring(said: str, last: str, verdicts: tuple[str, ...]) -> int | None:
    return _only(_word_pattern(verdicts).findall(said), verdicts)


@lru_cache
def _pattern(before: str, after: str, verdicts: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(f"{before}({_any_of(verdicts)}){after}", re.IGNORECASE | re.MULTILINE)


@lru_cache
def _word_pattern(verdicts: tuple[str, ...]) -> re.Pattern[str]:
    """Whole words; a single letter as it is written, and not where it is an article."""
    letters = [verdict for verdict in verdicts if len(verdict) == 1]
    longer = [verdict for verdict in verdicts if len(verdict) > 1]
    kinds = [rf"(?i:{_any_of(longer)})"] if longer else []
    kinds += [re.escape(letter) + (_ARTICLE if letter == "A" else "") for letter in letters]
    return re.compile(rf"(?<![\w'-])({'|'.join(kinds)})(?![\w'-])")


def _any_of(verdicts: Sequence[str]) -> str:
    return "|".join(re.escape(verdict) for verdict in sorted(verdicts, key=len, reverse=True))


def _only(found: Sequence[str], verdicts: tuple[str, ...]) -> int | None:
    """The one verdict that was found, however often."""
    places = {[verdict.casefold() for verdict in verdicts].index(word.casefold()) for word in found}
    return places.pop() if len(places) == 1 else None
