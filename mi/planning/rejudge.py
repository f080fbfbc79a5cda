"""What can be judged again: the evals of a plan whose answers are all there.

Judging again asks the model under test nothing, so an eval that is a single answer short is not
part of it.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from ..data.datasets import Questions
from ..steps import evaluate
from ..steps.evals import Workload, eval_kind
from ..store.base import Store
from ..store.records import State
from ..units.unit import Evaluate
from .plan import Plan, PlannedUnit


def rejudgeable(plan: Plan, store: Store, questions: Mapping[str, Questions]) -> tuple[Plan, int]:
    """The plan of what is done and of the evals that need judging only; how many others there are.

    Args:
        questions: What evals ask, by the digest of it.
    """
    done = {one.unit.key for one in plan.units if one.state is State.DONE}
    kept = {
        one.unit.key: one
        for one in plan.units
        if one.unit.key in done
        or (done.issuperset(one.unit.needs) and _has_all_answers(one, store, questions))
    }
    cells = []
    for cell in plan.cells:
        units = {role: key for role, key in cell.units.items() if key in kept}
        if any(role.startswith("eval:") for role in units):
            cells.append(attrs.evolve(cell, units=units))
    missing = sum(one.unit.kind == "eval" and one.unit.key not in kept for one in plan.units)
    return Plan(units=tuple(kept.values()), cells=tuple(cells)), missing


def _has_all_answers(
    planned: PlannedUnit, store: Store, questions: Mapping[str, Questions]
) -> bool:
    payload = planned.unit.payload
    if not isinstance(payload, Evaluate):
        return False
    names = evaluate.journal_names(payload)
    workload = Workload(
        eval=payload.eval,
        questions=questions[payload.questions],
        paths={role: store.journal(name) for role, name in names.items()},
    )
    return eval_kind(payload.eval).has_all_answers(workload)
