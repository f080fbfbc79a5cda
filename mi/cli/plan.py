"""`mi plan`: what a run would do, and why."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..planning.cost import Costs, spent
from ..planning.duration import total
from ..planning.force import again, forced
from ..planning.plan import Plan, Planned
from ..planning.session import Session
from ..providers.pricing import dollars
from ..reporting.header import header
from ..reporting.progress import say
from ..reporting.tables import listing
from ..spec import judge_model
from .collect import collect
from .common import console, narrowed, seconds, session

if TYPE_CHECKING:
    from rich.console import Console


def plan(parsed: argparse.Namespace) -> int:
    """Print the plan; does nothing else."""
    if parsed.collect_only:
        return collect(parsed)
    opened = session(parsed, parsed.words)
    made = narrowed(parsed, opened.plan())
    aside = again(parsed.force, made, opened.store)
    made = forced(made, aside)
    costs = opened.costs(made, aside.journals)
    if parsed.json:
        print(json.dumps(as_json(made, costs), ensure_ascii=False, indent=1))
        return 0
    out = console()
    takes = seconds(opened, made)
    for line in header(opened, made, total(made, takes), costs.total()):
        say(out, line)
    if parsed.quiet:
        return 0
    list_units(opened, made.units, costs, out)
    if _is_paid(made.units, costs):
        already = sum(spent(opened.store, one) for one in made.units)
        say(out, f"{dollars(already)} paid already, about {dollars(costs.total())} to pay")
        origins = " and ".join(dict.fromkeys(map(opened.prices.origin, _asked(opened))))
        say(out, f"prices of {origins}; answers' lengths are estimates")
    return 0


def _asked(opened: Session) -> list[str]:
    """The models that may cost something: the one under test, and judges."""
    own = [] if opened.provider.free else [opened.model.name]
    judges = (judge_model(asked.eval) for _, context in opened.cells() for asked in context.evals)
    return [*own, *(judge.model.partition(":")[2] for judge in judges if judge is not None)]


def list_units(opened: Session, units: Sequence[Planned], costs: Costs, out: Console) -> None:
    """Print units of a plan, with money where there is any in it."""
    paid = _is_paid(units, costs)
    columns = ("unit", "what", "cost", "paid", "reason") if paid else ("unit", "what", "reason")
    rows = []
    for one in units:
        money = (
            dollars(costs.of(one.unit)) if one.todo else "–",
            dollars(spent(opened.store, one)),
        )
        cells = (*money, one.reason) if paid else (one.reason,)
        rows.append((one.unit.key, one.unit.title, *cells))
    listing(out, columns, rows, styles=["" if one.todo else "dim" for one in units])


def _is_paid(units: Iterable[Planned], costs: Costs) -> bool:
    return any(costs.of(one.unit) != 0.0 for one in units)


def as_json(made: Plan, costs: Costs) -> dict[str, Any]:
    """The plan as plain values; the form is documented in the README."""
    return {
        "units": [
            {
                "key": one.unit.key,
                "kind": one.unit.kind,
                "state": one.state.value,
                "reason": one.reason,
                "cost_usd": costs.of(one.unit) if one.todo else 0.0,
                "cells": list(one.cells),
            }
            for one in made.units
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
            for one in made.cells
        ],
    }
