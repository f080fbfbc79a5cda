"""How long a plan will take, estimated from units that are already done.

A unit's size is the number of rows it trains on or of samples it asks for. The estimate is the
median of seconds per size over done units of the same kind in the plan; a kind without a done unit
has no estimate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from statistics import median

from ..steps.evals import eval_kind
from ..units.unit import Blend, Evaluate, Mix, Replay, Train, Unit
from .plan import Plan

_SAMPLE_UNITS = 12
"""How many done units of a kind the median is taken over."""


def work_kind(unit: Unit) -> str:
    """The group of units whose seconds per size can be compared."""
    if isinstance(unit.payload, Evaluate):
        return f"eval {type(unit.payload.eval).__name__} {unit.payload.questions}"
    return Train.kind if isinstance(unit.payload, Replay) else unit.kind


def unit_size(plan: Plan, question_counts: Mapping[str, int]) -> Callable[[Unit], int]:
    """The function that gives a unit's size: rows drawn or trained on, or samples to ask for.

    Args:
        plan: Holds the mix of every training.
        question_counts: Number of questions by their digest.
    """
    units = [planned.unit for planned in plan.all_units]
    replayed = {planned.unit.key: planned.replayed for planned in plan.all_units}
    mixes = {unit.key: unit.payload for unit in units if isinstance(unit.payload, (Mix, Blend))}

    def size(unit: Unit) -> int:
        payload = replayed.get(unit.key) or unit.payload
        if isinstance(payload, Evaluate):
            return eval_kind(payload.eval).size(payload.eval, question_counts[payload.questions])
        if isinstance(payload, Train):
            payload = mixes[payload.mix]
        assert isinstance(payload, (Mix, Blend))
        return payload.total_samples

    return size


def duration_estimator(plan: Plan, size: Callable[[Unit], int]) -> Callable[[Unit], float | None]:
    """The function that estimates a unit's seconds; None where no such unit is done.

    Args:
        plan: Its done units are the evidence.
        size: The size of a unit; see `unit_size`.
    """
    rates: dict[str, list[float]] = defaultdict(list)
    for planned in plan.units:
        kind = work_kind(planned.unit)
        if planned.completion is not None and len(rates[kind]) < _SAMPLE_UNITS:
            rates[kind].append(planned.completion.seconds / max(size(planned.unit), 1))

    def seconds(unit: Unit) -> float | None:
        if isinstance(unit.payload, (Mix, Blend)):
            return 0.0  # drawing rows takes no time worth counting
        unit_rates = rates.get(work_kind(unit))
        return median(unit_rates) * size(unit) if unit_rates else None

    return seconds


def total_duration(plan: Plan, seconds: Callable[[Unit], float | None]) -> float | None:
    """Estimated seconds for all units to do; None if one of them has no estimate."""
    estimates = [seconds(planned.unit) for planned in plan.todo]
    known = [estimate for estimate in estimates if estimate is not None]
    return sum(known) if len(known) == len(estimates) else None
