"""Money: what tokens cost, and how much may be spent.

Prices are facts with a date, kept in the registry and never in an identity. A purse holds what one
run may spend: units are let in while what they are likely to cost fits into what is left, and the
run stops launching when what was really spent reaches the limit.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from ..errors import BudgetExceeded, UsageError
from .types import Usage

_MILLION = 1_000_000


@attrs.frozen(kw_only=True)
class Price:
    """US dollars per million tokens; `batch` is the factor for batch requests. Raises `ValueError`
    for what is no price.

    `checked` and `source` are given where they are not the table's.
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
        for name in ("input", "output", "training", "tuned_input", "tuned_output", "batch"):
            number = getattr(self, name)
            if number is not None and not 0 <= number < math.inf:
                raise ValueError(f"{name} = {number} is no price")


@attrs.frozen(kw_only=True)
class PriceTable:
    """A price table.

    Args:
        checked: When the figures were last compared with `source`.
        models: By dated name.
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
        """Where a model's price is from, and of which day."""
        price = self.price(model)
        checked, source = (price.checked, price.source) if price else (None, None)
        return f"{checked or self.checked} ({source or self.source})"

    def cost(self, bill: Usage) -> float | None:
        """US dollars of a bill; None where the model's price is not known."""
        price = self.price(bill.model)
        if price is None:
            return None
        cost = (bill.input * price.input + bill.output * price.output) / _MILLION
        return cost * price.batch if bill.batch else cost

    def is_charged(self, model: str) -> bool:
        """Whether a model's tokens cost anything; where that is not known, they do."""
        price = self.price(model)
        return price is None or max(price.input, price.output, price.training or 0.0) > 0

    def training_cost(self, model: str, tokens: float) -> float | None:
        """US dollars of training on so many tokens (each counted once an epoch)."""
        price = self.price(model)
        if price is None or price.training is None:
            return None
        return tokens * price.training / _MILLION

    def with_overrides(self, texts: Iterable[str]) -> PriceTable:
        """With prices as a user states them: `MODEL=IN,OUT[,TRAINING[,TUNED_IN,TUNED_OUT]]`.

        Raises:
            UsageError: One is not of that form.
        """
        return attrs.evolve(self, models={**self.models, **dict(map(_parse_override, texts))})


def _parse_override(text: str) -> tuple[str, Price]:
    model, _, figures = text.rpartition("=")
    try:
        numbers = [float(figure) for figure in figures.split(",")]
        if not model or len(numbers) not in (2, 3, 5):
            raise ValueError
        names = ("input", "output", "training", "tuned_input", "tuned_output")
        stated: dict[str, Any] = dict(zip(names, numbers, strict=False))
        tuned: dict[str, Any] = (
            {"tuned_input": numbers[0], "tuned_output": numbers[1]} if len(numbers) == 3 else {}
        )
        return model, Price(**stated, **tuned)
    except ValueError:
        raise UsageError(
            f"--price {text}: MODEL=INPUT,OUTPUT[,TRAINING[,TUNED_INPUT,TUNED_OUTPUT]] is needed",
            hint="US dollars per million tokens",
        ) from None


@attrs.define
class Budget:
    """What a run may spend, in US dollars; shared by its threads.

    Args:
        limit: The most; None: only what costs nothing.
        spent: So far in this run.
    """

    limit: float | None = None
    spent: float = 0.0
    _reserved: dict[str, float] = attrs.field(factory=dict)
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def reserve(self, unit: str, estimate: float) -> bool:
        """Whether a unit that is likely to cost this much may begin; holds that much for it."""
        if estimate <= 0:
            return True
        with self._lock:
            if (
                self.limit is None
                or self.spent + sum(self._reserved.values()) + estimate > self.limit
            ):
                return False
            self._reserved[unit] = estimate
            return True

    def release(self, unit: str) -> None:
        """The unit is over: what was held for it is spent, or free again."""
        with self._lock:
            self._reserved.pop(unit, None)

    def charge(self, unit: str, cost: float) -> None:
        """So much was spent on a unit."""
        with self._lock:
            self.spent += cost
            if unit in self._reserved:
                self._reserved[unit] = max(self._reserved[unit] - cost, 0.0)

    def raise_if_exceeded(self) -> None:
        """Raises `OverBudget` once what was spent has reached the limit."""
        if self.limit is not None and self.spent >= self.limit > 0:
            raise BudgetExceeded(
                f"${self.spent:.2f} is spent, which is what --max-cost allows",
                hint="what arrived is kept: the same command with a higher --max-cost goes on",
            )


def format_cost(cost: float | None) -> str:
    """`$12.34`; cents where they matter, `$0.00` for nothing, `?` for a price not known."""
    if cost is None:
        return "$?"
    return f"${cost:.2f}" if cost >= 0.1 or cost == 0 else f"${cost:.4f}"
