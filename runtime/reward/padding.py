"""The token that fills up the shorter conversations of a batch, chosen so that no scored token is taken for it."""

from musicc.runtime.reward.template import Tokenizer

PAD = "<|pad|>"
_MEANT = "pad"
_IDLE = ("reserved", "unused", "placeholder")


def pad_token(tokenizer: Tokenizer, ends: set[int]) -> bool:
    """Gives the tokenizer a pad token that is neither its end-of-text token nor among `ends`, the last tokens of
    conversations. Says whether the vocabulary has grown by it: then a model's embeddings have to.

    Many programs score the last token that is not the pad token (transformers' `GenericForSequenceClassification`); where
    a conversation ends with it, they score an earlier one. The tokenizer's own pad token stays if it will do, else an
    unused special token becomes it, else a new one, `<|pad|>`.
    """
    taken = ends | {tokenizer.eos_token_id, tokenizer.bos_token_id}
    if tokenizer.pad_token_id is not None and tokenizer.pad_token_id not in taken:
        return False
    if spare := _spare(tokenizer, taken):
        tokenizer.pad_token = spare
        return False
    return tokenizer.add_special_tokens({"pad_token": PAD}) > 0


def _spare(tokenizer: Tokenizer, taken: set[int | None]) -> str | None:
    """The special token that serves least: one that is there for padding, one for nothing, the unknown, any other."""
    template = str(tokenizer.chat_template)
    special = ((id_, token.content) for id_, token in tokenizer.added_tokens_decoder.items() if token.special)
    free = [(id_, name) for id_, name in special if id_ not in taken and name not in template]
    return min(free, key=lambda one: (_use(one[1], one[0] == tokenizer.unk_token_id), one[0]), default=(0, None))[1]


def _use(name: str, unknown: bool) -> int:
    if _MEANT in name.lower():
        return 0
    if any(word in name.lower() for word in _IDLE):
        return 1
    return 2 if unknown else 3
