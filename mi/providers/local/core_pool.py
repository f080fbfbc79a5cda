"""A pool of model replicas that share weights, one replica per core.

A piece of work runs on one core from start to end, on a replica of its own, so cores never wait for
one another inside a matrix product. The number of cores decides when a result is ready, never its
value.
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
    """Maps work over items on several replicas; each replica handles one item at a time."""

    def __init__(self, replicas: Iterable[M]) -> None:
        self.replicas = tuple(replicas)
        self._idle: queue.SimpleQueue[M] = queue.SimpleQueue()
        for replica in self.replicas:
            self._idle.put(replica)
        self._executor = ThreadPoolExecutor(
            len(self.replicas), thread_name_prefix="core", initializer=limit_to_one_core
        )

    def map(self, work: Callable[[M, T], R], items: Iterable[T]) -> Iterator[R]:
        """The results of `work(replica, item)`, in the order of the items.

        Gradient mode is local to a thread, so `work` must set the mode it needs.
        """
        if len(self.replicas) == 1:
            return iter([work(self.replicas[0], item) for item in items])
        return self._executor.map(lambda item: self._run(work, item), items)

    def _run(self, work: Callable[[M, T], R], item: T) -> R:
        replica = self._idle.get()
        try:
            return work(replica, item)
        finally:
            self._idle.put(replica)


def limit_to_one_core() -> None:
    """Make this thread compute on one core from now on."""
    torch.set_num_threads(1)


def share_weights(model: nn.Module) -> Any:
    """A copy of the modules of `model` around the same tensors."""
    tensors = [*model.parameters(), *model.buffers()]
    return copy.deepcopy(model, {id(tensor): tensor for tensor in tensors})


def available_cores() -> int:
    """Cores this process may use: those it is bound to, or `OMP_NUM_THREADS` if that is fewer."""
    has_affinity = hasattr(os, "sched_getaffinity")
    cores = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count()
    limit = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, min(cores or 1, int(limit) if limit.isdecimal() else 1 << 20))
