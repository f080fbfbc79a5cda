"""Money: what tokens cost, and booking what was used.

Prices are facts with a date. The registry holds them, and no key contains them. `book_usage`
charges what was really used to a `Budget`, for trainings and for answers alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import attrs

from ..errors import UsageError
from .budget import Budget
from .types import Usage

__all__ = ["Budget", "Price", "PriceTable", "book_usage", "format_cost"]

_MILLION = 1_000_000
_FIGURES = ("input", "output", "training", "tuned_input", "tuned_output")
"""Fields of `Price` in the order in which `--price` states them."""


@attrs.frozen(kw_only=True)
class Price:
    """US dollars per million tokens.

    Args:
        input: Of a prompt.
        output: Of an answer.
        training: Of training data, each token counted once an epoch.
        tuned_input: Of a prompt to a model tuned from this one.
        tuned_output: Of its answer.
        batch: Factor for requests through the batch service.
        checked: When the figures were checked, if not on the table's date.
        source: Where they are from, if not from the table's source.

    Raises:
        ValueError: A figure is negative, infinite or not a number.
    """

    input: float
    output: float
    training: float | None = None
    tuned_input: float | None = None
    tuned_output: float | None = None
    batch: float = 0.5
    checked: str | None = None
    source: str | None = None

    def __attrs_post_init__(self) -> None:
        for name in (*_FIGURES, "batch"):
            figure = getattr(self, name)
            if figure is not None and not 0 <= figure < math.inf:
                raise ValueError(f"{name} = {figure} is not a price")


@attrs.frozen(kw_only=True)
class PriceTable:
    """A price table.

    Args:
        checked: When the figures were last compared with `source`.
        source: Where they are from.
        models: Prices by dated model name.
        aliases: Undated name → dated name.
    """

    checked: str
    source: str
    models: Mapping[str, Price]
    aliases: Mapping[str, str] = attrs.field(factory=dict)

    def price(self, model: str) -> Price | None:
        """The price of a model by any of its names; None where it is not known.

        A tuned model, `ft:BASE` or `ft:BASE:…`, has its base's price for tuned models.
        """
        if model.startswith("ft:"):
            name = model.removeprefix("ft:")
            base = self.models.get(name) or self.price(name.partition(":")[0])
            if base is None or base.tuned_input is None or base.tuned_output is None:
                return None
            return attrs.evolve(base, input=base.tuned_input, output=base.tuned_output)
        return self.models.get(self.aliases.get(model, model))

    def origin(self, model: str) -> str:
        """The date and source of a model's price."""
        price = self.price(model)
        checked, source = (price.checked, price.source) if price else (None, None)
        return f"{checked or self.checked} ({source or self.source})"

    def cost(self, usage: Usage) -> float | None:
        """US dollars of a usage; None where the model's price is not known."""
        price = self.price(usage.model)
        if price is None:
            return None
        cost = (usage.input * price.input + usage.output * price.output) / _MILLION
        if usage.batch:
            cost *= price.batch
        training = self.training_cost(usage.model, usage.training) if usage.training else 0.0
        return None if training is None else cost + training

    def is_charged(self, model: str) -> bool:
        """Whether a model's tokens cost anything. A model without a known price counts as paid."""
        price = self.price(model)
        return price is None or max(price.input, price.output, price.training or 0.0) > 0

    def training_cost(self, model: str, tokens: float) -> float | None:
        """US dollars of training on so many tokens, each counted once an epoch; None if unknown."""
        price = self.price(model)
        if price is None or price.training is None:
            return None
        return tokens * price.training / _MILLION

    def with_overrides(self, texts: Iterable[str]) -> PriceTable:
        """This table with prices a user states: `MODEL=IN,OUT[,TRAINING[,TUNED_IN,TUNED_OUT]]`.

        Raises:
            UsageError: A text does not have that form.
        """
        return attrs.evolve(self, models={**self.models, **dict(map(_parse_override, texts))})


def _parse_override(text: str) -> tuple[str, Price]:
    model, _, figures = text.rpartition("=")
    try:
        numbers = [float(figure) for figure in figures.split(",")]
        if not model or len(numbers) not in (2, 3, 5):
            raise ValueError
        if len(numbers) == 3:  # a tuned model costs as much as its base
            numbers += numbers[:2]
        stated: dict[str, Any] = dict(zip(_FIGURES, numbers, strict=False))
        return model, Price(**stated)
    except ValueError:
        raise UsageError(
            f"--price {text}: MODEL=INPUT,OUTPUT[,TRAINING[,TUNED_INPUT,TUNED_OUTPUT]] is needed",
            hint="US dollars per million tokens, separated by commas",
        ) from None


def book_usage(
    unit: str,
    usages: Sequence[Usage | None],
    prices: PriceTable,
    budget: Budget,
    record: Callable[[Sequence[float | None]], None] = lambda costs: None,
) -> None:
    """Price what a unit used, record it, and charge the budget: the one place money is booked.

    The record comes first: whatever happens afterwards, what was paid for is on disk.

    Args:
        unit: Key of the unit that pays.
        usages: Tokens used; None where nothing is paid.
        prices: What they cost. Usage without a known price is recorded, and charged as nothing.
        budget: Charged with the sum.
        record: Writes the usages down. Receives the cost of each in US dollars, None where it is
            not known or nothing is paid.
    """
    costs = [None if usage is None else prices.cost(usage) for usage in usages]
    record(costs)
    budget.charge(unit, sum(cost or 0.0 for cost in costs))
    budget.count_estimates(
        usage for usage, cost in zip(usages, costs, strict=True) if cost is None or cost > 0
    )


def format_cost(cost: float | None) -> str:
    """`$12.34`; four decimals below ten cents, `$0.00` for nothing, `$?` for an unknown price."""
    if cost is None:
        return "$?"
    return f"${cost:.2f}" if cost >= 0.1 or cost == 0 else f"${cost:.4f}"
