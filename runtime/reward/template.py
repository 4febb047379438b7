"""Conversations as a model reads them: the text that its tokenizer's chat template makes, and the tokens of that text."""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from musicc.diagnostics import Diagnostic, DiagnosticError
from musicc.diagnostics.codes.reward_data import NO_TEMPLATE, TEMPLATE_FAILS
from musicc.diagnostics.words import first_line
from musicc.runtime.data.conversation import Conversation
from musicc.runtime.llm.types import Message

_PROBES = {"system": "musicc-probe-s", "user": "musicc-probe-u", "assistant": "musicc-probe-a"}
_SAME_DAY = "{% macro strftime_now(format) %}26 Jul 2024{% endmacro %}"
"""Llama 3's templates write today's date where they can, and this one where they cannot."""


class Tokenizer(Protocol):
    """What is used of a tokenizer of transformers."""

    name_or_path: str
    chat_template: Any
    pad_token: str | None
    pad_token_id: int | None
    bos_token_id: int | None
    eos_token_id: int | None
    unk_token_id: int | None

    @property
    def added_tokens_decoder(self) -> Mapping[int, Any]: ...
    def get_chat_template(self) -> str: ...
    def apply_chat_template(self, conversation: list[Any], *, tokenize: bool, add_generation_prompt: bool) -> Any: ...
    def add_special_tokens(self, special_tokens_dict: dict[str, Any]) -> int: ...
    def __call__(self, text: list[str], **options: Any) -> Mapping[str, Any]: ...


class Renderer:
    """Whole conversations through a tokenizer's chat template. transformers runs templates, which are other people's
    programs, in Jinja's immutable sandbox (`utils/chat_template_utils.py`).

    A BOS stands where the template writes one and nowhere else. `folds_system`: the template knows no system message, so
    the system's text is set before the user's first. From here on the tokenizer has the one template that is used, and one
    that writes dates writes the same every day: what was trained today is resumed and scored tomorrow.

    Raises DiagnosticError where there is no template (M620), or it cannot render a plain conversation (M621).
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        tokenizer.chat_template = _settled(tokenizer)
        self.folds_system = False
        self.folds_system = self._misses_system()

    def text(self, conversation: Conversation, place: str | None = None) -> str:
        """The rendered conversation, which ends with the last message. Raises DiagnosticError (M621), naming `place`."""
        messages = _folded(conversation) if self.folds_system else conversation
        try:
            rendered: str = self._tokenizer.apply_chat_template(
                [dict(message) for message in messages], tokenize=False, add_generation_prompt=False
            )
        except Exception as error:  # a template is a program: it can fail in any way
            raise self._failed(f"the chat template fails: {first_line(error)}", place) from error
        return rendered

    def encode(self, texts: Sequence[str]) -> "list[array[int]]":
        """The tokens of rendered conversations. Of many at once is faster: they are read in parallel."""
        ids: list[list[int]] = self._tokenizer(
            list(texts), add_special_tokens=False, return_attention_mask=False, verbose=False
        )["input_ids"]
        return [array("i", tokens) for tokens in ids]

    def tokens(self, conversation: Conversation, place: str | None = None) -> list[int]:
        """The tokens of a conversation. Raises as `text` does."""
        return self.encode([self.text(conversation, place)])[0].tolist()

    def _misses_system(self) -> bool:
        """Whether a system message makes the template fail, as Gemma's, or gets lost, where one without it does neither."""
        if lost := self._lost("user", "assistant"):
            raise self._failed(f"the chat template leaves out what the {lost} says")
        try:
            return bool(self._lost("system", "user", "assistant"))
        except DiagnosticError:
            return True

    def _lost(self, *roles: str) -> str | None:
        """The first of these roles whose message is not in the rendered text."""
        text = self.text(tuple(Message(role=role, content=_PROBES[role]) for role in roles))
        return next((role for role in roles if _PROBES[role] not in text), None)

    def _failed(self, message: str, place: str | None = None) -> DiagnosticError:
        name = self._tokenizer.name_or_path
        help_ = f"choose another `base`, or mend the `chat_template.jinja` of `{name}`"
        return DiagnosticError(Diagnostic(TEMPLATE_FAILS, message, at=place or name, help=help_))


def _settled(tokenizer: Tokenizer) -> str:
    """The tokenizer's template, which takes no date from the clock."""
    if not tokenizer.chat_template:
        help_ = "choose an instruct model as `base`, or put a `chat_template.jinja` into the model's folder"
        message = f"`{tokenizer.name_or_path}` has no chat template"
        raise DiagnosticError(Diagnostic(NO_TEMPLATE, message, at=tokenizer.name_or_path, help=help_))
    template = tokenizer.get_chat_template()
    dated = "strftime_now" in template and not template.startswith(_SAME_DAY)
    return _SAME_DAY + template if dated else template


def _folded(conversation: Conversation) -> Iterable[Message]:
    system, *others = conversation
    if system["role"] != "system":
        return conversation
    first, *rest = others
    return [Message(role="user", content=f"{system['content']}\n\n{first['content']}"), *rest]
