"""A key/value cache with its room set aside, so that drawing a token copies only that token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer


class PreallocatedLayer(DynamicLayer):  # type: ignore[no-untyped-call]
    """One layer's keys and values, shape (rows, heads, n, dim): views of longer buffers."""

    keys: Tensor
    values: Tensor

    def __init__(self, states: tuple[Tensor, Tensor], rows: Tensor, capacity: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.lazy_initialization(*states)
        first = states[0]
        self.length = first.shape[-2]
        self.rows = len(rows)
        shape = (self.rows, first.shape[1], self.length + capacity, first.shape[-1])
        self.buffers = (first.new_empty(shape), first.new_empty(shape))
        for buffer, state in zip(self.buffers, states, strict=True):
            torch.index_select(state, 0, rows, out=buffer[:, :, : self.length])
        self._update_views()

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Add positions; returns all there are."""
        before = self.length
        self.length += key_states.shape[-2]
        for buffer, new in zip(self.buffers, (key_states, value_states), strict=True):
            buffer[: self.rows, :, before : self.length] = new
        self._update_views()
        return self.keys, self.values

    def keep(self, moves: Sequence[tuple[int, int]], rows: int) -> None:
        """Copy rows onto others, and drop all but the first `rows`."""
        for source, target in moves:
            for buffer in self.buffers:
                buffer[target, :, : self.length] = buffer[source, :, : self.length]
        self.rows = rows
        self._update_views()

    def _update_views(self) -> None:
        self.keys, self.values = (buffer[: self.rows, :, : self.length] for buffer in self.buffers)


def preallocate(cache: Any, rows: Tensor, capacity: int) -> Any:
    """`rows` of a cache (the same one several times, maybe), to be extended by `room` positions."""
    longer: Any = DynamicCache()
    longer.layers.extend(
        PreallocatedLayer((one.keys, one.values), rows, capacity) for one in cache.layers
    )
    return longer


def retain_rows(cache: Any, active: Sequence[int]) -> list[int]:
    """Drop all rows but `going` (ascending); which row stands where afterwards.

    The last rows take the places of dropped ones, so that no more is copied than was dropped.
    """
    count = len(active)
    order = [row for row in active if row < count]
    moving = [row for row in active if row >= count]
    moves = list(zip(moving, sorted(set(range(count)).difference(order)), strict=True))
    with torch.no_grad():
        for layer in cache.layers:
            layer.keep(moves, count)
    for source, target in moves:
        order.insert(target, source)
    return order
