"""The pool of a run's actors: reused while units need them, killed when others need their place.

Ray finds a machine for an actor and waits if there is none yet, so an autoscaling cluster sees the
demand. An actor serves units of all kinds that request the same resources.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from ...spec import ResourceRequest

_GIB = 1 << 30
_NODES_TTL = 5.0  # seconds before the list of nodes is read again
_UNLIMITED = 1000  # capacity of a node for a request of no resources
_IDLE_TIMEOUT = 20.0  # seconds after which an idle actor is killed


def ray_options(share: ResourceRequest) -> dict[str, Any]:
    """A resource request as options of a Ray actor."""
    options: dict[str, Any] = {"num_cpus": share.cpus, "num_gpus": share.gpus}
    if share.memory is not None:
        options["memory"] = int(share.memory * _GIB)
    return options


def count_shares(share: ResourceRequest, nodes: Sequence[Mapping[str, float]]) -> int:
    """How many such requests fit on the nodes; at least one, because the cluster may grow."""
    amounts = _ray_resources(share).items()
    counts = (
        min((int(node.get(name, 0.0) / n + 1e-9) for name, n in amounts), default=_UNLIMITED)
        for node in nodes
    )
    return max(1, sum(counts))


def _ray_resources(share: ResourceRequest) -> dict[str, float]:
    """A resource request under Ray's names, without zeros."""
    named = {"CPU": share.cpus, "GPU": share.gpus, "memory": (share.memory or 0.0) * _GIB}
    return {name: amount for name, amount in named.items() if amount}


@attrs.define
class ActorPool:
    """The actors of a run.

    Args:
        create: Creates an actor with the requested resources.
        kill: Kills an actor.
        list_nodes: The resources of each node, under Ray's names.
        free_resources: The resources of the cluster that are free.
    """

    create: Callable[[ResourceRequest], Any]
    kill: Callable[[Any], None]
    list_nodes: Callable[[], list[dict[str, float]]]
    free_resources: Callable[[], dict[str, float]]
    _idle_actors: dict[ResourceRequest, list[tuple[float, Any]]] = attrs.field(
        factory=lambda: defaultdict(list)
    )
    _unplaced_actors: dict[int, ResourceRequest] = attrs.field(factory=dict)
    _nodes: list[dict[str, float]] = attrs.field(factory=list)
    _listed_at: float = float("-inf")
    _lock: threading.RLock = attrs.field(factory=threading.RLock)

    def capacity(self, share: ResourceRequest) -> int:
        """How many units with this request the whole cluster can run."""
        with self._lock:
            if time.monotonic() - self._listed_at > _NODES_TTL:
                self._listed_at, self._nodes = time.monotonic(), self.list_nodes()
            return count_shares(share, self._nodes)

    def reap(self, share: ResourceRequest, actor: Any) -> bool:
        """Kill actors that were idle for too long.

        Returns whether this actor still waits for a machine while an idle one could run its unit.
        """
        with self._lock:
            self._kill_idle(time.monotonic() - _IDLE_TIMEOUT)
            return id(actor) in self._unplaced_actors and bool(self._idle_actors[share])

    def acquire(self, share: ResourceRequest) -> Any:
        """Take an idle actor, or create one."""
        with self._lock:
            if self._idle_actors[share]:
                return self._idle_actors[share].pop()[1]
            if any(self._idle_actors.values()) and not _fits(share, self.free_resources()):
                self._kill_idle(time.monotonic())
            actor = self.create(share)
            self._unplaced_actors[id(actor)] = share
        return actor

    def mark_placed(self, actor: Any) -> None:
        """Note that an actor has answered, so it has a machine."""
        self._unplaced_actors.pop(id(actor), None)

    def discard(self, actor: Any) -> None:
        """Kill an actor, whatever it is doing."""
        self.mark_placed(actor)
        self.kill(actor)

    def release(self, share: ResourceRequest, actor: Any) -> None:
        """Return an actor that has finished; it is kept unless others wait for its place."""
        with self._lock:
            if any(other != share for other in self._unplaced_actors.values()):
                self.kill(actor)
            else:
                self._idle_actors[share].append((time.monotonic(), actor))

    def close(self) -> None:
        """Kill all idle actors."""
        with self._lock:
            self._kill_idle(float("inf"))

    def _kill_idle(self, before: float) -> None:
        """Kill the actors that have been idle since before this time."""
        for idle in self._idle_actors.values():
            for since, actor in [entry for entry in idle if entry[0] <= before]:
                idle.remove((since, actor))
                self.kill(actor)


def _fits(share: ResourceRequest, free: dict[str, float]) -> bool:
    return all(free.get(name, 0.0) >= amount for name, amount in _ray_resources(share).items())
