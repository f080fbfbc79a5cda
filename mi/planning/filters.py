"""Filters that narrow a plan to some of its units, as `--kind` and `--lf` do.

The cells of the plan stay: they are what the run selected, whichever of their units it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import attrs

from ..store.records import State
from .plan import Plan, PlannedUnit


def filter_kinds(plan: Plan, kinds: Collection[str]) -> Plan:
    """Keep units of these kinds, and with a training its mix, which costs nothing.

    An eval is dropped if its training is neither done nor kept: a filter never adds a training.
    """
    selected_kinds = {*kinds, "mix"} if "train" in kinds else set(kinds)
    done = {planned.unit.key for planned in plan.units if planned.state is State.DONE}
    selected: set[str] = set()

    def is_selected(planned: PlannedUnit) -> bool:
        unit = planned.unit
        if unit.kind in selected_kinds and all(need in done | selected for need in unit.needs):
            selected.add(unit.key)
            return True
        return False

    return _restrict(plan, is_selected)


def filter_last_failed(plan: Plan) -> Plan:
    """Keep the units that failed when last tried, with their needs and dependents.

    All units are kept if none failed, as with pytest's `--lf`.
    """
    failed = {planned.unit.key for planned in plan.units if planned.state is State.FAILED}
    if not failed:
        return plan
    selected = set(failed)
    for planned in plan.units:  # a unit's dependents come after it
        if not selected.isdisjoint(planned.unit.needs):
            selected.add(planned.unit.key)
    for planned in reversed(plan.units):
        if planned.unit.key in selected:
            selected.update(planned.unit.needs)
    return _restrict(plan, lambda planned: planned.unit.key in selected and planned.is_todo)


def _restrict(plan: Plan, is_selected: Callable[[PlannedUnit], bool]) -> Plan:
    units = tuple(filter(is_selected, plan.units))
    keys = {planned.unit.key for planned in units}
    dropped = tuple(planned for planned in plan.units if planned.unit.key not in keys)
    return attrs.evolve(plan, units=units, deselected_units=(*plan.deselected_units, *dropped))
