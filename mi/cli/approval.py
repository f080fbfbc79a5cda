"""Spending is never implicit: what a plan costs is said, and asked for, before anything begins."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..planning.cost import CostEstimator
from ..planning.plan import Plan
from ..planning.session import Session
from ..providers.pricing import format_cost

if TYPE_CHECKING:
    from rich.console import Console

_MARGIN = 1.2


def spending_limit(
    session: Session, plan: Plan, costs: CostEstimator, out: Console
) -> float | None:
    """What a run may spend; None where it spends nothing.

    Raises:
        UsageError: It costs more than it may, or nobody said that it may cost anything; data or
            prices were not named.
    """
    total, stated = costs.total(), session.options.max_cost
    if total == 0.0:
        return stated
    _require_named_data(session, plan, costs)
    if total is None:
        names = costs.unpriced_models()
        raise UsageError(
            f"the price of {', '.join(names)} is not known here; nothing was started",
            hint=f"--price {names[0]}=INPUT,OUTPUT,TRAINING,TUNED_INPUT,TUNED_OUTPUT "
            "(US dollars per million tokens), or put it into registry/prices.toml",
        )
    if stated is None:
        return _confirm(total, out)
    if total > stated:
        raise UsageError(
            f"this is likely to cost {format_cost(total)}, more than the {format_cost(stated)} of "
            "--max-cost; nothing was started",
            hint="`mi plan` shows what each unit costs; select fewer cells or allow more",
        )
    return stated


def _require_named_data(session: Session, plan: Plan, costs: CostEstimator) -> None:
    """Paid training on bundled data is asked for by name: it is seldom what a paper wants."""
    if session.provider.is_free:
        return
    keys = {
        planned.unit.key
        for planned in plan.attempts
        if planned.unit.kind == "train" and costs.estimate(planned.unit) != 0.0
    }
    for planned in plan.cells:
        setting = planned.cell.setting
        if setting not in session.sources and planned.units.get("train") in keys:
            raise UsageError(
                f"{setting}: a paid training on the bundled data has to be asked for by name",
                hint=f"--data {setting}=bundled, or --data {setting}=FOLDER for data of your own",
            )


def _confirm(total: float, out: Console) -> float:
    if not (sys.stdin.isatty() and out.is_terminal):
        raise UsageError(
            f"this is likely to cost {format_cost(total)}, and nothing said that it may; "
            "nothing was started",
            hint=f"--max-cost {total * _MARGIN:.2f}",
        )
    from rich.prompt import Confirm

    most = total * _MARGIN
    question = f"Spend about {format_cost(total)} (at most {format_cost(most)})?"
    if not Confirm.ask(question, default=False, console=out):
        raise UsageError("nothing was started")
    return most
