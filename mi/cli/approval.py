"""Approval of spending.

Spending is never implicit: a run that may cost money starts only within `--max-cost`, or after the
user has confirmed its estimate on a terminal.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..planning.cost import CostEstimator
from ..planning.plan import Plan
from ..planning.session import Session
from ..providers.pricing import format_cost
from ..providers.store_share import store_limit_reached

if TYPE_CHECKING:
    from rich.console import Console

_MARGIN = 1.2
"""How far above its estimate a confirmed run may go."""


def spending_limit(
    session: Session, plan: Plan, costs: CostEstimator, out: Console
) -> float | None:
    """The most that a run may spend, approved by `--max-cost` or on the terminal.

    Args:
        session: What the command selected; its options hold `--max-cost`.
        plan: The units to run.
        costs: The estimator of the plan's costs.
        out: Where to ask for confirmation.

    Returns:
        US dollars; None if the run is free and has no stated limit.

    Raises:
        UsageError: The estimate exceeds `--max-cost` or what is left of the store's limit, or it
            cannot be confirmed; a price is unknown; or paid training would use bundled data that
            `--data` does not name.
        BudgetExceeded: The store's limit is reached.
    """
    total, max_cost = costs.total(), session.options.max_cost
    if total == 0.0:
        return max_cost
    _require_named_data(session, plan, costs)
    if total is None:
        names = costs.unpriced_models()
        raise UsageError(
            f"the price of {', '.join(names)} is unknown; nothing was started",
            hint=f"--price {names[0]}=INPUT,OUTPUT,TRAINING,TUNED_INPUT,TUNED_OUTPUT "
            "(US dollars per million tokens), or add it to registry/prices.toml",
        )
    _check_store_limit(session, plan, total)
    if max_cost is None:
        return _confirm(total, out)
    if total > max_cost:
        raise UsageError(
            f"this is likely to cost {format_cost(total)}, more than the {format_cost(max_cost)} "
            "of --max-cost; nothing was started",
            hint="`mi plan` shows the cost of each unit; select fewer cells or raise the limit",
        )
    return max_cost


def _check_store_limit(session: Session, plan: Plan, total: float) -> None:
    """Check that an estimate fits into what is left of the store's limit, if there is one."""
    if session.ledger is None:
        return
    balance = session.ledger.balance({planned.unit.key for planned in plan.attempts})
    if balance.is_spent:
        raise store_limit_reached(balance)
    if total > balance.available:
        raise UsageError(
            f"this is likely to cost {format_cost(total)}, more than the "
            f"{format_cost(balance.available)} that is left of max_cost in [tool.mi], which is "
            f"{format_cost(balance.limit)} for all runs on this store; nothing was started",
            hint="select fewer cells, wait for other runs, or raise max_cost in pyproject.toml",
        )


def _require_named_data(session: Session, plan: Plan, costs: CostEstimator) -> None:
    """Require `--data` for paid training on bundled data, which is seldom what a paper needs."""
    if session.provider.is_free:
        return
    paid_keys = {
        planned.unit.key
        for planned in plan.attempts
        if planned.unit.kind == "train" and costs.estimate(planned.unit) != 0.0
    }
    for planned in plan.cells:
        setting = planned.cell.setting
        if setting not in session.sources and planned.units.get("train") in paid_keys:
            raise UsageError(
                f"{setting}: paid training on the bundled data has to be requested by name",
                hint=f"--data {setting}=bundled, or --data {setting}=FOLDER for your own data",
            )


def _confirm(total: float, out: Console) -> float:
    """Ask whether the estimate may be spent, with a margin, and return the limit."""
    limit = total * _MARGIN
    if not (sys.stdin.isatty() and out.is_terminal):
        raise UsageError(
            f"this is likely to cost {format_cost(total)}, which nothing has approved; "
            "nothing was started",
            hint=f"--max-cost {limit:.2f}",
        )
    from rich.prompt import Confirm

    question = f"Spend about {format_cost(total)} (at most {format_cost(limit)})?"
    if not Confirm.ask(question, default=False, console=out):
        raise UsageError("nothing was started")
    return limit
