"""`check`: a gate that finished pairs pass."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from musicc.diagnostics import Fix, Note
from musicc.diagnostics.codes import rules as codes
from musicc.diagnostics.codes import types as type_codes
from musicc.semantics.gates import Forbidden, Language, Regex
from musicc.semantics.idle import warn_of_idle
from musicc.semantics.module import (
    Bounds,
    Check,
    Dialogue,
    Fail,
    Gate,
    JudgeOn,
    Languages,
    Model,
    Voice,
    Where,
    Wording,
)
from musicc.semantics.names import any_of
from musicc.semantics.overlay import GATES
from musicc.semantics.quantities import SHARES, Interval, Quantity, share
from musicc.semantics.reader import Reader
from musicc.semantics.schema import Fields, FieldSpec, Schema, table
from musicc.semantics.shapes import Many, Named, Word
from musicc.semantics.voices import JudgedBy, PolicyShape

FIELDS = table(
    FieldSpec("of", Named(("dialogue",)), "the dialogue whose pairs are checked", required=True),
    FieldSpec("judge", JudgedBy(), "a judge on a model, which must agree with how the pair was made"),
    FieldSpec(
        "length_ratio",
        Interval(Quantity("a ratio in %", SHARES, 0, 100)),
        "words of the chosen branch over words of the rejected one, from the first turn that departs: `50%..200%`",
    ),
    FieldSpec(
        "max_similarity", share(0, 0.99), "how many words the two replies of a turn may have in common, in one order"
    ),
    FieldSpec(
        "max_overlap", share(0, 0.99), "how many runs of three words the two replies of a turn may have in common"
    ),
    FieldSpec(
        "forbid",
        Forbidden(),
        "what no reply may hold: `refusal`, `leak` of the hidden instruction, or a regular expression",
    ),
    FieldSpec("require", Regex(), "a regular expression that is found in every reply"),
    FieldSpec("language", Many(Language(), single=True), 'the languages that replies are written in: `"en"`'),
    FieldSpec(
        "duplicates", share(0.1, 1), "a pair that is so much like an earlier one of the dialogue, or more, fails"
    ),
    FieldSpec(
        "chosen_longer",
        Interval(share(0, 1)),
        "the share of pairs whose chosen branch is the longer one: `45%..55%`; what is too much fails",
    ),
    FieldSpec(
        "in",
        Word(("chosen", "rejected", "both")),
        "whose replies `forbid`, `require` and `language` look at; `both` if it is not given",
    ),
    FieldSpec(
        "fail",
        PolicyShape("drop", Fail),
        "what becomes of a pair that fails: `drop`, `mark`, `retry(2)`, or `retry(2) then mark`",
        default=Fail(0, "drop"),
    ),
)
_OF_REPLIES = ("forbid", "require", "language")
_OF_ALL = ("duplicates", "chosen_longer")
_MAKE: Mapping[str, Callable[[Any], Gate]] = {
    "judge": lambda judge: judge,
    "length_ratio": lambda ratio: Bounds("length_ratio", *ratio),
    "max_similarity": partial(Bounds, "max_similarity", 0.0),
    "max_overlap": partial(Bounds, "max_overlap", 0.0),
    "forbid": lambda wording: wording,
    "require": lambda regex: Wording("regex", regex, wanted=True, where="both"),
    "language": lambda codes: Languages(codes, "both"),
    "duplicates": lambda least: Bounds("duplicates", least, 1.0),
    "chosen_longer": lambda part: Bounds("chosen_longer", *part),
}


def build(fields: Fields, reader: Reader) -> Check | None:
    dialogue: Dialogue | None = fields.get("of")
    _check_form(fields, reader)
    if dialogue:
        users = [one for one in dialogue.user if isinstance(one, Voice)]
        warn_of_one_model(users, dialogue.assistant, fields, reader)
    name = next((name for name in GATES if name in fields.given), None)
    if not reader.sound or dialogue is None or name is None:  # None also where a gate may stand in what cannot be read
        return None
    check = Check(fields.name.text, fields.name.span, dialogue, _gate(name, fields), fields.get("fail"))
    warn_of_idle(check, fields.at(name), fields.at("fail"), reader)
    return check


def _gate(name: str, fields: Fields) -> Gate:
    gate = _MAKE[name](fields.get(name))
    where: Where = fields.get("in") or "both"
    if isinstance(gate, Wording) and gate.what == "leak":
        return replace(gate, where="rejected")
    return replace(gate, where=where) if isinstance(gate, Wording | Languages) else gate


def _check_form(fields: Fields, reader: Reader) -> None:
    """Exactly one gate, and beside it only what goes with it."""
    given = sorted((name for name in GATES if name in fields.given), key=lambda name: fields.at(name).start)
    if len(given) > 1:
        reader.report(
            type_codes.CHECK_FORM,
            f"`{fields.name.text}` asks for {len(given)} things",
            fields.at(given[1]),
            label="and for this",
            notes=(Note(fields.at(given[0]), "asks for this"),),
            help="declare one check for each",
        )
    elif given:
        _check_where(given[0], fields, reader)
        _check_retry(given[0], fields, reader)
    elif fields.complete:
        reader.report(
            type_codes.CHECK_FORM,
            f"`{fields.name.text}` asks for nothing",
            fields.name.span,
            label="lets every pair pass",
            help=f"add {any_of(f'`{name}`' for name in GATES)}",
        )


def _check_where(gate: str, fields: Fields, reader: Reader) -> None:
    if "in" not in fields.given:
        return
    leak = isinstance(wording := fields.get(gate), Wording) and wording.what == "leak"
    if gate in _OF_REPLIES and not leak:
        return
    reader.report(
        type_codes.CONFLICTING_FIELDS,
        f"`in` means nothing beside `{'forbid = leak' if leak else gate}`",
        fields.at("in"),
        label="only replies of the rejected branch can leak" if leak else "nothing is asked of one branch alone",
        notes=(Note(fields.at(gate), "what is asked for"),),
        help="delete it",
    )


def _check_retry(gate: str, fields: Fields, reader: Reader) -> None:
    """Nothing can be drawn again once every pair is there."""
    fail: Fail | None = fields.get("fail")
    if gate in _OF_ALL and fail and fail.retries:
        reader.report(
            type_codes.CONFLICTING_FIELDS,
            f"`retry` means nothing beside `{gate}`",
            fields.at("fail"),
            label="nothing is drawn again then",
            notes=(Note(fields.at(gate), "looks at all pairs together"),),
            help=f"write `{fail.then}`",
            fix=Fix(fields.at("fail"), fail.then),
        )


def warn_of_one_model(users: list[Voice], assistant: Voice | None, fields: Fields, reader: Reader) -> None:
    judge: JudgeOn | None = fields.get("judge")
    if judge is None or assistant is None or not users:
        return
    if all(_same(voice.model, judge.model) for voice in (*users, assistant)):
        reader.report(
            codes.ONE_MODEL,
            f"`{judge.model.name}` plays user, assistant and judge",
            fields.at("judge"),
            label="judges what it wrote itself",
            notes=(Note(judge.model.span, "this model"),),
            help="judge with another model",
        )


def _same(one: Model, other: Model) -> bool:
    """Whether both declarations are one model at one endpoint. Weights run here stand in for others, as names tell."""
    return one.name == other.name or (bool(one.urls) and (one.urls, one.served) == (other.urls, other.served))


SCHEMA = Schema(
    "check", "A gate that finished pairs pass: one thing that is asked of them.", FIELDS, build, product=True
)
