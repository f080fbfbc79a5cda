"""Prices are prices."""

from __future__ import annotations

import pytest

from mi.errors import UsageError
from mi.providers.pricing import Price
from registry import prices


@pytest.mark.parametrize("figures", ["nan,nan", "1,inf", "-1,2", "1", "1,2,3,4"])
def test_what_is_no_price_is_refused(figures: str) -> None:
    """A limit compares: against a number that is none, nothing would ever be too much."""
    with pytest.raises(UsageError, match="US dollars per million tokens"):
        prices().with_overrides([f"gpt={figures}"])


def test_a_table_with_what_is_no_price_is_refused() -> None:
    with pytest.raises(ValueError, match="training = nan is not a price"):
        Price(input=1.0, output=1.0, training=float("nan"))
