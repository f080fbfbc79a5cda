"""How long a plan will take, from how long such units took before.

A unit's work is counted in rows trained on or questions asked. Seconds per piece of work are the
median over the done units of the same kind in this plan; where there are none nothing is promised.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from statistics import median

from ..units.unit import Evaluate, Mix, Unit
from .plan import Plan

_SAMPLE_UNITS = 12


def work_kind(unit: Unit) -> str:
    """Units whose seconds per piece of work can be compared."""
    if isinstance(unit.payload, Evaluate):
        return f"eval {type(unit.payload.eval).__name__} {unit.payload.questions}"
    return unit.kind


def duration_estimator(plan: Plan, size: Callable[[Unit], int]) -> Callable[[Unit], float | None]:
    """Seconds a unit will take, or None where nothing like it is done.

    Args:
        size: Rows a unit trains on, or questions it asks.
    """
    rates: dict[str, list[float]] = defaultdict(list)
    for planned in plan.units:
        kind = work_kind(planned.unit)
        if planned.completion is not None and len(rates[kind]) < _SAMPLE_UNITS:
            rates[kind].append(planned.completion.seconds / max(size(planned.unit), 1))

    def seconds(unit: Unit) -> float | None:
        if isinstance(unit.payload, Mix):
            return 0.0
        known = rates.get(work_kind(unit))
        return median(known) * size(unit) if known else None

    return seconds


def total_duration(plan: Plan, seconds: Callable[[Unit], float | None]) -> float | None:
    """Seconds for all that is to do; None where a part of it is unknown."""
    parts = [seconds(planned.unit) for planned in plan.todo]
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None
