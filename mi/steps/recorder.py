"""Keeping what has arrived: a line an answer, with what was paid for it.

The line is written before the purse pays, so that what was paid for is there whatever comes.
Whether more may be spent is asked where asking is safe: see `Watch.check`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import attrs

from ..files import journal
from ..providers.pricing import Budget, PriceTable
from ..providers.types import Answer, Grade, Likelihood, Usage
from ..store.provenance import utc_timestamp

ProviderResult: TypeAlias = Answer | Grade | Likelihood
AppendLines = Callable[[Path, Sequence[Any]], None]

_FIELDS = {
    kind: tuple(name for name in attrs.fields_dict(kind) if name != "bill")
    for kind in (Answer, Grade, Likelihood)
}


@attrs.frozen
class AnswerRecorder:
    """Writes what has arrived into its journal with what was paid for it, and pays.

    Args:
        append: Adds lines to the journal at a path.
    """

    unit: str
    prices: PriceTable
    budget: Budget
    append: AppendLines = journal.append_records

    def __call__(self, path: Path, batch: Sequence[ProviderResult]) -> None:
        at, costs = utc_timestamp(), [self._cost(one.bill) for one in batch]
        lines = [self._line(one, at, cost) for one, cost in zip(batch, costs, strict=True)]
        if lines:
            self.append(path, lines)
        self.budget.charge(self.unit, sum(cost or 0.0 for cost in costs))

    def _cost(self, bill: Usage | None) -> float | None:
        return None if bill is None else self.prices.cost(bill)

    def _line(self, one: ProviderResult, at: str, cost: float | None) -> dict[str, Any]:
        facts = {
            name: value for name in _FIELDS[type(one)] if (value := getattr(one, name)) is not None
        }
        if isinstance(one, Grade):
            verdict = {name: facts.pop(name) for name in ("text", "top", "finish")}
            facts["verdict"] = verdict
        if one.bill is not None:
            facts |= {
                "unit": self.unit,
                "at": at,
                "billed_model": one.bill.model,
                "billed_input": one.bill.input,
                "billed_output": one.bill.output,
                "cost_usd": cost,
            }
        return facts
