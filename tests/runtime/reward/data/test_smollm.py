"""The embedded model's own tokenizer: its default system prompt, its pad token, which is its end of text, and real texts."""

from typing import Any

import pytest

from musicc.runtime.llm.weights import locate
from musicc.runtime.reward.padding import pad_token
from musicc.runtime.reward.template import Renderer
from tests.runtime.reward.data.common import said

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def smollm() -> Any:
    from transformers import AutoTokenizer

    weights = locate("smollm2_135m")
    return AutoTokenizer.from_pretrained(str(weights.parent), gguf_file=weights.name)


def test_a_conversation_of_the_embedded_model(smollm: Any) -> None:
    renderer = Renderer(smollm)
    assert not renderer.folds_system
    talk = said("What is a fugue?", "A piece of music.")
    text = renderer.text(talk)
    assert text.startswith("<|im_start|>system\nYou are a helpful AI assistant named SmolLM")
    assert text.endswith("<|im_start|>assistant\nA piece of music.<|im_end|>\n")
    assert smollm.decode(renderer.tokens(talk)) == text
    briefed = renderer.text(said("What is a fugue?", "A piece of music.", system="Be brief."))
    assert briefed.startswith("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user")


def test_the_pad_token_of_the_embedded_model(smollm: Any) -> None:
    assert smollm.pad_token == smollm.eos_token == "<|im_end|>"
    ends = {Renderer(smollm).tokens(said("Hi", "Hello"))[-1]}
    assert not pad_token(smollm, ends)
    assert (smollm.pad_token, smollm.pad_token_id, len(smollm)) == ("<|endoftext|>", 0, 49152)
