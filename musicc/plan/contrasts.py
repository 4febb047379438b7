"""A contrast → the steps of an option: how the reply goes wrong on purpose."""

from dataclasses import asdict, dataclass
from typing import Literal

from musicc.plan import document as doc
from musicc.plan.parts import FORMAT, Parts
from musicc.plan.templates import CONVERSATION, used_variables
from musicc.semantics.module import Choice, Contrast, Model, Sampling, Voice
from musicc.semantics.voices import resolved

HIDDEN_ROOM = 256
"""Tokens that a draft may have beyond an answer, for the hidden instruction and the form: else rejected answers would be
cut off earlier than chosen ones, and length would tell the branches apart."""

_MEANING = {"instruction": "the modified instruction", "answer": "the answer to it"}


def settled(*places: Sampling) -> doc.Sampling:
    """Field by field what the first place says, at last the default."""
    return doc.Sampling(**asdict(resolved(*places)))


def reply_format(reply: tuple[str, ...]) -> str:
    """Tells a model in words what the JSON schema of a structured reply tells its server.

    The members say nothing, so that a model that only repeats the form has said nothing, which is found out.
    """
    members = ", ".join(f'"{name}": "..."' for name in reply)
    meanings = [f'"{name}" is {_MEANING[name]}' for name in reply if name in _MEANING]
    return f"Reply with one JSON object and nothing else. {' and '.join(meanings)}:\n{{{members}}}"


def answer(assistant: Voice, parts: Parts, say: Literal["instruction", "hidden"]) -> doc.Call:
    """The assistant's own reply to what is said."""
    model = parts.model(assistant.model)
    return doc.Call(out="reply", model=model, sampling=settled(assistant.sampling), system=doc.ASSISTANT, say=say)


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms that a choice of a contrast can take, in the place of `assistant`.

    Model, sampling and system text of a contrast are those of the call that makes it one: with `prompt` the call that
    writes hidden instruction and answer, with `rewrite` the one that writes the hidden instruction, else the reply.
    """

    choice: Choice
    contrast: Contrast
    assistant: Voice
    parts: Parts

    def option(self) -> doc.Option:
        return doc.Option(
            rule=self.contrast.name,
            weight=self.choice.weight,
            needs_history=self.contrast.needs_history,
            steps=self._two_calls() or self._one_call() or self._reply(),
            one_call=self._one_call() if self.contrast.rewrite else (),
        )

    def _two_calls(self) -> tuple[doc.Step, ...]:
        """The hidden instruction is written, then the assistant answers it."""
        if self.contrast.rewrite is None:
            return ()
        rewrite = self._ask("hidden", "rewrite", self.contrast.rewrite.value, self._system(None))
        return rewrite, answer(self.assistant, self.parts, "hidden")

    def _one_call(self) -> tuple[doc.Step, ...]:
        """Hidden instruction and answer come in one reply, in the assistant's voice."""
        if self.contrast.prompt is None:
            return ()
        reply = self.contrast.reply
        text = _with_format(self.contrast.prompt.value, reply)
        draft = self._ask("draft", "prompt", text, self._system(doc.ASSISTANT), reply, room=HIDDEN_ROOM)
        return draft, doc.Parse(of="draft", fields=reply)

    def _reply(self) -> tuple[doc.Step, ...]:
        """The assistant replies, to what was said or to something else; in other circumstances, or not to the end."""
        taken = {None: (), "other_seed": (doc.Borrow(),), "earlier_turn": (doc.Recall(),)}[self.contrast.hidden]
        cut = (doc.Cut(of="whole", keep=self.contrast.cut),) if self.contrast.cut else ()
        call = doc.Call(
            out="whole" if cut else "reply",
            model=self.parts.model(self._model),
            sampling=self._sampling(),
            system=self._system(doc.ASSISTANT),
            history="none" if self.contrast.history == "none" else "chat",
            say="hidden" if taken else "instruction",
        )
        return (*taken, call, *cut)

    def _ask(
        self, out: str, field: str, text: str, system: str | None, reply: tuple[str, ...] = (), room: int = 0
    ) -> doc.Call:
        """A call that asks with a template; one that shows the conversation itself need not see it as chat too."""
        shown = not CONVERSATION.isdisjoint(used_variables(text))
        return doc.Call(
            out=out,
            model=self.parts.model(self._model),
            sampling=self._sampling(room),
            system=system,
            history="none" if shown else "chat",
            ask=self.parts.template(f"{self.contrast.name}.{field}", text, f"contrast.{field}"),
            fields=reply,
        )

    @property
    def _model(self) -> Model:
        return self.choice.model or self.contrast.model or self.assistant.model

    def _sampling(self, room: int = 0) -> doc.Sampling:
        """The rule's settings, the contrast's, another model's own, the assistant's: the nearest that says a field.

        `room` is added to a `max_tokens` that was not meant for this call, but for the assistant's answers.
        """
        nearest = (self.choice.sampling, self.contrast.sampling)
        own = self._model.sampling if self._model != self.assistant.model else Sampling()
        sampling = settled(*nearest, own, self.assistant.sampling)
        limited = any(place.max_tokens for place in nearest)
        return sampling if limited else sampling.model_copy(update={"max_tokens": sampling.max_tokens + room})

    def _system(self, otherwise: str | None) -> doc.TemplateId | None:
        text = self.contrast.system
        return self.parts.template(f"{self.contrast.name}.system", text.value, "contrast.system") if text else otherwise


def _with_format(text: str, reply: tuple[str, ...]) -> str:
    """The template with the reply's form where it says `{{ format }}`, else at its end."""
    form = reply_format(reply)
    if FORMAT in used_variables(text):
        return f"{{% set {FORMAT} %}}{form}{{% endset %}}{text}"
    return f"{text}\n\n{form}"
