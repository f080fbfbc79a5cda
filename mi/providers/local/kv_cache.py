"""A key/value cache allocated once, so that a generation step copies only its new token.

The cache of transformers concatenates at every step, which copies all positions. Here each layer
writes into buffers of the final length, and its `keys` and `values` are views of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer


class PreallocatedLayer(DynamicLayer):  # type: ignore[no-untyped-call]
    """One layer's keys and values, shape (rows, heads, length, dim), as views of longer buffers."""

    keys: Tensor
    values: Tensor

    def __init__(self, states: tuple[Tensor, Tensor], rows: Tensor, capacity: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.lazy_initialization(*states)
        self.length = states[0].shape[-2]
        self.rows = len(rows)
        # Values may be narrower than keys, and both may differ from layer to layer.
        keys, values = (
            state.new_empty((self.rows, state.shape[1], self.length + capacity, state.shape[-1]))
            for state in states
        )
        self.buffers = (keys, values)
        for buffer, state in zip(self.buffers, states, strict=True):
            torch.index_select(state, 0, rows, out=buffer[:, :, : self.length])
        self._update_views()

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Append positions and return the keys and values of all positions.

        Args:
            key_states: New keys, shape (rows, heads, new positions, dim).
            value_states: New values, of the same shape.
            args: Ignored; transformers passes more than this layer needs.
            kwargs: Ignored likewise.
        """
        start = self.length
        self.length += key_states.shape[-2]
        for buffer, states in zip(self.buffers, (key_states, value_states), strict=True):
            buffer[: self.rows, :, start : self.length] = states
        self._update_views()
        return self.keys, self.values

    def retain(self, moves: Sequence[tuple[int, int]], rows: int) -> None:
        """Copy rows over others (source, target), then drop all but the first `rows`."""
        for source, target in moves:
            for buffer in self.buffers:
                buffer[target, :, : self.length] = buffer[source, :, : self.length]
        self.rows = rows
        self._update_views()

    def _update_views(self) -> None:
        self.keys, self.values = (buffer[: self.rows, :, : self.length] for buffer in self.buffers)


def preallocate(cache: Any, rows: Tensor, capacity: int) -> Any:
    """A copy of a cache with room for more positions.

    Args:
        cache: The cache to copy from.
        rows: Indices of the rows to copy, shape (rows,); an index may occur several times.
        capacity: Number of positions that can be appended.
    """
    copy: Any = DynamicCache()
    copy.layers.extend(
        PreallocatedLayer((layer.keys, layer.values), rows, capacity) for layer in cache.layers
    )
    return copy


def retain_rows(cache: Any, active: Sequence[int]) -> list[int]:
    """Drop all rows of a cache except `active` (ascending).

    The last rows move into the places of dropped ones, so that no more rows are copied than were
    dropped.

    Returns:
        The former index of each row of the cache.
    """
    count = len(active)
    order = [row for row in active if row < count]
    sources = [row for row in active if row >= count]
    moves = list(zip(sources, sorted(set(range(count)).difference(order)), strict=True))
    with torch.no_grad():
        for layer in cache.layers:
            layer.retain(moves, count)
    for source, target in moves:
        order.insert(target, source)
    return order
