"""`mi plan`: what a run would do, and why."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..planning.cost import CostEstimator, cost_so_far
from ..planning.duration import total_duration
from ..planning.force import mark_redo, plan_redo
from ..planning.plan import Plan, PlannedUnit
from ..planning.session import Session
from ..providers.pricing import format_cost
from ..reporting.header import header_lines
from ..reporting.progress import say
from ..reporting.tables import print_listing
from ..spec import judge_model
from .collect import collect
from .common import console, filter_plan, load_session, unit_durations

if TYPE_CHECKING:
    from rich.console import Console


def plan(args: argparse.Namespace) -> int:
    """Print the plan; does nothing else."""
    if args.collect_only:
        return collect(args)
    session = load_session(args, args.words)
    plan = filter_plan(args, session.plan())
    redo = plan_redo(args.force, plan, session.store)
    plan = mark_redo(plan, redo)
    costs = session.cost_estimator(plan, redo.journals)
    if args.json:
        print(json.dumps(plan_json(plan, costs), ensure_ascii=False, indent=1))
        return 0
    out = console()
    takes = unit_durations(session, plan)
    for line in header_lines(session, plan, total_duration(plan, takes), costs.total()):
        say(out, line)
    if args.quiet:
        return 0
    print_units(session, plan.units, costs, out)
    if _is_paid(plan.units, costs):
        already = sum(cost_so_far(session.store, one) for one in plan.units)
        say(out, f"{format_cost(already)} paid already, about {format_cost(costs.total())} to pay")
        origins = " and ".join(dict.fromkeys(map(session.prices.origin, _paid_models(session))))
        say(out, f"prices of {origins}; answers' lengths are estimates")
    return 0


def _paid_models(session: Session) -> list[str]:
    """The models that may cost something: the one under test, and judges."""
    own = [] if session.provider.is_free else [session.model.name]
    judges = (judge_model(asked.eval) for _, context in session.cells() for asked in context.evals)
    return [*own, *(judge.model.partition(":")[2] for judge in judges if judge is not None)]


def print_units(
    session: Session, units: Sequence[PlannedUnit], costs: CostEstimator, out: Console
) -> None:
    """Print units of a plan, with money where there is any in it."""
    paid = _is_paid(units, costs)
    columns = ("unit", "what", "cost", "paid", "reason") if paid else ("unit", "what", "reason")
    rows = []
    for one in units:
        money = (
            format_cost(costs.estimate(one.unit)) if one.is_todo else "–",
            format_cost(cost_so_far(session.store, one)),
        )
        cells = (*money, one.reason) if paid else (one.reason,)
        rows.append((one.unit.key, one.unit.title, *cells))
    print_listing(out, columns, rows, styles=["" if one.is_todo else "dim" for one in units])


def _is_paid(units: Iterable[PlannedUnit], costs: CostEstimator) -> bool:
    return any(costs.estimate(one.unit) != 0.0 for one in units)


def plan_json(plan: Plan, costs: CostEstimator) -> dict[str, Any]:
    """The plan as plain values; the form is documented in the README."""
    return {
        "units": [
            {
                "key": one.unit.key,
                "kind": one.unit.kind,
                "state": one.state.value,
                "reason": one.reason,
                "cost_usd": costs.estimate(one.unit) if one.is_todo else 0.0,
                "cells": list(one.cells),
            }
            for one in plan.units
        ],
        "cells": [
            {
                "id": one.cell.id,
                "experiment": one.cell.experiment,
                "setting": one.cell.setting,
                "condition": one.cell.condition,
                "misaligned_ratio": one.cell.misaligned_ratio,
                "total_samples": one.cell.total_samples,
                "seed": one.cell.seed,
                "units": dict(one.units),
            }
            for one in plan.cells
        ],
    }
