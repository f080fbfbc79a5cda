"""A bounded cache of tensors that evicts the least recently used one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

from torch import Tensor


class TensorCache:
    """An LRU cache of tensors, bounded by their size; threads may share it.

    Args:
        max_bytes: Bytes of tensors kept; a single larger tensor is kept alone.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._tensors: OrderedDict[Hashable, Tensor] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Tensor | None:
        """The tensor stored under `key`, or None."""
        with self._lock:
            tensor = self._tensors.get(key)
            if tensor is not None:
                self._tensors.move_to_end(key)
            return tensor

    def put(self, key: Hashable, tensor: Tensor) -> None:
        """Store `tensor` under `key`, evicting the least recently used tensors if necessary."""
        with self._lock:
            if key in self._tensors:  # another thread computed the same
                return
            self._tensors[key] = tensor
            self._bytes += tensor.nbytes
            while self._bytes > self.max_bytes and len(self._tensors) > 1:
                _, oldest = self._tensors.popitem(last=False)
                self._bytes -= oldest.nbytes
