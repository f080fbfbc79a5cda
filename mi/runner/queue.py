"""Units that wait: which can begin next, in the plan's order, each after what it needs.

An event costs what it changes, not what there is: a unit's end frees those that need it, a failure
blocks them, and the next unit is the top of a heap; one that must wait for a name leaves the heap
until the name is free. So a hundred thousand units wait as cheaply, each, as ten do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from heapq import heappop, heappush

from ..planning.plan import Planned
from ..units.unit import Unit


class Waiting:
    """Units to do, in an order in which each comes after what it needs.

    Args:
        todo: The units. What they need and is not among them is taken to be there.
        names: What a unit must have to itself while it is worked on.
    """

    def __init__(self, todo: Sequence[Planned], names: Callable[[Unit], Iterable[str]]) -> None:
        self._todo = todo
        self._names = names
        self._lacking: dict[str, int] = {}
        self._needed_by: dict[str, list[int]] = defaultdict(list)
        self._ready: dict[str, list[int]] = defaultdict(list)
        self._barred: dict[str, list[int]] = defaultdict(list)
        for place, planned in enumerate(todo):
            needs = [need for need in planned.unit.needs if need in self._lacking]
            for need in needs:
                self._needed_by[need].append(place)
            self._lacking[planned.unit.key] = len(needs)
            if not needs:
                self._ready[planned.unit.kind].append(place)

    def take(self, kinds: Iterable[str], held: Collection[str]) -> Planned | None:
        """The first unit of these kinds that can begin; it waits no longer. None: none can.

        Args:
            held: Names that others have to themselves.
        """
        for name in [name for name in self._barred if name not in held]:
            for place in self._barred.pop(name):
                heappush(self._ready[self._todo[place].unit.kind], place)
        heaps = [self._ready[kind] for kind in kinds]
        while tops := [heap for heap in heaps if heap]:
            place = heappop(min(tops, key=lambda one: one[0]))
            bar = next((name for name in self._names(self._todo[place].unit) if name in held), None)
            if bar is None:
                return self._todo[place]
            self._barred[bar].append(place)  # until that name is free
        return None

    def again(self, planned: Planned) -> None:
        """A unit that was taken waits once more."""
        heappush(self._ready[planned.unit.kind], self._todo.index(planned))

    def done(self, key: str) -> None:
        """A unit is there: what needs it may begin, if it needs nothing else."""
        for place in self._needed_by.pop(key, ()):
            unit = self._todo[place].unit
            if unit.key in self._lacking:  # else another need of it failed
                self._lacking[unit.key] -= 1
                if not self._lacking[unit.key]:
                    heappush(self._ready[unit.kind], place)

    def failed(self, key: str) -> Iterator[tuple[Planned, str]]:
        """The units that can no longer begin, each with what it needs and will not have."""
        causes = [key]
        for cause in causes:
            for place in self._needed_by.pop(cause, ()):
                planned = self._todo[place]
                if self._lacking.pop(planned.unit.key, None) is not None:
                    causes.append(planned.unit.key)
                    yield planned, cause
