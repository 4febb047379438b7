"""The pad token never ends a conversation, so every program scores the token that was trained."""

from typing import Any

from musicc.runtime.reward.padding import PAD, pad_token
from musicc.runtime.reward.template import Renderer
from tests.runtime.reward.data.common import CHATML, CLOSED, LLAMA, chatml, closed, gemma, llama, said, tokenizer


def padded(tokenizer: Any) -> tuple[str, bool]:
    """The pad token, and whether the vocabulary has grown."""
    ends = {Renderer(tokenizer).tokens(said("Hi", text))[-1] for text in ("Hello", "A cake.")}
    before = len(tokenizer)
    grown = pad_token(tokenizer, ends)
    assert grown == (len(tokenizer) > before)
    assert tokenizer.pad_token_id not in {*ends, tokenizer.eos_token_id, tokenizer.bos_token_id}
    return tokenizer.pad_token, grown


def test_its_own_stays_where_it_ends_nothing() -> None:
    assert padded(chatml()) == ("<|endoftext|>", False)
    assert padded(gemma()) == ("<pad>", False)


def test_an_unused_special_token_takes_its_place() -> None:
    made = tokenizer(
        CLOSED, ["<tool>", "<unk>", "<|reserved_0|>"], eos_token="</s>", pad_token="</s>", unk_token="<unk>"
    )
    assert padded(made) == ("<|reserved_0|>", False)
    made = tokenizer(CLOSED, ["<tool>", "<unk>"], eos_token="</s>", pad_token="</s>", unk_token="<unk>")
    assert padded(made) == ("<unk>", False)
    made = tokenizer(LLAMA, ["<|header|>", "<|eot|>", "<|reserved_0|>", "<|right_pad_id|>"], bos_token="<s>")
    assert padded(made) == ("<|right_pad_id|>", False)


def test_no_token_that_the_template_writes() -> None:
    assert padded(llama()) == (PAD, True)
    assert padded(tokenizer(CHATML, ["<|im_start|>", "<file>"], eos_token="<|im_end|>")) == ("<file>", False)


def test_a_new_one_where_there_is_none_to_spare() -> None:
    made = closed()
    assert padded(made) == (PAD, True)
    assert made.convert_ids_to_tokens(len(made) - 1) == PAD
    assert padded(made) == (PAD, False)
    assert Renderer(made).tokens(said("Hi", "Hello")) == Renderer(closed()).tokens(said("Hi", "Hello"))
