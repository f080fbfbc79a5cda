"""Which evals can be judged again: those whose answers are complete.

Rejudging sends no request to the model under test, so an eval that lacks a single answer is left
out.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from ..data.datasets import Questions
from ..store.base import Store
from ..store.records import State
from ..units.roles import is_eval_role
from ..units.unit import Evaluate
from .draws import has_all_answers
from .plan import Plan, PlannedUnit


def rejudgeable(plan: Plan, store: Store, questions: Mapping[str, Questions]) -> tuple[Plan, int]:
    """Keep done units, and the evals that only lack judgments.

    Args:
        plan: All units of the selection.
        store: Holds the answers.
        questions: The evals' questions by digest.

    Returns:
        The narrowed plan, and how many evals were left out.
    """
    done = {planned.unit.key for planned in plan.units if planned.state is State.DONE}
    selected = {
        planned.unit.key: planned
        for planned in plan.units
        if planned.unit.key in done
        or (done.issuperset(planned.unit.needs) and _has_all_answers(planned, store, questions))
    }
    cells = []
    for cell in plan.cells:
        units = {role: key for role, key in cell.units.items() if key in selected}
        if any(is_eval_role(role) for role in units):
            cells.append(attrs.evolve(cell, units=units))
    missing = sum(
        planned.unit.kind == "eval" and planned.unit.key not in selected for planned in plan.units
    )
    return Plan(units=tuple(selected.values()), cells=tuple(cells)), missing


def _has_all_answers(
    planned: PlannedUnit, store: Store, questions: Mapping[str, Questions]
) -> bool:
    payload = planned.unit.payload
    if not isinstance(payload, Evaluate):
        return False
    return has_all_answers(payload, store, questions)
