"""Which language a reply is written in: told offline, by a small model that the `checks` extra brings along."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes.running import NO_LANGUAGES
from musicc.plan.checks import Language
from musicc.plan.document import Plan

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+", re.DOTALL)
_SURE = 0.5  # of one language, before a reply counts as written in it; short and mixed texts stay below
_NORWEGIAN = {"nb": ("no",), "no": ("nb", "nn"), "nn": ("no",)}


def told_language(text: str, allowed: Sequence[str]) -> str | None:
    """The language of a text that is surely written in another one than those `allowed`, else None.

    Code and links are left out. Raises DiagnosticError where the extra is missing (M594).
    """
    found, probability = detector().classify(_CODE.sub(" ", text))
    right = {*allowed, *(near for code in allowed for near in _NORWEGIAN.get(code, ()))}
    return None if probability < _SURE or found in right or len(found) != 2 else str(found)


def ready_languages(plan: Plan) -> None:
    """Loads the detector if a check of the plan needs it: before the first call. Raises DiagnosticError (M594)."""
    if any(isinstance(check.gate, Language) for dialogue in plan.dialogues for check in dialogue.checks):
        detector()


@lru_cache(1)
def detector() -> "LanguageIdentifier":
    """Loads the detector, which takes a second. Raises DiagnosticError where the extra is missing (M594)."""
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError:
        reason = "a check for the language of replies needs the package `py3langid`, which is not installed"
        missing = Diagnostic(NO_LANGUAGES, reason, help='run `pip install "musicc[checks]"`')
        raise DiagnosticError(missing, exit_code=2) from None
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
