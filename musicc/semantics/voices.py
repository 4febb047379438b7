"""Who speaks and who judges: `curious_user on gemini { temperature: 1.0 }`, `replay then …`; and what becomes of bad replies."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

from musicc.diagnostics import Note
from musicc.diagnostics.codes import names as name_codes
from musicc.semantics.forms import Argument, Form, Forms
from musicc.semantics.module import Judge, JudgeOn, Model, Persona, Policy, Replay, Sampling, Voice
from musicc.semantics.names import a
from musicc.semantics.offer import Offer
from musicc.semantics.quantities import count, real
from musicc.semantics.reader import Reader
from musicc.semantics.schema import FieldSpec, Record, table
from musicc.semantics.shapes import Many, Shape, String
from musicc.syntax import tree
from musicc.syntax.tree import On, Ref, Then, Value

SAMPLING = Record(
    table(
        FieldSpec("temperature", real(0, 2), "how freely replies are drawn; 0 takes the likeliest word each time"),
        FieldSpec("top_p", real(0, 1), "draw among the likeliest words whose probabilities sum to this"),
        FieldSpec("max_tokens", count(1, 1_000_000), "a reply is cut off after this many tokens"),
        FieldSpec("stop", Many(String(), single=True), "a reply ends before any of these texts"),
    ),
    Sampling,
)
DEFAULT = Sampling(temperature=1.0, top_p=1.0, max_tokens=512, stop=())


def resolved(*places: Sampling) -> Sampling:
    """Field by field what the first place says, at last the default."""
    every = (*places, DEFAULT)

    def first(name: str) -> Any:
        return next(value for place in every if (value := getattr(place, name)) is not None)

    return Sampling(first("temperature"), first("top_p"), first("max_tokens"), first("stop"))


class Placed(NamedTuple):
    """What stands on a model, the model, and the sampling written with it."""

    what: Any
    model: Model
    sampling: Sampling


def read_on(value: On, kind: str, reader: Reader) -> Placed | None:
    what = reader.find(value.what.parts[0], a(kind), kind) if _single(value.what, kind, reader) else None
    model = reader.find(value.model.parts[0], "a model", "model") if _single(value.model, "model", reader) else None
    sampling = SAMPLING.convert(value.settings, reader) if value.settings else Sampling()
    return None if what is None or model is None or sampling is None else Placed(what, model, sampling)


def _single(ref: Ref, kind: str, reader: Reader) -> bool:
    if len(ref.parts) > 1:
        reader.wrong_type(ref, a(kind))
    return len(ref.parts) == 1


class OnModel(Shape):
    """Something on a model."""

    nodes: ClassVar[tuple[type, ...]] = (tree.On,)
    kind: ClassVar[str]

    @property
    def noun(self) -> str:
        return f"{a(self.kind)} on a model"

    def offer(self) -> Offer:
        return Offer(placed=(self.kind,))

    def refuse(self, value: Value, reader: Reader) -> None:
        if isinstance(value, Ref) and (models := reader.context.scope(value.span.source).of_kind(("model",))):
            return reader.wrong_type(value, self.noun, help=f"write `{value.text} on {next(iter(models))}`")
        return super().refuse(value, reader)


@dataclass(frozen=True)
class VoiceOn(OnModel):
    """A persona of this role on a model."""

    role: Literal["user", "assistant"]
    kind: ClassVar[str] = "persona"

    def offer(self) -> Offer:
        return Offer(placed=(self.kind,), role=self.role)

    def convert(self, value: On, reader: Reader) -> Voice | None:
        placed = read_on(value, "persona", reader)
        persona: Persona | None = placed and placed.what
        if placed is None or persona is None or not self._plays(persona, value, reader):
            return None
        return Voice(persona, placed.model, resolved(placed.sampling, persona.sampling, placed.model.sampling))

    def _plays(self, persona: Persona, value: On, reader: Reader) -> bool:
        if persona.role != self.role:
            reader.report(
                name_codes.WRONG_KIND,
                f"`{persona.name}` plays {_AN[persona.role]}, not {_AN[self.role]}",
                value.what.span,
                label=f"expected a persona with `role = {self.role}`",
                notes=(Note(persona.span, f"declared with `role = {persona.role}`"),),
            )
        return persona.role == self.role


_AN = {"user": "a user", "assistant": "an assistant"}


@dataclass(frozen=True)
class JudgedBy(OnModel):
    """A judge on a model; where only whole pairs are judged, `of` is `pair`."""

    of: Literal["pair"] | None = None
    kind: ClassVar[str] = "judge"

    @property
    def noun(self) -> str:
        return "a judge of pairs on a model" if self.of else "a judge on a model"

    def convert(self, value: On, reader: Reader) -> JudgeOn | None:
        placed = read_on(value, "judge", reader)
        judge: Judge | None = placed and placed.what
        if placed is None or judge is None or not self._fits(judge, value, reader):
            return None
        return JudgeOn(judge, placed.model, resolved(placed.sampling, judge.sampling, placed.model.sampling))

    def _fits(self, judge: Judge, value: On, reader: Reader) -> bool:
        if self.of not in (None, judge.of):
            reader.report(
                name_codes.WRONG_KIND,
                f"`{judge.name}` judges turns, not pairs",
                value.what.span,
                label="expected a judge with `of = pair`",
                notes=(Note(judge.span, "declared with `of = turn`"),),
            )
        return self.of in (None, judge.of)


class UserVoice(Shape):
    """`replay`, a voice, or `replay then` a voice, as the tuple of what is tried in turn."""

    voice: ClassVar = VoiceOn("user")
    nodes: ClassVar[tuple[type, ...]] = (tree.On, tree.Then)

    @property
    def noun(self) -> str:
        return "`replay` or a persona on a model"

    @property
    def words(self) -> tuple[str, ...]:
        return ("replay",)

    def offer(self) -> Offer:
        return self.voice.offer() | Offer(words=self.words, then=True)

    def takes(self, value: Value) -> bool:
        if isinstance(value, Then):
            return _is_word(value.first, "replay") and isinstance(value.second, On)
        return isinstance(value, On) or _is_word(value, "replay")

    def convert(self, value: Value, reader: Reader) -> tuple[Replay | Voice, ...] | None:
        if isinstance(value, Ref):
            return (Replay(),)
        voice = self.voice.read(value.second if isinstance(value, Then) else value, reader)
        if voice is None:
            return None
        return (Replay(), voice) if isinstance(value, Then) else (voice,)

    def refuse(self, value: Value, reader: Reader) -> None:
        if isinstance(value, Ref) and reader.declares(value):
            return self.voice.refuse(value, reader)
        return super().refuse(value, reader)


def _is_word(value: Value, *words: str) -> bool:
    return isinstance(value, Ref) and value.text in words


RETRIES = Forms((Form("retry", (Argument("times", count(1, 100)),), lambda times: times),))


@dataclass(frozen=True)
class PolicyShape(Shape):
    """`retry(2)`, `quarantine`, `mark`, or `retry(2) then mark`, handed to `make` as times and last word.

    `give_up` is the word for the end of what nothing helps, which is also meant where nothing is said.
    """

    give_up: str = "quarantine"
    make: Callable[..., Any] = Policy
    nodes: ClassVar[tuple[type, ...]] = (tree.Call, tree.Then)

    @property
    def noun(self) -> str:
        return f"`retry(…)`, `{self.give_up}` or `mark`"

    @property
    def words(self) -> tuple[str, ...]:
        return (self.give_up, "mark")

    def offer(self) -> Offer:
        return RETRIES.offer() | Offer(words=self.words, then=True)

    def takes(self, value: Value) -> bool:
        if isinstance(value, Then):
            return isinstance(value.first, tree.Call) and _is_word(value.second, *self.words)
        return isinstance(value, tree.Call) or _is_word(value, *self.words)

    def convert(self, value: Value, reader: Reader) -> Any:
        if isinstance(value, Ref):
            return self.make(0, value.text)
        first, last = (value.first, value.second) if isinstance(value, Then) else (value, None)
        times = RETRIES.read(first, reader)
        if times is None:
            return None
        return self.make(times, last.text if isinstance(last, Ref) else self.give_up)
