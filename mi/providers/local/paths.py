"""Which shortcuts of the engine serve a model.

Each shortcut computes what the model's own forward computes, with less work, for models that have
the structure it relies on. `agreement.compare_paths` finds out which ones hold for a model; with
none of them, every row is computed alone by the model's own decoder and head.
"""

from __future__ import annotations

import attrs


@attrs.frozen(kw_only=True)
class Paths:
    """The shortcuts that serve a model.

    Args:
        packed: Several rows or answers share one row, kept apart by a mask and by positions.
        split: Layers below the lowest adapter run once per row, and their output is cached.
        prefix: Rows continue the keys and values of the tokens they share.
        cache: Sampled rows of different lengths share one preallocated key/value cache.
        own_cache: Where `cache` is off, sampling uses the model's own cache instead of none.
    """

    packed: bool = True
    split: bool = True
    prefix: bool = True
    cache: bool = True
    own_cache: bool = True


PLAIN = Paths(packed=False, split=False, prefix=False, cache=False, own_cache=False)
"""No shortcut: each row alone, through all layers, without a cache."""
