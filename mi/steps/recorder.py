"""Recording answers as they arrive: a journal line per answer, with what was paid for it.

The line is written before the budget is charged, so what was paid for is on disk whatever happens
next. The recorder never stops a run that is over its budget: `Monitor.raise_if_stopped` does, where
stopping is safe.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs

from ..data.tokens import count_tokens
from ..files import journal
from ..files.clock import utc_timestamp
from ..providers.budget import Budget
from ..providers.pricing import PriceTable, book_usage
from ..providers.types import Answer, Grade, Likelihood
from ..providers.usage import checked_usage, is_bookable
from .context import ProviderResult
from .scorers.reply import JudgeReply

AppendLines = Callable[[Path, Sequence[Any]], None]

_FIELDS = {
    kind: tuple(name for name in attrs.fields_dict(kind) if name != "usage")
    for kind in (Answer, Grade, Likelihood)
}
_VERDICT_FIELDS = ("text", "top", "finish", "tops")


@attrs.frozen
class AnswerRecorder:
    """Writes results with their cost to a journal, and charges the budget.

    Args:
        unit: Key of the unit that asked for them.
        prices: What tokens cost.
        budget: Charged with the cost of each batch.
        append: Appends lines to the journal at a path.
    """

    unit: str
    prices: PriceTable
    budget: Budget
    append: AppendLines = journal.append_records

    def __call__(self, path: Path, batch: Sequence[ProviderResult]) -> None:
        at = utc_timestamp()
        batch = [_with_bookable_usage(result) for result in batch]

        def record(costs: Sequence[float | None]) -> None:
            lines = [self._line(*priced, at) for priced in zip(batch, costs, strict=True)]
            if lines:
                self.append(path, lines)

        usages = [result.usage for result in batch]
        book_usage(self.unit, usages, self.prices, self.budget, record)

    def _line(self, result: ProviderResult, cost: float | None, at: str) -> dict[str, Any]:
        facts = {
            name: value
            for name in _FIELDS[type(result)]
            if (value := getattr(result, name)) is not None
        }
        if isinstance(result, Grade):
            for name in _VERDICT_FIELDS:
                del facts[name]
            reply = JudgeReply(**{name: getattr(result, name) for name in _VERDICT_FIELDS})
            facts["verdict"] = reply.to_json()
        if result.usage is not None:
            facts |= {
                "unit": self.unit,
                "at": at,
                "billed_model": result.usage.model,
                "billed_input": result.usage.input,
                "billed_output": result.usage.output,
                "cost_usd": cost,
            }
            if result.usage.estimate_reason:
                facts["billed_estimate"] = result.usage.estimate_reason
        return facts


def _with_bookable_usage(result: ProviderResult) -> ProviderResult:
    """The result; what in its usage cannot be a count of tokens is replaced by an estimate."""
    if result.usage is None or is_bookable(result.usage):
        return result
    if isinstance(result, Likelihood):
        sent, received = sum(result.tokens), len(result.tokens)
    else:
        sent = result.prompt_tokens if isinstance(result, Answer) else 0
        received = count_tokens(result.text)
    return attrs.evolve(result, usage=checked_usage(result.usage, sent, received))
