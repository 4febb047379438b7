"""Checks that change nothing: that say the same of every pair, draw the same replies again, or stand there twice."""

import re
from collections.abc import Callable, Iterable, Iterator

from musicc.diagnostics import Diagnostic, Note, Span
from musicc.diagnostics.codes import rules as codes
from musicc.semantics.module import Bounds, Check, Choice, Contrast, Dialogue, JudgeOn, Sampling, Voice, Wording
from musicc.semantics.reader import Reader
from musicc.semantics.voices import resolved

_SAMPLES = ("", "Yes.", "4 + 4 = 8", "日本語\n")  # a pattern that is found in all of them is found in any text


def warn_of_idle(check: Check, gate: Span, fail: Span, reader: Reader) -> None:
    """Reports a gate that says the same of every pair (M394), and a retry that draws the same again (M392)."""
    if reason := _same_of_all(check):
        reader.report(codes.IDLE_CHECK, f"`{check.name}` {reason}", gate, label="tells no pair from another")
    elif check.fail.retries and not any(_differs(check)):
        reader.report(
            codes.TEMPERATURE_ZERO,
            f"`{check.name}` draws replies again that come out the same",
            fail,
            label="drawn again at temperature 0",
            notes=(Note(check.of.span, "in this dialogue"),),
            help="raise the temperature of its assistant or of its contrasts",
        )


def _same_of_all(check: Check) -> str | None:
    gate = check.gate
    if isinstance(gate, Bounds):
        return "lets every pair pass" if gate.measure == "chosen_longer" and gate.high - gate.low == 1 else None
    if not isinstance(gate, Wording):
        return None
    if gate.what == "leak" and not any(_hides(choice.contrast) for choice in _choices(check.of)):
        return f"lets every pair pass: no contrast of `{check.of.name}` has a hidden instruction"
    if gate.what == "regex" and all(re.search(gate.regex, text) for text in _SAMPLES):
        return f"lets {'every' if gate.wanted else 'no'} pair pass: any text has this in it"
    return None


def _hides(contrast: Contrast | None) -> bool:
    if contrast is None:
        return False
    drafted = contrast.prompt is not None and "instruction" in contrast.reply
    return drafted or contrast.rewrite is not None or contrast.hidden is not None


def _differs(check: Check) -> Iterator[bool]:
    """Of what may be drawn again, whether it can come out otherwise."""
    dialogue = check.of
    yield bool(dialogue.assistant.sampling.temperature)
    yield from (_drawn(choice, choice.contrast, dialogue.assistant) for choice in _choices(dialogue) if choice.contrast)
    if isinstance(check.gate, Bounds) or (isinstance(check.gate, JudgeOn) and check.gate.judge.of == "pair"):
        yield from (bool(voice.sampling.temperature) for voice in dialogue.user if isinstance(voice, Voice))


def _drawn(choice: Choice, contrast: Contrast, assistant: Voice) -> bool:
    if contrast.hidden or contrast.cut:
        return True
    model = choice.model or contrast.model or assistant.model
    own = model.sampling if model != assistant.model else Sampling()
    return bool(resolved(choice.sampling, contrast.sampling, own, assistant.sampling).temperature)


def _choices(dialogue: Dialogue) -> Iterator[Choice]:
    return (choice for rule in (*dialogue.chosen, *dialogue.rejected) for choice in rule.choices)


def warn_of_twins(checks: Iterable[Check], report: Callable[[Diagnostic], None]) -> None:
    """Reports checks that ask the same of the same dialogue as an earlier one."""
    seen: list[Check] = []
    for check in checks:
        twin = next((one for one in seen if (one.of, one.gate) == (check.of, check.gate)), None)
        if twin:
            report(_twins(check, twin))
        seen.append(check)


def _twins(check: Check, twin: Check) -> Diagnostic:
    return Diagnostic(
        codes.EQUAL_CHECKS,
        f"`{check.name}` asks what `{twin.name}` asks",
        check.span,
        label="the same of the same dialogue",
        notes=(Note(twin.span, "asked here"),),
        help="delete one of them",
    )
