"""`mi plan`: show what a run would do, why, and what it would cost."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..planning.cost import CostEstimator, cost_so_far
from ..planning.detectable import detectable_differences
from ..planning.plan import Plan, PlannedUnit
from ..planning.prepare import PreparedPlan
from ..planning.session import Session
from ..providers.pricing import format_cost
from ..reporting.console import say
from ..reporting.header import header_lines
from ..reporting.tables import print_listing
from ..reporting.text import pluralize
from ..spec import judge_model
from .collect import collect
from .common import console, prepare

if TYPE_CHECKING:
    from rich.console import Console


def plan(args: argparse.Namespace) -> int:
    """Print the plan and do nothing else."""
    if args.collect_only:
        return collect(args)
    prepared = prepare(args, args.words)
    session, costs = prepared.session, prepared.costs
    if args.json:
        print(json.dumps(plan_json(prepared.plan, costs), ensure_ascii=False, indent=1))
        return 0
    out = console()
    for line in header_lines(session, prepared.plan, prepared.duration, costs.total()):
        say(out, line)
    if args.quiet:
        return 0
    print_units(prepared, prepared.units, out)
    _print_detectable(session, out)
    if _is_paid(prepared.units, costs):
        paid = sum(cost_so_far(session.store, planned) for planned in prepared.units)
        say(out, f"{format_cost(paid)} paid already, about {format_cost(costs.total())} to pay")
        origins = " and ".join(dict.fromkeys(map(session.prices.origin, _paid_models(session))))
        say(out, f"prices of {origins}; answers' lengths are estimates")
    return 0


def _print_detectable(session: Session, out: Console) -> None:
    """Print the smallest differences that the design is likely to find, a line per setting."""
    found: dict[tuple[str, str, int], list[str]] = {}
    for one in detectable_differences(session):
        number = "–" if one.difference is None else f"{one.difference:.2f}"
        key = one.experiment, one.setting, one.seeds
        found.setdefault(key, []).append(f"{one.eval} {number} ({one.groups} groups)")
    for (experiment, setting, seeds), evals in found.items():
        among = "conditions" if seeds > 1 else "these models; one seed says nothing of conditions"
        design = f"{pluralize(seeds, 'seed')}, 80 % power, shares about 0.3"
        say(
            out,
            f"{experiment} · {setting}: smallest difference likely to be found between {among} "
            f"({design}): {', '.join(evals)}",
            "dim",
        )


def _paid_models(session: Session) -> list[str]:
    """The models that may cost something: the one under test, and the judges."""
    own = [] if session.provider.is_free else [session.model.name]
    evals = (planned.eval for _, context in session.cells() for planned in context.evals)
    judges = filter(None, map(judge_model, evals))
    paid = (judge.model for judge in judges if not session.is_free_judge(judge.model))
    return [*own, *(name.partition(":")[2] for name in paid)]


def print_units(prepared: PreparedPlan, units: Sequence[PlannedUnit], out: Console) -> None:
    """Print units of a plan, with their costs if any unit costs something.

    Args:
        prepared: The plan, with its costs and its store.
        units: The units to print.
        out: Where to print.
    """
    costs, store = prepared.costs, prepared.session.store
    is_paid = _is_paid(units, costs)
    columns = ("unit", "what", "cost", "paid", "reason") if is_paid else ("unit", "what", "reason")
    rows = []
    for planned in units:
        amounts = (
            format_cost(costs.estimate(planned.unit)) if planned.is_todo else "–",
            format_cost(cost_so_far(store, planned)),
        )
        rest = (*amounts, planned.reason) if is_paid else (planned.reason,)
        rows.append((planned.unit.key, planned.unit.title, *rest))
    styles = ["" if planned.is_todo else "dim" for planned in units]
    print_listing(out, columns, rows, styles=styles)


def _is_paid(units: Iterable[PlannedUnit], costs: CostEstimator) -> bool:
    return any(costs.estimate(planned.unit) != 0.0 for planned in units)


def plan_json(plan: Plan, costs: CostEstimator) -> dict[str, Any]:
    """The plan as plain values; the README documents their form."""
    return {
        "units": [
            {
                "key": planned.unit.key,
                "kind": planned.unit.kind,
                "state": planned.state.value,
                "reason": planned.reason,
                "cost_usd": costs.estimate(planned.unit) if planned.is_todo else 0.0,
                "cells": list(planned.cells),
            }
            for planned in plan.units
        ],
        "cells": [
            {
                "id": planned.cell.id,
                "experiment": planned.cell.experiment,
                "setting": planned.cell.setting,
                "condition": planned.cell.condition,
                "misaligned_ratio": planned.cell.misaligned_ratio,
                "total_samples": planned.cell.total_samples,
                "seed": planned.cell.seed,
                "axes": dict(planned.cell.axes),
                "units": dict(planned.units),
            }
            for planned in plan.cells
        ],
    }
