"""How much memory a training takes, from the model's shape: weights, gradients, the optimiser's states, activations."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = 1 << 30
"""Python, torch and its buffers: a GiB, measured on a CPU with a model of 135M parameters; a GPU's context is smaller."""

_CONTAINER = Path("/sys/fs/cgroup/memory.max")


@dataclass(frozen=True, slots=True)
class Weights:
    """How many parameters a model has and how many of them are trained; what both take as they are held, in bytes."""

    parameters: int
    trained: int
    bytes: int
    trained_bytes: int


@dataclass(frozen=True, slots=True)
class Shape:
    """A decoder. `queries`: heads times their size, which need not be `hidden`. `inner`: the width within the MLP."""

    layers: int
    hidden: int
    heads: int
    queries: int
    inner: int


@dataclass(frozen=True, slots=True)
class Memory:
    """In bytes, on one device. `optimiser`: AdamW's two moments. `total` has the PROGRAM in it as well."""

    weights: int
    gradients: int
    optimiser: int
    activations: int

    @property
    def total(self) -> int:
        return self.weights + self.gradients + self.optimiser + self.activations + PROGRAM


def weigh(model: Any) -> Weights:
    """Of a torch module, on the meta device as well."""
    held = [(each.numel(), each.numel() * each.element_size(), each.requires_grad) for each in model.parameters()]
    trained = [(count, size) for count, size, learns in held if learns]
    return Weights(
        parameters=sum(count for count, _, _ in held),
        trained=sum(count for count, _ in trained),
        bytes=sum(size for _, size, _ in held),
        trained_bytes=sum(size for _, size in trained),
    )


def shape(config: Any) -> Shape:
    """Of a transformers configuration; where it does not say how wide heads and MLP are, they are as is usual."""
    text = config.get_text_config()
    hidden, heads = text.hidden_size, text.num_attention_heads
    size = getattr(text, "head_dim", None) or hidden // heads
    inner = getattr(text, "intermediate_size", None) or 4 * hidden
    return Shape(text.num_hidden_layers, hidden, heads, heads * size, inner)


def estimate(
    weights: Weights,
    of: Shape,
    tokens: int,
    length: int,
    *,
    computed: int,
    checkpointing: bool = False,
    logits: bool = False,
    learns: bool = True,
    shards: int = 1,
) -> Memory:
    """Of a training that reads `tokens` in a forward pass, in conversations of at most `length`.

    `computed`: bytes of an activation. Where weights that are trained have more, as under autocast, their copies count too.
    Gradients and AdamW's moments are held as the weights are. `learns`: whether a backward pass follows; without one,
    one layer's activations are there at a time. With `checkpointing` every layer keeps its input alone, and one the rest
    (Chen et al. 2016, arXiv 1604.06174). `shards`: over how many devices the weights are spread (FSDP). `logits` as in
    `activations`.
    """
    copies = weights.trained * computed if computed * weights.trained < weights.trained_bytes else 0
    residual = max(computed, round(weights.bytes / weights.parameters))
    layer = activations(of, length, computed=computed, residual=residual, logits=logits)
    kept = of.layers * of.hidden * residual + layer if checkpointing else of.layers * layer
    return Memory(
        weights=(weights.bytes + copies) // shards,
        gradients=weights.trained_bytes // shards if learns else 0,
        optimiser=2 * weights.trained_bytes // shards if learns else 0,
        activations=tokens * (kept if learns else layer),
    )


def activations(of: Shape, length: int, *, computed: int, residual: int, logits: bool = False) -> int:
    """Bytes that a layer keeps of a token until its backward pass, to about 15%.

    Counted value by value, as Korthikanti et al. 2022 do (arXiv 2205.05198, section 4.1, 34sbh + 5as²b for GPT), for
    today's decoders: RMSNorm, rotary positions, a gated MLP, no dropout, attention that keeps no logits. With h `hidden`,
    q `queries`, f `inner`, a `heads`, c bytes of what is computed and r of the stream between the layers, which is held as
    most weights are:

    - two norms: their input in fp32, it normalised, and the result for those who read it: 2h(4 + r) + 2hc; under autocast
      each of the five projections makes its own copy of it: 5hc;
    - attention: queries, keys, values (as many as queries, where they are repeated), what is seen and that joined: 5qc;
    - the MLP: gate, its activation, the other half, their product: 4fc;
    - `logits`: eager attention, and soft-capping but in flex attention, keep what the softmax takes and gives: 8a for each
      token that is seen.
    """
    readers = 2 if residual == computed else 5
    norms = 2 * of.hidden * (4 + residual) + readers * of.hidden * computed
    attention = 5 * of.queries * computed + (8 * of.heads * length if logits else 0)
    return norms + attention + 4 * of.inner * computed


def machine() -> int | None:
    """The memory of this machine, or of this container, in bytes; None where the system does not say."""
    limits = []
    with suppress(AttributeError, ValueError, OSError):
        limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    with suppress(OSError, ValueError):
        limits.append(int(_CONTAINER.read_text()))  # "max" where there is no limit
    return min(limits, default=None)
