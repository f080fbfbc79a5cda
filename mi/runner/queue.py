"""The ready queue: which unit can start next, in the plan's order, each after what it needs.

`graphlib.TopologicalSorter` counts needs. The queue adds the plan's order (a heap for each kind),
exclusive names (a unit that needs a locked name leaves its heap until the name is free) and
failures, which block all dependents. Each event costs time in proportion to what it changes, not to
the number of units, so a plan of a hundred thousand units is scheduled as fast per unit as one of
ten.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from graphlib import TopologicalSorter
from heapq import heappop, heappush

from ..planning.plan import PlannedUnit
from ..units.unit import Unit


class ReadyQueue:
    """Units to do, handed out in the order of the plan as soon as their needs are done.

    Args:
        todo: The units, each after what it needs. A need that is not among them counts as done.
        lock_names: The names that a unit must hold exclusively while it runs.
    """

    def __init__(
        self, todo: Sequence[PlannedUnit], lock_names: Callable[[Unit], Iterable[str]]
    ) -> None:
        self._todo = todo
        self._lock_names = lock_names
        self._index = {planned.unit.key: index for index, planned in enumerate(todo)}
        self._dependents: dict[str, list[str]] = defaultdict(list)
        self._ready: dict[str, list[int]] = defaultdict(list)  # kind → heap of indices in `todo`
        self._blocked_by_name: dict[str, list[int]] = defaultdict(list)
        self._failed: set[str] = set()
        self._graph: TopologicalSorter[str] = TopologicalSorter()
        for planned in todo:
            needs = [need for need in planned.unit.needs if need in self._index]
            self._graph.add(planned.unit.key, *needs)
            for need in needs:
                self._dependents[need].append(planned.unit.key)
        self._graph.prepare()
        self._push_ready()

    def pop(self, kinds: Iterable[str], locked_names: Collection[str]) -> PlannedUnit | None:
        """Remove and return the first unit that can start; None if there is none.

        Args:
            kinds: The kinds of unit that may start now.
            locked_names: Names that running units hold.
        """
        for name in [name for name in self._blocked_by_name if name not in locked_names]:
            for index in self._blocked_by_name.pop(name):
                self._push(index)
        heaps = [self._ready[kind] for kind in kinds]
        while candidates := [heap for heap in heaps if heap]:
            index = heappop(min(candidates, key=lambda heap: heap[0]))
            names = self._lock_names(self._todo[index].unit)
            locked = next((name for name in names if name in locked_names), None)
            if locked is None:
                return self._todo[index]
            self._blocked_by_name[locked].append(index)
        return None

    def requeue(self, planned: PlannedUnit) -> None:
        """Put back a unit that was popped and has neither succeeded nor failed."""
        self._push(self._index[planned.unit.key])

    def mark_done(self, key: str) -> None:
        """Release the dependents of a popped unit that have no other need."""
        self._graph.done(key)
        self._push_ready()

    def mark_failed(self, key: str) -> Iterator[tuple[PlannedUnit, str]]:
        """Block all dependents of a popped unit; yield each once, with the need that it lacks."""
        causes = [key]
        for cause in causes:
            for dependent in self._dependents.pop(cause, ()):
                if dependent not in self._failed:
                    self._failed.add(dependent)
                    causes.append(dependent)
                    yield self._todo[self._index[dependent]], cause

    def _push_ready(self) -> None:
        for key in self._graph.get_ready():
            self._push(self._index[key])

    def _push(self, index: int) -> None:
        heappush(self._ready[self._todo[index].unit.kind], index)
