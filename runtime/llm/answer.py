"""What a server's answer means: a reply, or a refusal with its reason. Servers differ in all but the bones."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import responses
from typing import Any

import orjson

from musicc.runtime.llm.stream import joined
from musicc.runtime.llm.types import Reply

OK = 200
STATUS = re.compile(r"[1-5]\d\d")
RESETS = (
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    ("RateLimit-Remaining", "RateLimit-Reset"),
)
LONGEST_RESET = 60.0  # seconds: such limits are counted by the minute, and what is longer is not the next call's wait
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
TIME = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")


@dataclass(frozen=True, slots=True)
class Refusal:
    """The server gave no reply. `status` is 0 where the answer makes no sense; `retry_after` is in seconds.

    `message` is as long as the server made it, and may hold whatever was sent to it, the API key included.
    """

    status: int
    message: str
    code: str = ""
    retry_after: float | None = None


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> Reply | Refusal:
    """Reads an answer in the form of https://platform.openai.com/docs/api-reference/chat/create, and its relatives."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = joined(body)
    if status == OK and isinstance(document, dict) and "choices" in document and not document.get("error"):
        return _reply(document)
    if status == OK:
        return _refusal_in_disguise(document, body)
    message, code = _error(document)
    return Refusal(status, message or _phrase(status, body), code, wait_asked(headers))


def _reply(document: dict[str, Any]) -> Reply | Refusal:
    choices = document["choices"]
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        return Refusal(0, "the answer has no message")
    finish = choice.get("finish_reason") or "stop"
    if finish == "error":
        return Refusal(0, _error({"error": choice.get("error")})[0] or "the server failed while it wrote")
    usage = document.get("usage")
    return Reply(
        text=_text(message.get("content")),
        finish=str(finish),
        prompt_tokens=_tokens(usage, "prompt_tokens"),
        completion_tokens=_tokens(usage, "completion_tokens"),
    )


def _text(content: Any) -> str:
    """A message's content is a string, null, or a list of parts of which those with text count."""
    if isinstance(content, list):
        return "".join(_text(part.get("text")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _tokens(usage: Any, kind: str) -> int:
    count = usage.get(kind) if isinstance(usage, dict) else None
    return count if isinstance(count, int) else 0


def _refusal_in_disguise(document: Any, body: bytes) -> Refusal:
    """Status 200, but no completion: a gateway's error, which may carry the status it means, or no JSON at all."""
    if document is None:
        return Refusal(0, f"the answer is not JSON: {body.decode(errors='replace')}")
    message, code = _error(document)
    return Refusal(int(code) if STATUS.fullmatch(code) else 0, message or "the answer is no completion", code)


def _error(document: Any) -> tuple[str, str]:
    """Message and code of an error object, whichever of the usual forms it has; empty where there is none."""
    if isinstance(document, list) and document:
        return _error(document[0])
    if not isinstance(document, dict):
        return "", ""
    error = document.get("error") or document.get("detail") or document.get("message") or ""
    if not isinstance(error, dict):
        return str(error), str(document.get("code") or "")
    return str(error.get("message") or error), str(error.get("code") or "")


def _phrase(status: int, body: bytes) -> str:
    text = body.decode(errors="replace")
    if text and not text.lstrip().startswith("<"):
        return text
    return responses.get(status, "")


def wait_asked(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait: `Retry-After` (RFC 9110, 10.2.3: seconds or a date), else the longest of the
    `x-ratelimit-reset-*` times whose `x-ratelimit-remaining-*` is not said to be above zero.
    """
    if (milliseconds := headers.get("retry-after-ms", "")).isdecimal():
        return int(milliseconds) / 1000.0
    if after := headers.get("Retry-After"):
        return _seconds_or_date(after)
    return _longest_reset(headers, unsaid="0")


def wait_for_more(headers: Mapping[str, str]) -> float | None:
    """Seconds until more may be asked, where the answer to a call says that nothing is left: as OpenAI's API does
    (`x-ratelimit-remaining-requests: 0`), or as the IETF's drafts on rate limits (`RateLimit-Remaining: 0`, and
    `RateLimit: "default";r=0;t=30`).
    """
    wait = _longest_reset(headers, unsaid="")
    return wait if wait is None else min(wait, LONGEST_RESET)


def _longest_reset(headers: Mapping[str, str], unsaid: str) -> float | None:
    """The longest time to wait for what is used up; `unsaid` is what counts as left where no header says."""
    said = [(headers.get(left, unsaid), headers.get(reset, "")) for left, reset in RESETS]
    if items := headers.get("RateLimit"):
        said += map(_item, items.split(","))
    waits = [wait for left, reset in said if left == "0" and (wait := _span(reset)) is not None]
    return max(waits, default=None)


def _item(text: str) -> tuple[str, str]:
    """What is left and when there is more, of one policy in a `RateLimit` header."""
    parts = dict(part.strip().partition("=")[::2] for part in text.split(";"))
    return parts.get("r", ""), parts.get("t", "")


def _seconds_or_date(text: str) -> float | None:
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None


def _span(text: str) -> float | None:
    """`6m0s`, `60ms`, `1.5` (seconds)."""
    parts = TIME.findall(text)
    if parts and "".join(map("".join, parts)) == text:
        return sum(float(number) * UNITS[unit] for number, unit in parts)
    try:
        return float(text)
    except ValueError:
        return None
