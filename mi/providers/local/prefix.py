"""A prefix that many rows continue, computed once: token ids with their keys and values."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from ..chat_template import TokenIds


class Prefix:
    """Leading tokens that rows continue.

    Args:
        ids: Their token ids.
        states: Keys and values of each layer, shape (1, heads, tokens, dim).
    """

    def __init__(self, ids: TokenIds, states: tuple[tuple[Tensor, Tensor], ...]) -> None:
        self.ids = ids
        self.states = states

    def kv_cache(self, rows: int) -> Any:
        """A cache for `rows` rows that starts with these tokens; None for an empty prefix."""
        if not self.ids:
            return None
        cache = empty_cache()
        for index, (keys, values) in enumerate(self.states):
            shape = (rows, -1, -1, -1)
            cache.update(keys.expand(shape), values.expand(shape), index)
        return cache


def empty_cache() -> Any:
    """A key/value cache without positions."""
    from transformers import DynamicCache

    return DynamicCache()
