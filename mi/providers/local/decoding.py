"""DecodingRows that grow by a token at a time: what sampling runs on.

`PaddedRows` advances rows of different lengths together, in one cache that is allocated once.
`PlainRows` advances rows of one length together, in whatever cache the model itself makes, so that
nothing is padded and any architecture is served: recurrent layers, keys of another width in each
layer, layers that share them. It is slower, and serves where the first is not known to be right.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import attrs
import torch
from torch import Tensor

from ..chat_template import TokenIds
from .kv_cache import preallocate, retain_rows
from .network import Network
from .prefix import empty_cache


class DecodingRows(ABC):
    """Token rows of a network that are continued together."""

    @abstractmethod
    def logits(self) -> Tensor:
        """Logits of the next token of each row, shape (rows, vocabulary)."""

    @abstractmethod
    def retain(self, kept: Sequence[int]) -> list[int]:
        """Drop all rows except `kept` (ascending); return the former index of each row."""

    @abstractmethod
    def append(self, tokens: Sequence[int]) -> None:
        """Continue each row by one token."""


def start_rows(
    network: Network, prefix_ids: TokenIds, suffixes: Sequence[TokenIds], capacity: int
) -> DecodingRows:
    """DecodingRows after their prompts.

    Args:
        network: The replica to compute on.
        prefix_ids: Token ids that all prompts begin with.
        suffixes: The rest of each prompt; equal ones are computed once where that is possible.
        capacity: Tokens that can be appended.
    """
    if network.paths.cache:
        return PaddedRows(network, prefix_ids, suffixes, capacity)
    return PlainRows(network, [prefix_ids + suffix for suffix in suffixes])


class PaddedRows(DecodingRows):
    """DecodingRows that share one preallocated cache, padded on the left of their own tokens.

    Args:
        network: The replica to compute on.
        prefix_ids: Token ids that all prompts begin with.
        suffixes: The rest of each prompt.
        capacity: Tokens that can be appended.
    """

    def __init__(
        self,
        network: Network,
        prefix_ids: TokenIds,
        suffixes: Sequence[TokenIds],
        capacity: int,
    ) -> None:
        self.network = network
        longest = len(prefix_ids) + max(map(len, suffixes))
        if longest + capacity > network.attention_window:
            # A window counts columns, and padding behind the prefix would count in it.
            prefix_ids, suffixes = (), [prefix_ids + suffix for suffix in suffixes]
        distinct = list(dict.fromkeys(suffixes))
        rows = torch.tensor([distinct.index(suffix) for suffix in suffixes], device=network.device)
        self._prefill(prefix_ids, distinct, rows, capacity)

    def _prefill(
        self, prefix_ids: TokenIds, suffixes: Sequence[TokenIds], rows: Tensor, capacity: int
    ) -> None:
        """Run the model on the distinct prompts, and copy their keys and values to the rows."""
        network = self.network
        prefix = network.prefix(prefix_ids)
        cache = prefix.kv_cache(len(suffixes)) or empty_cache()
        cut, longest = len(prefix.ids), max(map(len, suffixes))
        padding = torch.tensor(
            [longest - len(suffix) for suffix in suffixes], device=network.device
        )
        ids = network.padded_tensor([(*[0] * (longest - len(ids)), *ids) for ids in suffixes])
        columns = torch.arange(cut + longest + capacity, device=network.device)
        # Padding lies between the shared prefix and the rest of the prompt; nothing attends to it.
        mask = (columns < cut) | (columns >= cut + padding[:, None])
        positions = (columns[cut : cut + longest] - padding[:, None]).clamp(min=cut)
        hidden = network.forward(
            ids, cache=cache, positions=positions, mask=mask[:, : cut + longest]
        )
        self.hidden = hidden[rows, -1]
        self.cache = preallocate(cache, rows, capacity)
        self.mask, self.padding = mask[rows], padding[rows]

    def logits(self) -> Tensor:
        return self.network.logits(self.hidden)

    def retain(self, kept: Sequence[int]) -> list[int]:
        order = retain_rows(self.cache, kept)
        rows = torch.tensor(order, device=self.network.device)
        self.mask, self.padding = self.mask[rows], self.padding[rows]
        return order

    def append(self, tokens: Sequence[int]) -> None:
        last = torch.tensor(tokens, device=self.network.device)[:, None]
        length = self.cache.get_seq_length()
        self.hidden = self.network.forward(
            last,
            cache=self.cache,
            positions=(length - self.padding)[:, None],
            mask=self.mask[:, : length + 1],
        )[:, -1]


@attrs.define(eq=False)
class _Group:
    """DecodingRows of one length.

    Args:
        members: The index of each row among all rows.
        ids: All token ids, shape (rows, length).
        hidden: Hidden states that predict the next token, shape (rows, width).
        cache: The model's own cache; None where it is not used.
    """

    members: list[int]
    ids: Tensor
    hidden: Tensor
    cache: Any


class PlainRows(DecodingRows):
    """DecodingRows that are padded nowhere, in the model's own cache.

    A cache cannot drop rows in every architecture, so a row that is dropped is computed on, unread,
    until its whole group is dropped.

    Args:
        network: The replica to compute on.
        prompts: The token ids of each row.
    """

    def __init__(self, network: Network, prompts: Sequence[TokenIds]) -> None:
        self.network = network
        self.active = list(range(len(prompts)))
        self.groups = []
        for length in sorted({len(prompt) for prompt in prompts}):
            members = [index for index, ids in enumerate(prompts) if len(ids) == length]
            ids = network.padded_tensor([prompts[index] for index in members])
            self.groups.append(_Group(members, ids, *self._extend(ids, ids, None)))

    def _extend(self, ids: Tensor, new: Tensor, cache: Any) -> tuple[Tensor, Any]:
        """The last hidden state of each row and the cache, after `new`, the last of `ids`."""
        if self.network.paths.own_cache:
            hidden, cache = self.network.extend(new, cache)
            return hidden[:, -1], cache
        return self.network.forward(ids)[:, -1], None

    def logits(self) -> Tensor:
        hidden = {
            member: group.hidden[row]
            for group in self.groups
            for row, member in enumerate(group.members)
        }
        return self.network.logits(torch.stack([hidden[member] for member in self.active]))

    def retain(self, kept: Sequence[int]) -> list[int]:
        self.active = [self.active[row] for row in kept]
        active = set(self.active)
        self.groups = [group for group in self.groups if active.intersection(group.members)]
        return list(kept)

    def append(self, tokens: Sequence[int]) -> None:
        chosen = dict(zip(self.active, tokens, strict=True))
        for group in self.groups:
            last = [
                chosen.get(member, int(ids[-1]))
                for member, ids in zip(group.members, group.ids, strict=True)
            ]
            new = torch.tensor(last, device=group.ids.device)[:, None]
            group.ids = torch.cat([group.ids, new], dim=1)
            group.hidden, group.cache = self._extend(group.ids, new, group.cache)
