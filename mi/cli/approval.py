"""Spending is never implicit: what a plan costs is said, and asked for, before anything begins."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..planning.cost import Costs
from ..planning.plan import Plan
from ..planning.session import Session
from ..providers.pricing import dollars

if TYPE_CHECKING:
    from rich.console import Console

_MARGIN = 1.2


def limit(opened: Session, made: Plan, costs: Costs, out: Console) -> float | None:
    """What a run may spend; None where it spends nothing.

    Raises:
        UsageError: It costs more than it may, or nobody said that it may cost anything; data or
            prices were not named.
    """
    total, stated = costs.total(), opened.options.max_cost
    if total == 0.0:
        return stated
    _named_data(opened, made, costs)
    if total is None:
        names = costs.unknown()
        raise UsageError(
            f"the price of {', '.join(names)} is not known here; nothing was started",
            hint=f"--price {names[0]}=INPUT,OUTPUT,TRAINING,TUNED_INPUT,TUNED_OUTPUT "
            "(US dollars per million tokens), or put it into registry/prices.toml",
        )
    if stated is None:
        return _asked(total, out)
    if total > stated:
        raise UsageError(
            f"this is likely to cost {dollars(total)}, more than the {dollars(stated)} of "
            "--max-cost; nothing was started",
            hint="`mi plan` shows what each unit costs; select fewer cells or allow more",
        )
    return stated


def _named_data(opened: Session, made: Plan, costs: Costs) -> None:
    """Paid training on bundled data is asked for by name: it is seldom what a paper wants."""
    if opened.provider.free:
        return
    keys = {
        planned.unit.key
        for planned in made.tried
        if planned.unit.kind == "train" and costs.of(planned.unit) != 0.0
    }
    for planned in made.cells:
        setting = planned.cell.setting
        if setting not in opened.sources and planned.units.get("train") in keys:
            raise UsageError(
                f"{setting}: a paid training on the bundled data has to be asked for by name",
                hint=f"--data {setting}=bundled, or --data {setting}=FOLDER for data of your own",
            )


def _asked(total: float, out: Console) -> float:
    if not (sys.stdin.isatty() and out.is_terminal):
        raise UsageError(
            f"this is likely to cost {dollars(total)}, and nothing said that it may; "
            "nothing was started",
            hint=f"--max-cost {total * _MARGIN:.2f}",
        )
    from rich.prompt import Confirm

    most = total * _MARGIN
    question = f"Spend about {dollars(total)} (at most {dollars(most)})?"
    if not Confirm.ask(question, default=False, console=out):
        raise UsageError("nothing was started")
    return most
