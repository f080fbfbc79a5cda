"""Units that wait: which can begin next, in the plan's order, each after what it needs.

An event costs what it changes, not what there is: a unit's end frees those that need it, a failure
blocks them, and the next unit is the top of a heap; one that must wait for a name leaves the heap
until the name is free. So a hundred thousand units wait as cheaply, each, as ten do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from heapq import heappop, heappush

from ..planning.plan import PlannedUnit
from ..units.unit import Unit


class ReadyQueue:
    """Units to do, in an order in which each comes after what it needs.

    Args:
        todo: The units. What they need and is not among them is taken to be there.
        names: What a unit must have to itself while it is worked on.
    """

    def __init__(
        self, todo: Sequence[PlannedUnit], lock_names: Callable[[Unit], Iterable[str]]
    ) -> None:
        self._todo = todo
        self._lock_names = lock_names
        self._missing_needs: dict[str, int] = {}
        self._dependents: dict[str, list[int]] = defaultdict(list)
        self._ready: dict[str, list[int]] = defaultdict(list)
        self._blocked_by_name: dict[str, list[int]] = defaultdict(list)
        for place, planned in enumerate(todo):
            needs = [need for need in planned.unit.needs if need in self._missing_needs]
            for need in needs:
                self._dependents[need].append(place)
            self._missing_needs[planned.unit.key] = len(needs)
            if not needs:
                self._ready[planned.unit.kind].append(place)

    def pop(self, kinds: Iterable[str], locked_names: Collection[str]) -> PlannedUnit | None:
        """The first unit of these kinds that can begin; it waits no longer. None: none can.

        Args:
            held: Names that others have to themselves.
        """
        for name in [name for name in self._blocked_by_name if name not in locked_names]:
            for place in self._blocked_by_name.pop(name):
                heappush(self._ready[self._todo[place].unit.kind], place)
        heaps = [self._ready[kind] for kind in kinds]
        while tops := [heap for heap in heaps if heap]:
            place = heappop(min(tops, key=lambda one: one[0]))
            bar = next(
                (name for name in self._lock_names(self._todo[place].unit) if name in locked_names),
                None,
            )
            if bar is None:
                return self._todo[place]
            self._blocked_by_name[bar].append(place)  # until that name is free
        return None

    def requeue(self, planned: PlannedUnit) -> None:
        """A unit that was taken waits once more."""
        heappush(self._ready[planned.unit.kind], self._todo.index(planned))

    def mark_done(self, key: str) -> None:
        """A unit is there: what needs it may begin, if it needs nothing else."""
        for place in self._dependents.pop(key, ()):
            unit = self._todo[place].unit
            if unit.key in self._missing_needs:  # else another need of it failed
                self._missing_needs[unit.key] -= 1
                if not self._missing_needs[unit.key]:
                    heappush(self._ready[unit.kind], place)

    def mark_failed(self, key: str) -> Iterator[tuple[PlannedUnit, str]]:
        """The units that can no longer begin, each with what it needs and will not have."""
        causes = [key]
        for cause in causes:
            for place in self._dependents.pop(cause, ()):
                planned = self._todo[place]
                if self._missing_needs.pop(planned.unit.key, None) is not None:
                    causes.append(planned.unit.key)
                    yield planned, cause
