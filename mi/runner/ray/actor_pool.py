"""Actors of a run: kept while there are units for them, let go where others need their place.

Ray finds the machine for an actor and waits where there is none yet, so that a cluster that grows
by itself sees what is wanted. Actors of one share serve units of all kinds that take that share.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from ...spec import Share

_GIB = 1 << 30
_LOOK = 5.0  # seconds for which the size of the cluster is taken to stay what it was
_MANY = 1000  # units at once that take nothing
_IDLE = 20.0  # seconds after which an actor without work is let go


def options(share: Share) -> dict[str, Any]:
    """A share as Ray's options."""
    found: dict[str, Any] = {"num_cpus": share.cpus, "num_gpus": share.gpus}
    if share.memory is not None:
        found["memory"] = int(share.memory * _GIB)
    return found


def fitting(share: Share, nodes: Sequence[Mapping[str, float]]) -> int:
    """How many such shares the machines of a cluster have; at least one, for it may grow."""
    wanted = _wanted(share)
    each = (
        min((int(node.get(name, 0.0) / n + 1e-9) for name, n in wanted.items()), default=_MANY)
        for node in nodes
    )
    return max(1, sum(each))


def _wanted(share: Share) -> dict[str, float]:
    """What of the cluster a share takes, by Ray's names."""
    named = {"CPU": share.cpus, "GPU": share.gpus, "memory": (share.memory or 0.0) * _GIB}
    return {name: amount for name, amount in named.items() if amount}


@attrs.define
class Pool:
    """The actors.

    Args:
        make: Makes an actor of a share.
        kill: Ends one.
        nodes: What each machine has, by Ray's names.
        free: What of the cluster is free.
    """

    make: Callable[[Share], Any]
    kill: Callable[[Any], None]
    nodes: Callable[[], list[dict[str, float]]]
    free: Callable[[], dict[str, float]]
    _idle: dict[Share, list[tuple[float, Any]]] = attrs.field(factory=lambda: defaultdict(list))
    _unplaced: dict[int, Share] = attrs.field(factory=dict)
    _there: list[dict[str, float]] = attrs.field(factory=list)
    _looked: float = float("-inf")
    _lock: threading.RLock = attrs.field(factory=threading.RLock)

    def room(self, share: Share) -> int:
        """How many units of this share the whole cluster takes."""
        with self._lock:
            if time.monotonic() - self._looked > _LOOK:
                self._looked, self._there = time.monotonic(), self.nodes()
            return fitting(share, self._there)

    def tidy(self, share: Share, actor: Any) -> bool:
        """Let go of actors that have been idle for long; whether an idle one can have the unit of
        this one, which waits for a machine."""
        with self._lock:
            self._let_go(time.monotonic() - _IDLE)
            return id(actor) in self._unplaced and bool(self._idle[share])

    def take(self, share: Share) -> Any:
        """An actor that has nothing to do."""
        with self._lock:
            if self._idle[share]:
                return self._idle[share].pop()[1]
            if any(self._idle.values()) and not _fits(share, self.free()):
                self._let_go(time.monotonic())
            actor = self.make(share)
            self._unplaced[id(actor)] = share
        return actor

    def placed(self, actor: Any) -> None:
        """It was heard of, so it has its place."""
        self._unplaced.pop(id(actor), None)

    def drop(self, actor: Any) -> None:
        """End it, whatever it is at."""
        self.placed(actor)
        self.kill(actor)

    def give(self, share: Share, actor: Any) -> None:
        """It has nothing to do again, and is kept unless others wait for its place."""
        with self._lock:
            if any(one != share for one in self._unplaced.values()):
                self.kill(actor)
            else:
                self._idle[share].append((time.monotonic(), actor))

    def close(self) -> None:
        """Let go of all that are idle."""
        with self._lock:
            self._let_go(float("inf"))

    def _let_go(self, before: float) -> None:
        """End those that have been idle since before then."""
        for idle in self._idle.values():
            for since, actor in [one for one in idle if one[0] <= before]:
                idle.remove((since, actor))
                self.kill(actor)


def _fits(share: Share, free: dict[str, float]) -> bool:
    return all(free.get(name, 0.0) >= amount for name, amount in _wanted(share).items())
