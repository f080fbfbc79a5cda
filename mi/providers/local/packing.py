"""Several continuations of one beginning as one row: a tree of tokens, laid out flat.

The tokens of the beginning come first, then each branch. A token of a branch sees the beginning and
its own branch and is placed as if its branch alone followed, so a row computes what as many
padded rows would, without the padding and with the beginning once.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def tree_attention(
    cache_length: int, trunk_length: int, branch_lengths: Sequence[int], device: torch.device
) -> tuple[Tensor, Tensor]:
    """Positions, shape (1, tokens), and who sees whom, shape (1, 1, tokens, before + tokens).

    Args:
        before: Tokens in the cache, which all see.
        trunk: Tokens of the beginning.
        branches: Tokens of each branch.
    """
    owner, place = [0] * trunk_length, list(range(trunk_length))
    for index, length in enumerate(branch_lengths, start=1):
        owner += [index] * length
        place += range(trunk_length, trunk_length + length)
    owners = torch.tensor(owner, device=device)
    order = torch.arange(len(owner), device=device)
    causal = order[:, None] >= order
    related = (owners == 0) | (owners[:, None] == owners)
    cached = torch.ones(len(owner), cache_length, dtype=torch.bool, device=device)
    mask = torch.cat([cached, causal & related], dim=1)
    positions = torch.tensor([place], device=device) + cache_length
    return positions, mask[None, None]
