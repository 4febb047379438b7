"""The form in which a server wants to be asked. What differs between servers is learnt from what they refuse.

Only what changes no reply is put otherwise: the limit of tokens goes by its other name, a JSON schema is left out (the
form is asked for in words as well), and so is a sampling field that no call sets to anything but 1, which is what the
protocol says of a field that is not there. Any other sampling than the spec's is the spec's to say.
"""

import re
from collections.abc import Sequence
from typing import Any

import orjson

from musicc.plan.document import Model
from musicc.runtime.llm.answer import Refusal
from musicc.runtime.llm.types import Request

UNPROCESSABLE = {400, 413, 422}
LIMIT, OTHER_LIMIT = "max_tokens", "max_completion_tokens"
FORMAT = "response_format"
SAMPLED = ("temperature", "top_p")
UNSET = 1.0  # what a server takes for a sampling field that is not there

FORMAT_REFUSED = re.compile(r"response.?format|json.?schema|structured|guided|grammar", re.IGNORECASE)
LIMIT_REFUSED = re.compile(rf"(\buse\b|not supported|unsupported|deprecated).{{0,40}}{OTHER_LIMIT}", re.IGNORECASE)
NOT_TAKEN = re.compile(r"not supported|unsupported parameter|deprecated|cannot both|< ?1\b", re.IGNORECASE)
QUOTED = r"['\"`](?:temperature|top_p|stop|seed)['\"`]"
VERDICT = r"support|deprecated|must be|should be|cannot both|only|extra_forbidden|not permitted|not allowed"
FIELD_REFUSED = re.compile(
    rf"(?:{VERDICT}).{{0,40}}{QUOTED}|{QUOTED}.{{0,60}}(?:{VERDICT})"
    r"|invalid (?:temperature|top_p)\b|\b(?:temperature|top_p)(?: and (?:temperature|top_p))? cannot both"
    r"|\b(?:temperature|top_p): range",
    re.IGNORECASE | re.DOTALL,
)
NAMED = re.compile(r"\b(?:temperature|top_p|stop|seed)\b")
ALLOWED = re.compile(r"\bonly (?:the default \()?(\d+(?:\.\d+)?)", re.IGNORECASE)


class Form:
    """What is sent to the server of a model."""

    def __init__(self, model: Model) -> None:
        self._served = model.served
        self._seeded = model.seeded
        self._limit = LIMIT
        self._left_out: set[str] = set() if model.structured else {FORMAT}
        self._chosen: set[str] = set()  # sampling fields that a call set to anything but 1

    def body(self, request: Request) -> bytes:
        """A request as JSON."""
        body: dict[str, Any] = {
            "model": self._served,
            "messages": request.messages,
            "temperature": request.temperature,
            "top_p": request.top_p,
            self._limit: request.max_tokens,
        }
        if request.stop:  # some servers refuse an empty list
            body["stop"] = request.stop
        if self._seeded:
            body["seed"] = request.seed
        if request.fields and FORMAT not in self._left_out:
            body[FORMAT] = _json_schema(request.fields)
        for field in SAMPLED:
            if body[field] != UNSET:
                self._chosen.add(field)
            elif field in self._left_out:
                del body[field]
        return orjson.dumps(body)

    def learn(self, refusal: Refusal) -> bool:
        """Whether a request was refused for its form; if so, from now on it and others are put otherwise."""
        if refusal.status not in UNPROCESSABLE:
            return False
        if LIMIT_REFUSED.search(refusal.message):
            self._limit = OTHER_LIMIT
            return True
        unknown = self._unknown(refusal.message)
        self._left_out |= unknown
        return bool(unknown)

    def _unknown(self, said: str) -> set[str]:
        """The fields that are refused and can do without."""
        if FIELD_REFUSED.search(said):
            return set(refused_fields(said)) & (set(SAMPLED) - self._chosen) if NOT_TAKEN.search(said) else set()
        return {FORMAT} if FORMAT_REFUSED.search(said) else set()


def refused_fields(said: str) -> list[str]:
    """The sampling fields that a server's message refuses, and `seed`, in its order; none if it is about something else."""
    found = FIELD_REFUSED.search(said)
    return list(dict.fromkeys(NAMED.findall(found[0]))) if found else []


def mend(fields: Sequence[str], said: str) -> str:
    """What to write in a spec whose sampling `fields` are refused."""
    if "seed" in fields:
        return "write `seeded = false` in the model"
    if "stop" in fields:
        return "leave `stop` out of the `sampling` of this model's calls"
    if len(fields) > 1:
        return f"leave `{fields[0]}` or `{fields[1]}` at 1, in the `sampling` of all that speaks `on` this model"
    allowed = ALLOWED.search(said)
    value = allowed[1] if allowed else "1" if NOT_TAKEN.search(said) else "…"
    return f"write `{fields[0]}: {value}` in the `sampling` of the model, and nothing else where a voice is `on` it"


def _json_schema(fields: Sequence[str]) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {field: {"type": "string"} for field in fields},
        "required": list(fields),
        "additionalProperties": False,
    }
    return {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": schema}}
