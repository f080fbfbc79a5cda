"""Tensors kept by what they were computed from; beyond a bound, the longest unused one goes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

from torch import Tensor


class TensorCache:
    """A bounded memory of tensors; threads may share it.

    Args:
        most: Bytes kept.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._tensors: OrderedDict[Hashable, Tensor] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Tensor | None:
        """What was kept under `key`."""
        with self._lock:
            known = self._tensors.get(key)
            if known is not None:
                self._tensors.move_to_end(key)
            return known

    def put(self, key: Hashable, tensor: Tensor) -> None:
        """Keep `tensor`; what has been unused the longest makes room for it."""
        with self._lock:
            if key in self._tensors:  # another thread computed the same
                return
            self._tensors[key] = tensor
            self._bytes += tensor.nbytes
            while self._bytes > self.max_bytes and len(self._tensors) > 1:
                _, oldest = self._tensors.popitem(last=False)
                self._bytes -= oldest.nbytes
