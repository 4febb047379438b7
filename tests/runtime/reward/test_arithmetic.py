"""What is told before a training: steps by hand, lines as they are printed, memory against what torch keeps."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicc.runtime.reward import memory
from musicc.runtime.reward.arithmetic import Arithmetic, lines, steps
from musicc.runtime.reward.memory import PROGRAM, Memory, Shape, Weights, activations, estimate, machine

SMOLLM2 = Shape(layers=30, hidden=576, heads=9, queries=576, inner=1536)
FULL = Weights(134_515_008, 134_515_008, 538_060_032, 538_060_032)
HEAD = Weights(134_515_584, 576, 269_031_744, 2_304)
GIB = 1 << 30


@pytest.mark.parametrize(
    ("pairs", "batch", "epochs", "count"),
    [
        (1400, 64, 1, 22),
        (1400, 64, 2, 44),
        (10, 4, 2, 6),  # 3 an epoch, the third with 2 pairs
        (10, 4, 1.5, 5),
        (70, 7, 0.1, 1),  # 70 * 0.1 is more than 7 in floating point
        (3, 64, 1, 1),
        (1400, 64, 0.0001, 1),
    ],
)
def test_epochs_are_counted_in_steps(pairs: int, batch: int, epochs: float, count: int) -> None:
    assert steps(pairs, batch, epochs=epochs).count == count


@given(st.integers(1, 10_000), st.integers(1, 500), st.integers(1, 50))
def test_whole_epochs_see_every_pair_as_often(pairs: int, batch: int, epochs: int) -> None:
    planned = steps(pairs, batch, epochs=epochs)
    assert planned.epochs == epochs
    sizes = [min(batch, pairs - start) for start in range(0, pairs, batch)] * epochs
    assert planned.count == len(sizes)
    assert planned.left == sizes[-1]


@given(st.integers(1, 10_000), st.integers(1, 500), st.integers(1, 5_000))
def test_steps_are_counted_in_epochs(pairs: int, batch: int, count: int) -> None:
    planned = steps(pairs, batch, count=count)
    sizes = [min(batch, pairs - start) for start in range(0, pairs, batch)]
    seen = sum(sizes[number % len(sizes)] for number in range(count))
    assert planned.count == count
    assert planned.epochs == pytest.approx(seen / pairs)


LARGE = Arithmetic(
    pairs=1_274,
    validation=98,
    dropped={"identical": 8, "too long": 20, "empty": 0},
    tokens=1_043_322,
    read=612_004,
    steps=steps(1_274, 64, epochs=2),
    devices=2,
    budget=8_192,
    weights=FULL,
    memory=estimate(FULL, SMOLLM2, 8_192, 2_048, computed=4),
    available=8 * GIB,
)


def test_lines_of_a_training() -> None:
    assert lines(LARGE) == [
        "pairs:      1,274 to train on, 98 to validate on, of 1,400 (28 dropped: 20 too long, 8 identical)",
        "tokens:     1,043,322, 819 a pair; 612,004 (41% fewer) with shared beginnings read once",
        "steps:      40 of 64 pairs, 2 epochs; the last step of an epoch has 58",
        "a step:     2 devices × 2 forward passes × about 16 pairs, at most 8,192 tokens a pass",
        "parameters: 134,515,008, all trained",
        "memory:     about 14.4 GiB: weights 0.5, gradients 0.5, AdamW 1.0, activations 11.4, the program 1.0; there are 8.0, "
        "too little: lower `token_budget`, set `gradient_checkpointing`, or train with `method = lora`",
    ]


def test_lines_where_only_a_head_is_fitted() -> None:
    held = estimate(HEAD, SMOLLM2, 4_096, 512, computed=2, learns=False)
    told = replace(
        LARGE, validation=0, dropped={}, read=LARGE.tokens, steps=None, weights=HEAD, memory=held, available=None
    )
    assert lines(told) == [
        "pairs:      1,274",
        "tokens:     1,043,322, 819 a pair",
        "parameters: 134,515,584, 576 trained (0.00043%)",
        "memory:     about 1.4 GiB: weights 0.3, activations 0.1, the program 1.0",
    ]


def test_one_step_with_fewer_pairs_than_a_batch() -> None:
    told = replace(LARGE, pairs=3, validation=0, dropped={"too long": 1}, steps=steps(3, 64, epochs=1), devices=1)
    assert lines(replace(told, tokens=900, read=900))[:4] == [
        "pairs:      3 of 4 (1 dropped: 1 too long)",
        "tokens:     900, 300 a pair",
        "steps:      1 of 64 pairs, 1 epoch; the last step of an epoch has 3",
        "a step:     1 device × 1 forward pass × about 3 pairs, at most 8,192 tokens a pass",
    ]


def test_steps_within_an_epoch_are_all_alike() -> None:
    assert "the last step" not in "\n".join(lines(replace(LARGE, steps=steps(1_274, 64, count=19))))


def test_weights_gradients_and_moments_take_what_is_known() -> None:
    """Four bytes each for weights, gradients and both moments; two more for the weights' copies under autocast."""
    plain = estimate(FULL, SMOLLM2, 0, 2_048, computed=4)
    assert plain.total - PROGRAM == 16 * FULL.parameters
    assert estimate(FULL, SMOLLM2, 0, 2_048, computed=2).total - PROGRAM == 18 * FULL.parameters
    assert estimate(FULL, SMOLLM2, 0, 2_048, computed=4, shards=4).total - PROGRAM == 4 * FULL.parameters


def test_adapters_and_heads_take_no_more_than_their_own() -> None:
    lora = Weights(140_000_000, 5_000_000, 290_000_000, 20_000_000)
    assert estimate(lora, SMOLLM2, 0, 2_048, computed=2) == Memory(300_000_000, 20_000_000, 40_000_000, 0)
    frozen = estimate(HEAD, SMOLLM2, 4_096, 2_048, computed=2, learns=False)
    assert (frozen.gradients, frozen.optimiser) == (0, 0)
    assert frozen.activations == 4_096 * activations(SMOLLM2, 2_048, computed=2, residual=2)


def test_checkpointing_keeps_the_inputs_of_layers_and_one_layer() -> None:
    whole, less = (
        estimate(FULL, SMOLLM2, 1_000, 2_048, computed=4, checkpointing=on).activations for on in (False, True)
    )
    assert less == 1_000 * 30 * 576 * 4 + whole // 30


def saved(config: Any, length: int, *, autocast: bool, checkpointing: bool) -> tuple[int, int, Weights]:
    """The bytes that torch keeps between the forward and the backward pass of a row of two conversations, parameters apart,
    and the row's tokens.
    """
    import torch
    from transformers import AutoModelForSequenceClassification

    from musicc.runtime.reward import attention
    from musicc.runtime.reward.forward import ask_for_rewards
    from musicc.runtime.reward.reading import Reading

    model = AutoModelForSequenceClassification.from_config(config).train()
    model.set_attn_implementation(attention.NAME)
    ask_for_rewards(model)
    if checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    own = {each.untyped_storage().data_ptr() for each in model.parameters()}
    kept: dict[int, Any] = {}

    def pack(tensor: Any) -> Any:
        kept[tensor.untyped_storage().data_ptr()] = tensor  # held, so that no other takes its place
        return tensor

    inputs = Reading(torch.device("cpu"), 0).inputs([[1] * 100 + [side] * (length - 100) for side in (2, 3)])
    packing = torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor)
    with packing, torch.autocast("cpu", torch.bfloat16, enabled=autocast, cache_enabled=False):
        model(**inputs)
    sizes = {place: tensor.untyped_storage().nbytes() for place, tensor in kept.items() if place not in own}
    return sum(sizes.values()), inputs["input_ids"].numel(), memory.weigh(model)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:`gradient_checkpointing_enable`:FutureWarning")
@pytest.mark.parametrize(
    ("kind", "autocast", "checkpointing", "within"),
    [
        ("LlamaConfig", False, False, 0.1),
        ("LlamaConfig", False, True, 0.05),
        ("LlamaConfig", True, False, 0.15),
        ("Gemma2Config", False, False, 0.15),  # it has two more norms than others
    ],
)
def test_activations_are_what_torch_keeps(kind: str, autocast: bool, checkpointing: bool, within: float) -> None:
    transformers = pytest.importorskip("transformers")
    pytest.importorskip("torch")

    def both(layers: int) -> tuple[int, int]:
        config = getattr(transformers, kind)(
            vocab_size=100,
            hidden_size=128,
            intermediate_size=320,
            num_hidden_layers=layers,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=32,
            num_labels=1,
            pad_token_id=0,
        )
        kept, tokens, weights = saved(config, 300, autocast=autocast, checkpointing=checkpointing)
        options = {"checkpointing": checkpointing, "logits": kind == "Gemma2Config"}
        estimated = estimate(weights, memory.shape(config), tokens, 300, computed=2 if autocast else 4, **options)
        return kept, estimated.activations

    (kept, estimated), (kept_of_two, estimated_of_two) = both(6), both(2)
    assert kept - kept_of_two == pytest.approx(estimated - estimated_of_two, rel=within)


def test_a_shape_is_read_from_a_configuration() -> None:
    transformers = pytest.importorskip("transformers")
    found = memory.shape(transformers.Gemma2Config())
    assert found == Shape(layers=26, hidden=2304, heads=8, queries=8 * 256, inner=9216)
    assert memory.shape(transformers.GPT2Config()).inner == 4 * 768


def test_a_container_has_less_than_its_machine(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = machine()
    assert whole is not None
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "_CONTAINER", limit)
    for text, expected in (("max\n", None), (f"{GIB}\n", GIB), (f"{1 << 60}\n", None)):
        limit.write_text(text)
        found = machine()
        assert found == expected if expected else found is not None and found >= whole
