"""Narrowing a plan to some of its units, as `--kind` and `--lf` do.

The cells stay: what a run selected is what it was told to look at, whatever part of it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import attrs

from ..store.records import State
from .plan import Plan, PlannedUnit


def filter_kinds(plan: Plan, kinds: Collection[str]) -> Plan:
    """Only units of these kinds; a training comes with its mix, which costs nothing.

    An eval whose model is neither there nor going to be is left alone: nothing is trained that
    nobody asked for.
    """
    wanted = {*kinds, "mix"} if "train" in kinds else set(kinds)
    done = {one.unit.key for one in plan.units if one.state is State.DONE}
    kept: set[str] = set()

    def keep(one: PlannedUnit) -> bool:
        if one.unit.kind in wanted and all(need in done | kept for need in one.unit.needs):
            kept.add(one.unit.key)
            return True
        return False

    return _restrict(plan, keep)


def filter_last_failed(plan: Plan) -> Plan:
    """The units that failed when they were last tried, what they need and what needs them.

    All units where none failed, as pytest has it.
    """
    failed = {one.unit.key for one in plan.units if one.state is State.FAILED}
    if not failed:
        return plan
    kept = set(failed)
    for one in plan.units:  # what needs a unit comes after it
        if not kept.isdisjoint(one.unit.needs):
            kept.add(one.unit.key)
    for one in reversed(plan.units):
        if one.unit.key in kept:
            kept.update(one.unit.needs)
    return _restrict(plan, lambda one: one.unit.key in kept and one.is_todo)


def _restrict(plan: Plan, keep: Callable[[PlannedUnit], bool]) -> Plan:
    kept = tuple(filter(keep, plan.units))
    keys = {one.unit.key for one in kept}
    left = tuple(one for one in plan.units if one.unit.key not in keys)
    return attrs.evolve(plan, units=kept, deselected_units=(*plan.deselected_units, *left))
