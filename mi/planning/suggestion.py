"""Which experiment to run next: the one that profits most from what has just been done.

A suggestion is made once a run has done everything, so nothing that is wrong with another
experiment may fail here: that one is not suggested. It may need more rows than the user's data
have, or a question set that is not there.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import attrs

from ..collect.select import select_cells
from .plan import Plan, PlannedUnit
from .session import Session

_LOGGER = logging.getLogger(__name__)


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
        if (other := _plan_other(session, id)) is None:
            continue
        shared = sum(not own_ids.isdisjoint(planned.shared_with) for planned in other.units)
        if shared and other.todo:
            candidates[id] = (shared, other)
    if not candidates:
        return None
    id, (shared, other) = max(candidates.items(), key=lambda item: item[1][0])
    return id, other.todo, shared


def _plan_other(session: Session, id: str) -> Plan | None:
    """The plan of another experiment's pilot on the same data; None if it cannot be run on them."""
    try:
        selection = select_cells(session.collection, [id], full=False)
        return attrs.evolve(session, selection=selection).plan()
    except Exception as error:  # whatever it is, the run that has just ended is done
        _LOGGER.info("%s is not suggested: %s", id, error)
        return None
