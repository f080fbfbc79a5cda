"""Prices are prices, and money is booked in one place."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mi.errors import BudgetExceeded, UsageError
from mi.providers.pricing import Budget, Price, PriceTable, book_usage
from mi.providers.types import Usage
from registry import prices

TABLE = PriceTable(
    checked="2026-01-01",
    source="here",
    models={
        "m": Price(input=1.0, output=4.0, training=25.0),
        "untrainable": Price(input=1, output=1),
    },
)


@pytest.mark.parametrize("figures", ["nan,nan", "1,inf", "-1,2", "1", "1,2,3,4"])
def test_what_is_not_a_price_is_refused(figures: str) -> None:
    """A limit compares: compared with something that is not a number, nothing would exceed it."""
    with pytest.raises(UsageError, match="US dollars per million tokens"):
        prices().with_overrides([f"gpt={figures}"])


def test_a_table_with_something_that_is_not_a_price_is_refused() -> None:
    with pytest.raises(ValueError, match="training = nan is not a price"):
        Price(input=1.0, output=1.0, training=float("nan"))


@pytest.mark.parametrize(
    ("usage", "cost"),
    [
        (Usage(model="m", input=1000, output=500), 0.003),
        (Usage(model="m", input=1000, output=500, batch=True), 0.0015),
        (Usage(model="m", training=1000), 0.025),
        (Usage(model="m"), 0.0),
        (Usage(model="other", input=1), None),
        (Usage(model="untrainable", training=1), None),
    ],
)
def test_a_usage_costs_what_the_table_says(usage: Usage, cost: float | None) -> None:
    assert TABLE.cost(usage) == (cost if cost is None else pytest.approx(cost))


def test_trainings_and_answers_are_booked_alike() -> None:
    budget, usage = Budget(limit=1.0), Usage(model="m", training=10_000)
    assert budget.reserve("train-1", 0.3)
    book_usage("train-1", [usage], TABLE, budget)
    book_usage("eval-1", [Usage(model="m", input=1000), None], TABLE, budget)
    assert budget.spent == pytest.approx(0.251)
    assert not budget.reserve("train-2", 0.7)  # 0.05 is still reserved for the first
    budget.release("train-1")
    assert budget.reserve("train-2", 0.7)


def test_usage_is_recorded_before_it_is_charged() -> None:
    """A record that cannot be written charges nothing; one that was written is on disk for ever."""
    budget, usages = Budget(limit=1.0), [Usage(model="m", input=1000), Usage(model="other"), None]
    recorded: list[float | None] = []

    def record(costs: Sequence[float | None]) -> None:
        assert budget.spent == 0.0
        recorded.extend(costs)

    book_usage("eval-1", usages, TABLE, budget, record)
    assert recorded == [pytest.approx(0.001), None, None]

    def fail(costs: Sequence[float | None]) -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        book_usage("eval-1", usages, TABLE, budget, fail)
    assert budget.spent == pytest.approx(0.001)


def test_a_run_that_has_spent_its_limit_is_stopped() -> None:
    budget = Budget(limit=0.5)
    budget.charge("eval-1", 0.49)
    budget.raise_if_exceeded()
    budget.charge("eval-1", 0.01)
    with pytest.raises(BudgetExceeded, match="--max-cost"):
        budget.raise_if_exceeded()
