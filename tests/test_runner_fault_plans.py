"""Whatever goes wrong and whenever runs are killed, nothing is paid twice and the books are right.

`python -m benchmarks.faults` carries out two hundred plans.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.fault_plans import FaultPlan, carry_out, draw_plan
from tests.support.fault_plans.plan import PlannedRun

KILLED = PlannedRun(kill_requests=30)
PLANS = [
    FaultPlan(seed=1000, rounds=((KILLED, PlannedRun()),), odd_usage=0.2, store_limit=True),
    *map(draw_plan, range(19)),
]


QUICK = (6, 13)


@pytest.mark.parametrize(
    "plan",
    [pytest.param(p, marks=[] if p.seed in QUICK else [pytest.mark.slow]) for p in PLANS],
    ids=str,
)
def test_the_laws_of_money_and_data_hold(plan: FaultPlan, tmp_path: Path) -> None:
    outcome = carry_out(plan, tmp_path)
    assert not outcome.violations, "\n".join(outcome.violations)
