"""Modules by hand: the smallest spec that says what a test is about."""

from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

from musicc.diagnostics import Source, Span
from musicc.semantics.module import (
    AnyTurns,
    Bounds,
    Check,
    Choice,
    Contrast,
    Dialogue,
    Fail,
    Fault,
    File,
    Gate,
    Judge,
    JudgeOn,
    Languages,
    Limit,
    Model,
    Module,
    Origin,
    Persona,
    Policy,
    Prefix,
    Price,
    Replay,
    Rule,
    Sampling,
    Seeds,
    Turns,
    Variant,
    Voice,
    When,
    Wording,
)
from musicc.syntax.tree import Text

SPAN = Span(Source("test.music", ""), 0, 0)
FAULTS = get_args(Fault)
FOLDER = Path("/somewhere/specs")

Alternatives = Contrast | None | list[tuple[float, Contrast | None]]


def text(value: str) -> Text:
    return Text(SPAN, value, tuple(range(len(value) + 1)))


def model(name: str, *, price: Price | None = None, context: int | None = None, **sampling: float) -> Model:
    return Model(
        name,
        SPAN,
        urls=("http://localhost:8000/v1",),
        served=f"served-{name}",
        weights=None,
        key=None,
        revision=None,
        limit=Limit(),
        price=price,
        sampling=Sampling(**sampling),  # type: ignore[arg-type]
        structured=False,
        seeded=False,
        context=context,
        timeout=600.0,
    )


BIG, SMALL = model("big"), model("small")


OPENING = Prefix("first_user_turn")
DATA = File(FOLDER / "data" / "seeds.jsonl", "data/seeds.jsonl")


def seeds(name: str = "start", *, context: Prefix = OPENING, min_turns: int = 1, origin: Origin = DATA) -> Seeds:
    return Seeds(name, SPAN, origin, context, take=None, shuffle=False, field=None, min_turns=min_turns, max_chars=None)


def persona(name: str, role: str, *variants: Variant, history: str = "chat") -> Persona:
    variants = variants or (Variant(1.0, text(f"You are {name}."), None),)
    return Persona(name, SPAN, role, variants, history, Sampling())  # type: ignore[arg-type]


def voice(persona: Persona, on: Model, **sampling: float) -> Voice:
    settled = {"temperature": 1.0, "top_p": 1.0, "max_tokens": 512, "stop": (), **sampling}
    return Voice(persona, on, Sampling(**settled))  # type: ignore[arg-type]


CURIOUS = persona("curious", "user")
HELPFUL = persona("helpful", "assistant")
USER = voice(CURIOUS, BIG, max_tokens=256)
ASSISTANT = voice(HELPFUL, BIG)
START = seeds()


def contrast(name: str, **form: object) -> Contrast:
    return Contrast(name, SPAN, **form)  # type: ignore[arg-type]


SIDESTEP = contrast("sidestep", prompt=text("Write something else than {{ instruction }}."))
REWRITE = contrast("rewrite", rewrite=text("Write {{ instruction }} anew."))
EITHER = contrast("either", prompt=text("Sidestep {{ instruction }}."), rewrite=text("Rewrite {{ instruction }}."))
OTHER = contrast("other", hidden="other_seed")
STALE = contrast("stale", hidden="earlier_turn")
FORGET = contrast("forget", history="none")
CUT = contrast("cut", cut=(0.3, 0.6))


def rule(turns: Turns | AnyTurns, what: Alternatives, *, on: Model | None = None, when: When | None = None) -> Rule:
    weighted = what if isinstance(what, list) else [(1.0, what)]
    return Rule(turns, tuple(Choice(weight, contrast, on) for weight, contrast in weighted), when, SPAN)


def turn(first: int | str, last: int | str | None = None) -> Turns:
    return Turns(first, first if last is None else last)  # type: ignore[arg-type]


def any_turns(count: int) -> AnyTurns:
    return AnyTurns(count)


def dialogue(
    *rejected: Rule,
    chosen: tuple[Rule, ...] = (),
    turns: tuple[int, int] = (2, 2),
    user: tuple[Replay | Voice, ...] = (USER,),
    assistant: Voice = ASSISTANT,
    start: Seeds = START,
    per_seed: int = 1,
    independent: bool = False,
    name: str = "talk",
) -> Dialogue:
    return Dialogue(
        name,
        SPAN,
        seeds=start,
        user=user,
        assistant=assistant,
        turns=turns,
        per_seed=per_seed,
        utterances="independent" if independent else "shared",
        chosen=chosen,
        rejected=rejected,
        replies=dict.fromkeys(FAULTS, Policy(2, "quarantine")),
    )


WORD = Sampling(temperature=0.0, top_p=1.0, max_tokens=8, stop=())
PAIRWISE = Judge(
    "pairwise",
    SPAN,
    of="pair",
    system=text("Be fair."),
    prompt=text("{{ transcript_a }} or {{ transcript_b }}?"),
    verdicts=("A", "B", "tie"),
    both_orders=True,
    sampling=Sampling(),
)
LAST = replace(PAIRWISE, name="last", system=None, prompt=text("Is {{ transcript_b }} good?"), both_orders=False)
TURNWISE = replace(
    PAIRWISE,
    name="turnwise",
    of="turn",
    prompt=text("{{ transcript }} then {{ instruction }} then {{ reply }}: good?"),
    verdicts=("yes", "no"),
    both_orders=False,
)
REFUSAL = Wording("refusal", "", wanted=False, where="chosen")
LEAK = Wording("leak", "", wanted=False, where="rejected")
NUMBER = Wording("regex", r"\d", wanted=True, where="both")
GERMAN = Languages(("de",), "both")


def judged(judge: Judge, on: Model = SMALL) -> JudgeOn:
    return JudgeOn(judge, on, WORD)


def check(name: str, gate: Gate, of: Dialogue, retries: int = 0, then: Literal["drop", "mark"] = "drop") -> Check:
    return Check(name, SPAN, of, gate, Fail(retries, then))


def bounds(measure: str, low: float, high: float) -> Bounds:
    return Bounds(measure, low, high)  # type: ignore[arg-type]


def module(*dialogues: Dialogue, profile: str | None = None, checks: tuple[Check, ...] = ()) -> Module:
    nothing: dict[str, object] = {name: {} for name in ("params", "datasets", "rewards", "evals", "sweeps")}
    return Module(
        name="test",
        path=FOLDER / "test.music",
        profile=profile,
        seed=7,
        models={},
        seeds={},
        dialogues={d.name: d for d in dialogues},
        checks={check.name: check for check in checks},
        **nothing,  # type: ignore[arg-type]
    )
