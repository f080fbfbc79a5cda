"""A key/value cache with its room set aside, so that drawing a token copies only that token."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from .network import Prefix


class Reserved(DynamicLayer):  # type: ignore[no-untyped-call]
    """One layer's keys and values, shape (rows, heads, n, dim): views of longer buffers."""

    keys: Tensor
    values: Tensor

    def __init__(self, room: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.room = room
        self.buffers: tuple[Tensor, Tensor]

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Add positions; returns all there are."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
            self.buffers = (self._room(key_states), self._room(value_states))
            self.keys, self.values = (buffer[:, :, :0] for buffer in self.buffers)
        used = self.keys.shape[-2]
        upto = used + key_states.shape[-2]
        for buffer, new in zip(self.buffers, (key_states, value_states), strict=True):
            buffer[:, :, used:upto] = new
        self.keys, self.values = (buffer[:, :, :upto] for buffer in self.buffers)
        return self.keys, self.values

    def keep(self, rows: Tensor) -> None:
        """Drop all rows but these."""
        used = self.keys.shape[-2]
        fewer = []
        for buffer in self.buffers:
            kept = buffer.new_empty(len(rows), *buffer.shape[1:])
            kept[:, :, :used] = buffer[rows, :, :used]
            fewer.append(kept)
        self.buffers = (fewer[0], fewer[1])
        self.keys, self.values = (buffer[:, :, :used] for buffer in self.buffers)

    def _room(self, states: Tensor) -> Tensor:
        rows, heads, _, dim = states.shape
        return states.new_empty(rows, heads, self.room, dim)


def reserved(prefix: Prefix, rows: int, room: int, depth: int) -> Any:
    """A cache of `depth` layers for rows that continue `prefix` by up to `room` positions."""
    cache: Any = DynamicCache()
    for _ in range(depth):
        cache.layers.append(Reserved(len(prefix.ids) + room))
    for index, (keys, values) in enumerate(prefix.states):
        shape = (rows, -1, -1, -1)
        cache.update(keys.expand(shape), values.expand(shape), index)
    return cache


def keep(cache: Any, rows: Tensor) -> None:
    """Drop all rows of the cache but these."""
    with torch.no_grad():
        for layer in cache.layers:
            layer.keep(rows)
