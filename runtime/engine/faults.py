"""What is wrong with a reply, told from its text alone. Recognised before a reply is kept; the plan's policy decides.

Rules lean towards what a reader would call broken. Code (fenced or inline) is never searched for roles and loops, and
speaker labels are fine where a dialogue was asked for.
"""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from musicc.plan.document import Fault

Role = Literal["user", "assistant"]

_CUT_OFF = frozenset({"length", "max_tokens", "model_length", "content_filter"})

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
# ChatML, Llama 3 and 4, Phi, Cohere, GPT-OSS and others write <|name|>; then DeepSeek, Gemma, Llama 2 and Mistral, GLM,
# reasoning marks; <s> and </s> only at the ends, since they are HTML as well.
_TOKEN = re.compile(
    r"<\|[a-z][a-z0-9_ ]{1,40}\|>|<｜[^｜<>\n]{1,40}｜>|</?(?:start|end)_of_turn>|<(?:bos|eos|pad|unk)>|\[/?INST\]"
    r"|<</?SYS>>|\[gMASK\]|</?think>|\[/?(?:TOOL_CALLS|AVAILABLE_TOOLS|SYSTEM_PROMPT)\]|\A\s*</?s>|</?s>\s*\Z",
    re.IGNORECASE,
)
_SPEAKER = re.compile(
    r"(?:^[ \t]*|(?<=[.!?])[ \t]+)(?:#{1,4} |\[|<)?[*_]{0,2}"
    r"(?:(?:the )?(?:user|human|assistant|AI assistant|chatbot)(?:'s (?:next )?(?:message|reply|response|turn))?)[*_]{0,2}"
    r"(?:[\]>]?[ \t]*:|[\]>]\s)"
    r"|^#{2,4} ?(?:instruction|response|input|system):",
    re.IGNORECASE | re.MULTILINE,
)
_DIALOGUE = re.compile(
    r"\b(?:dialog|conversation|transcript|script|interview|chat|role-?play|scene|few-shot|example exchange)",
    re.IGNORECASE,
)
_ROLE_WORDS = ("user", "human", "assistant", "chatbot", "instruction", "response", "input", "system")
_ANSWER_OPENING = re.compile(
    r"\W*(?:(?:sure|certainly|absolutely|of course|great|okay|ok)\b\W+(?:here|I can|I'll|I'd|I will|let me|let's)\b"
    r"|here(?:'s| is| are) (?:a|an|some|your|the)\b(?! (?:thing|problem|question))"
    r"|(?:that's )?(?:a )?(?:great|good|excellent) question\b|you're welcome\b|I'm sorry, but\b|I apologi[sz]e\b"
    r"|(?:the )?(?:next|follow-?up|modified|rewritten|different|new(?! question)) (?:user )?"
    r"(?:message|question|instruction)[*_]*:)",
    re.IGNORECASE,
)
_ANSWER_PHRASES = (
    "as an ai ", "as an ai,", "i'm an ai", "i am an ai", "i'm a language model", "i am a language model",
    "how can i help you", "how may i help you", "how can i assist", "how may i assist", "thing else i can", "feel free to ask",
    "feel free to reach", "i hope this helps", "i hope that helps", "i'd be happy to", "i would be happy to",
    "i'd be glad to", "i'm here to help", "i'm happy to help", "i'm glad to help", "if you have any other questions",
    "if you have any further questions", "if you have any more questions", "if you have any questions",
)  # fmt: skip
_CONSTRUCTION_WORDS = ("instruction", "question", "request", "prompt", "answer", "asked")
_CONSTRUCTION = re.compile(
    r"\b(?:modified|rewritten|altered|hidden) (?:instruction|question|request|prompt|message|version of (?:your|the) question)"
    r"|\b(?:new|revised|updated|alternative|other) (?:instruction|prompt)\b"
    r"|\b(?:original|actual|initial) (?:instruction|question|request|prompt)\b"
    r"|\binstead of (?:answering )?(?:your|the|what you|what was) (?:question|request|instruction|asked)"
    r"|\"(?:instruction|answer)\"\s*:|^[ \t#*]*(?:modified |new )?instruction[*]*:|</?(?:instruction|answer)>",
    re.IGNORECASE | re.MULTILINE,
)
QUOTABLE = 6  # words; a shorter instruction turns up in an honest answer by chance

_AGAIN = re.compile(r"\b(?:again|repeat|once more|same)\b", re.IGNORECASE)
_NO_PUNCTUATION = str.maketrans(dict.fromkeys(string.punctuation + "“”‘’«»…–—", " "))
_SAME_WORDS = 0.85
_SHORT = 40  # characters; so short an answer may well be the answer to two questions
_LOOP_WINDOW = 200  # words


def faults_of(
    text: str, finish: str, *, role: Role, hidden: str | None, earlier: Sequence[str], said: str = ""
) -> tuple[Fault, ...]:
    """The faults of a reply, in the order of `Fault`; `unparsable` is the parser's to find.

    `hidden` is the instruction that the reply secretly answers, None where it is faithful. `earlier` are the messages of
    the same role before it: none where a repetition is meant. `said` is what the user really said in this turn.
    """
    prose = _CODE.sub(" ", text) if "`" in text else text
    lower = prose.lower().replace("’", "'")
    tests: tuple[tuple[Fault, bool], ...] = (
        ("empty", _is_empty(text)),
        ("truncated", finish in _CUT_OFF),
        ("role_leak", _leaks_role(prose, lower, hidden or said) or (role == "user" and _answers(lower))),
        ("hidden_leak", hidden is not None and _leaks_hidden(text, hidden, said)),
        ("repeated", _loops(lower) or _repeats(text, role, earlier, said)),
    )
    return tuple(fault for fault, holds in tests if holds)


def _is_empty(text: str) -> bool:
    """Nothing but white space, punctuation and template tokens. An emoji is an answer."""
    bare = _TOKEN.sub(" ", text) if "<" in text or "[" in text else text
    return not any(char.isalnum() or unicodedata.category(char) == "So" for char in bare)


def _leaks_role(prose: str, lower: str, asked: str) -> bool:
    """Template tokens, or a line of another speaker where no dialogue was `asked` for."""
    if ("<" in prose or "[" in prose) and _TOKEN.search(prose):
        return True
    named = _has_any(lower, _ROLE_WORDS)
    return named and _SPEAKER.search(prose) is not None and not _DIALOGUE.search(asked)


def _answers(lower: str) -> bool:
    """A user who speaks as an assistant does."""
    return _ANSWER_OPENING.match(lower) is not None or _has_any(lower, _ANSWER_PHRASES)


def _has_any(text: str, phrases: Sequence[str]) -> bool:
    for phrase in phrases:  # noqa: SIM110 - twice as fast as `any`, and every reply is read by it
        if phrase in text:
            return True
    return False


def names_construction(text: str) -> bool:
    """It speaks of an instruction that is not the user's."""
    lower = text.lower()
    return _has_any(lower, _CONSTRUCTION_WORDS) and _CONSTRUCTION.search(text) is not None


def _leaks_hidden(text: str, hidden: str, said: str) -> bool:
    """It speaks of the construction, or recites an instruction that the user never gave."""
    if names_construction(text):
        return True
    secret = _plain(hidden)
    return secret.count(" ") >= QUOTABLE - 1 and secret in _plain(text) and secret not in _plain(said)


@lru_cache(4096)  # a reply is compared with at every later turn
def _plain(text: str) -> str:
    return " ".join(plain_words(text))


def plain_words(text: str) -> list[str]:
    """The words of a text, without case and punctuation."""
    return text.casefold().translate(_NO_PUNCTUATION).split()


def _repeats(text: str, role: Role, earlier: Sequence[str], said: str) -> bool:
    """An assistant repeats itself word for word, and is not asked to; a user even with nearly the same words.

    Nearly: the sets of words have a Jaccard index of at least 0.85. An assistant's edit of its own text (a name changed
    on request) would pass for a repetition by that measure, and its short answers may well recur.
    """
    if not earlier:
        return False
    if role == "user":
        words = _vocabulary(text)
        return any(_jaccard(words, _vocabulary(other)) >= _SAME_WORDS for other in earlier)
    if len(text) < _SHORT:
        return False
    near = [other for other in earlier if abs(len(other) - len(text)) <= len(text) / 4]
    return bool(near) and _plain(text) in map(_plain, near) and not _AGAIN.search(said)


@lru_cache(4096)  # an utterance is compared with at every later turn
def _vocabulary(text: str) -> frozenset[str]:
    return frozenset(plain_words(text))


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    common = len(one & other)
    union = len(one) + len(other) - common
    return common / union if union else 1.0


def _loops(lower: str) -> bool:
    """Stuck: sentences of four words and more that occur three times make up a third of all sentences, or fewer than one
    word in five of the last 200 is new."""
    words = lower[-_LOOP_WINDOW * 10 :].split()[-_LOOP_WINDOW:]
    if len(words) >= 40 and len(set(words)) * 5 < len(words):
        return True
    lines = lower.replace("!", ".").replace("?", ".").replace("\n", ".").split(".")
    sentences = [sentence for line in lines if (sentence := line.strip(" -*\t0123456789)"))]
    if len(sentences) - len(set(sentences)) < 2:
        return False
    stuck = sum(n for sentence, n in Counter(sentences).items() if n >= 3 and sentence.count(" ") >= 3)
    return stuck * 3 >= len(sentences)
