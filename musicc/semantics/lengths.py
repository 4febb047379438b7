"""How long conversations are expected to get, reckoned from what a spec says."""

from typing import NamedTuple

from musicc.diagnostics import Note
from musicc.diagnostics.codes import training as codes
from musicc.semantics.module import Dialogue, Seeds, Voice
from musicc.semantics.reader import Reader
from musicc.semantics.schema import Fields

FILL = 0.5  # of `max_tokens`, what a reply takes
USER, REPLY = 60, 250  # tokens of what a seed's user says and is answered
_LONGER = {"drop": "longer pairs are left out", "left": "the oldest turns are cut off", "error": "longer pairs stop it"}


class Length(NamedTuple):
    """Of a dialogue's longest rows: what the seed brings, and what each further line of a voice adds."""

    context: int
    turns: int
    user: int
    assistant: int

    @property
    def tokens(self) -> int:
        return self.context + (self.turns - 1) * self.user + self.turns * self.assistant

    @property
    def sum(self) -> str:
        further = f" + {self.turns - 1} × {self.user:,}" if self.turns > 1 else ""
        return f"{self.context:,}{further} + {self.turns} × {self.assistant:,} tokens"


def length(dialogue: Dialogue) -> Length:
    context = dialogue.seeds.context
    voice = next((one for one in dialogue.user if isinstance(one, Voice)), None)
    return Length(
        context=context.high * USER + (context.high - 1) * REPLY,
        turns=dialogue.turns[1],
        user=round(FILL * (voice.sampling.max_tokens or 0)) if voice else USER,
        assistant=round(FILL * _longest_reply(dialogue)),
    )


def _longest_reply(dialogue: Dialogue) -> int:
    said = dialogue.assistant.sampling.max_tokens or 0
    choices = (choice for rule in (*dialogue.chosen, *dialogue.rejected) for choice in rule.choices if choice.contrast)
    own = (choice.sampling.max_tokens or choice.contrast.sampling.max_tokens for choice in choices if choice.contrast)
    return max(said, *(tokens or said for tokens in own), 0)


def check_max_length(sources: list[Dialogue | Seeds], fields: Fields, reader: Reader) -> None:
    """Reports the dialogues whose conversations are longer than what a reward model reads."""
    limit: int | None = fields.get("max_length")
    for dialogue in (one for one in sources if isinstance(one, Dialogue)):
        taken = length(dialogue)
        if limit is not None and taken.tokens > limit:
            reader.report(
                codes.TOO_LONG,
                f"conversations of `{dialogue.name}` take about {taken.tokens:,} tokens, "
                f"and `{fields.name.text}` reads {limit:,}",
                fields.at("max_length"),
                label=_LONGER[fields.get("overlong") or "drop"],
                notes=(Note(dialogue.span, taken.sum),),
                help="fewer `turns`, a smaller `max_tokens`, or a larger `max_length`",
            )
