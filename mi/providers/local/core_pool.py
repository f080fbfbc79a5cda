"""Independent pieces of work side by side, one core each.

A piece runs on one core from its start to its end, on a copy of the network that shares the
weights: cores never wait for one another within a product, and how many there are decides when a
result is there, never what it is.
"""

from __future__ import annotations

import copy
import os
import queue
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

import torch
from torch import nn

M = TypeVar("M")
T = TypeVar("T")
R = TypeVar("R")


class CorePool(Generic[M]):
    """Members that do pieces of work, each at one at a time."""

    def __init__(self, replicas: Iterable[M]) -> None:
        self.replicas = tuple(replicas)
        self._idle: queue.SimpleQueue[M] = queue.SimpleQueue()
        for member in self.replicas:
            self._idle.put(member)
        self._executor = ThreadPoolExecutor(
            len(self.replicas), thread_name_prefix="crew", initializer=limit_to_one_core
        )

    def map(self, work: Callable[[M, T], R], items: Iterable[T]) -> Iterator[R]:
        """What `work` gives for each item, in the items' order.

        Threads have their own gradient mode: `work` sets the one it wants.
        """
        if len(self.replicas) == 1:
            return iter([work(self.replicas[0], item) for item in items])
        return self._executor.map(lambda item: self._run(work, item), items)

    def _run(self, work: Callable[[M, T], R], item: T) -> R:
        member = self._idle.get()
        try:
            return work(member, item)
        finally:
            self._idle.put(member)


def limit_to_one_core() -> None:
    """From here on, this thread's products take one core."""
    torch.set_num_threads(1)


def share_weights(model: nn.Module) -> Any:
    """A copy of the modules of `model` around the same tensors."""
    tensors = [*model.parameters(), *model.buffers()]
    return copy.deepcopy(model, {id(tensor): tensor for tensor in tensors})


def available_cores() -> int:
    """Cores this process may use: those it is bound to, fewer where `OMP_NUM_THREADS` says so."""
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    said = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, min(there or 1, int(said) if said.isdecimal() else 1 << 20))
