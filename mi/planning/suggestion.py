"""Which experiment to run next: the one that profits most from what has just been done."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from ..collect.select import select_cells
from .plan import Plan, PlannedUnit
from .session import Session


def suggest_experiment(
    session: Session, plan: Plan
) -> tuple[str, Sequence[PlannedUnit], int] | None:
    """Find the unfinished experiment that shares the most units with the session's experiments.

    Returns:
        Its id, the units of its pilot that are still to do, and the number of shared units; None if
        no other experiment shares a unit and has something to do.
    """
    own_ids = {selection.experiment.id for selection in session.selection}
    users = {id for planned in plan.all_units for id in planned.shared_with} - own_ids
    candidates: dict[str, tuple[int, Plan]] = {}
    for id in sorted(users):
        selection = select_cells(session.collection, [id], full=False)
        other = attrs.evolve(session, selection=selection).plan()
        shared = sum(not own_ids.isdisjoint(planned.shared_with) for planned in other.units)
        if shared and other.todo:
            candidates[id] = (shared, other)
    if not candidates:
        return None
    id, (shared, other) = max(candidates.items(), key=lambda item: item[1][0])
    return id, other.todo, shared
