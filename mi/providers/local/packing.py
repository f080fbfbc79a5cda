"""Several continuations of one trunk in a single row: a tree of tokens, laid out flat.

The tokens of the trunk come first, then those of each branch. A token of a branch attends to the
trunk and to its own branch, and its position is the one it would have if its branch were alone. So
one row computes the same as a padded row per branch, without padding and with the trunk only once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor


def tree_attention(
    cache_length: int, trunk_length: int, branch_lengths: Sequence[int], device: torch.device
) -> tuple[Tensor, Tensor]:
    """Positions and attention mask of a packed row.

    Args:
        cache_length: Tokens in the cache, which every token attends to.
        trunk_length: Tokens of the trunk.
        branch_lengths: Tokens of each branch.
        device: Where to put the tensors.

    Returns:
        Positions, shape (1, tokens), and a boolean mask, shape (1, 1, tokens, cache_length +
        tokens), which is True where a token attends to another.
    """
    owners, places = [0] * trunk_length, list(range(trunk_length))
    for index, length in enumerate(branch_lengths, start=1):
        owners += [index] * length
        places += range(trunk_length, trunk_length + length)
    owner = torch.tensor(owners, device=device)
    order = torch.arange(len(owners), device=device)
    causal = order[:, None] >= order
    related = (owner == 0) | (owner[:, None] == owner)
    cached = torch.ones(len(owners), cache_length, dtype=torch.bool, device=device)
    mask = torch.cat([cached, causal & related], dim=1)
    positions = torch.tensor([places], device=device) + cache_length
    return positions, mask[None, None]


def additive_mask(mask: Tensor | None, config: Any) -> Tensor | None:
    """A mask in the form that the model's attention implementation takes.

    `eager` attention adds the mask to its scores, so a boolean one would add 1 and 0 and hide
    nothing; the other implementations take a boolean mask as it is. A mask with one row of columns
    is turned into what an implementation needs by transformers itself.

    Args:
        mask: Boolean of shape (rows, 1, length, columns), or of shape (rows, columns), or None.
        config: The config of the decoder, which names its implementation.
    """
    if mask is None or mask.dim() != 4 or config._attn_implementation != "eager":
        return mask
    lowest = torch.finfo(torch.float32).min
    return torch.zeros(mask.shape, device=mask.device).masked_fill(~mask, lowest)
