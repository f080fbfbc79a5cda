"""Units that the provider would compute wrongly: a run does not begin them."""

from __future__ import annotations

import attrs

from ..providers.types import ModelReport
from ..units.unit import Evaluate, Replay, Train, Unit
from .plan import Plan, PlannedUnit


def refuse_units(plan: Plan, report: ModelReport) -> Plan:
    """The plan with a reason not to attempt them at the units that the provider refuses.

    Args:
        plan: The plan; units that are done stay as they are.
        report: What the provider knows of the model.
    """
    if not report.refusals:
        return plan
    return attrs.evolve(plan, units=tuple(_refuse(planned, report) for planned in plan.units))


def needed_capability(unit: Unit) -> str | None:
    """What a unit needs of the model's provider: `train`, `sample`, `logprob` or nothing."""
    if isinstance(unit.payload, (Train, Replay)):
        return "train"
    return unit.payload.eval.needs if isinstance(unit.payload, Evaluate) else None


def _refuse(planned: PlannedUnit, report: ModelReport) -> PlannedUnit:
    capability = needed_capability(planned.unit)
    refusal = next((one for one in report.refusals if one.capability == capability), None)
    if refusal is None or not planned.is_todo:
        return planned
    hint = f"\n  → {refusal.hint}" if refusal.hint else ""
    return attrs.evolve(
        planned, reason=f"refused: {refusal.reason}", skip_reason=f"{refusal.reason}{hint}"
    )
