"""Attention over rows of conversations (`trees`): each token sees its conversation up to itself, and nothing else.

It takes the place of a transformers attention function, so that every backbone that lets its attention be chosen can
read rows. No mask over the whole row is made: each limb asks what it sees, and no more is computed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from musicc.runtime.reward.trees import Limb, Slice

NAME = "musicc_rows"


@dataclass(frozen=True, slots=True)
class Sight:
    """What the tokens of a limb see: `keys`, pieces of the row, by `mask` [own, keys], or up to themselves without one."""

    own: Slice
    keys: tuple[Slice, ...]
    mask: Tensor | None


class Sights:
    """The sights of a row's limbs. Masks are made once for all layers that look equally far."""

    def __init__(self, limbs: Sequence[Limb], device: torch.device) -> None:
        self._limbs, self._device = limbs, device
        self._made: dict[int | None, list[Sight]] = {}

    def of(self, window: int | None) -> list[Sight]:
        """`window`: how many tokens back a layer looks at most, itself included; None where it sees all."""
        if window not in self._made:
            self._made[window] = [self._sight(limb, window) for limb in self._limbs]
        return self._made[window]

    def _sight(self, limb: Limb, window: int | None) -> Sight:
        length = limb.start + limb.own[1] - limb.own[0]
        if not limb.before and (window is None or window >= length):
            return Sight(limb.own, (limb.own,), None)
        back = torch.arange(limb.start, length, device=self._device)[:, None] - torch.arange(
            length, device=self._device
        )
        seen = back >= 0 if window is None else (back >= 0) & (back < window)
        return Sight(limb.own, (*limb.before, limb.own), seen)


def attend(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    softcap: float | None = None,
    sights: Sights | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """The signature of transformers' attention functions: query [1, heads, T, d], key and value [1, groups, T, d].

    Returns [1, T, heads, d]. `softcap` as in Gemma 2 (arXiv 2408.00118, section 2): logits are softcap·tanh(logits / softcap).
    """
    if sights is None:
        raise ValueError("rows are read with their sights")
    look = _capped(scaling, softcap) if softcap else _plain(scaling)
    seen = [look(*_pieces(query, key, value, sight), sight.mask) for sight in sights.of(sliding_window)]
    return torch.cat(seen, dim=2).transpose(1, 2), None


Look = Callable[[Tensor, Tensor, Tensor, Tensor | None], Tensor]


def _pieces(query: Tensor, key: Tensor, value: Tensor, sight: Sight) -> tuple[Tensor, Tensor, Tensor]:
    start, stop = sight.own
    return query[:, :, start:stop], _joined(key, sight.keys), _joined(value, sight.keys)


def _joined(values: Tensor, slices: Sequence[Slice]) -> Tensor:
    pieces = [values[:, :, start:stop] for start, stop in slices]
    return pieces[0] if len(pieces) == 1 else torch.cat(pieces, dim=2)


def _plain(scaling: float | None) -> Look:
    def look(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
        return scaled_dot_product_attention(
            query, key, value, attn_mask=mask, is_causal=mask is None, scale=scaling, enable_gqa=_grouped(query, key)
        )

    return look


def _capped(scaling: float | None, softcap: float) -> Look:
    """torch's own attention cannot cap; this one holds the logits of one limb in memory."""

    def look(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
        groups = query.shape[1] // key.shape[1]
        key, value = key.repeat_interleave(groups, dim=1), value.repeat_interleave(groups, dim=1)
        logits = query @ key.transpose(2, 3) * (scaling or query.shape[-1] ** -0.5)
        logits = softcap * torch.tanh(logits / softcap)
        if mask is None:
            mask = torch.ones(logits.shape[-2:], dtype=torch.bool, device=logits.device).tril()
        weights = logits.masked_fill(~mask, -torch.inf).softmax(-1, dtype=torch.float32)
        return weights.to(query.dtype) @ value

    return look


def _grouped(query: Tensor, key: Tensor) -> bool:
    return query.shape[1] != key.shape[1]


AttentionInterface.register(NAME, attend)
