"""What a unit is likely to cost, before it is done.

Tokens are estimated (`mi.data.tokens`) over a sample of the rows. Prompts are those that will be
sent, and answers are assumed as long as those seen before, else as long as the eval expects.
What has arrived already is not counted again.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from statistics import fmean
from typing import Any

import attrs

from ..data import tokens
from ..data.datasets import Questions, Rows
from ..files import journal
from ..providers.pricing import PriceTable
from ..providers.types import Usage
from ..spec import Model, judge_model
from ..steps import evaluate
from ..steps.evals import Workload, eval_kind
from ..store.base import Store
from ..units.cells import arm_counts
from ..units.unit import Evaluate, Mix, Train, Unit
from .plan import Plan, PlannedUnit

_SAMPLE_ROWS = 200


@attrs.define(kw_only=True, slots=False)
class CostEstimator:
    """Likely costs of a plan's units in US dollars.

    Args:
        free: Whether the model under test costs nothing.
        batch: Whether batch prices apply.
        anew: Journals that will be put aside: what stands in them is asked for again.
    """

    plan: Plan
    model: Model
    is_free: bool
    prices: PriceTable
    rows: Mapping[str, tuple[Rows, Rows]]
    questions: Mapping[str, Questions]
    store: Store
    batch: bool = False
    archived_journals: Collection[str] = ()
    _row_tokens: dict[str, float] = attrs.field(factory=dict)
    _answer_lengths: dict[str, float | None] = attrs.field(factory=dict)

    def estimate(self, unit: Unit) -> float | None:
        """US dollars; None where a price is not known."""
        payload = unit.payload
        if isinstance(payload, Train):
            return 0.0 if self.is_free else self._training_cost(unit, payload)
        if isinstance(payload, Evaluate):
            return self._eval_cost(payload)
        return 0.0

    def total(self) -> float | None:
        """US dollars for all that a run sets about; None where a price is not known."""
        parts = [self.estimate(planned.unit) for planned in self.plan.attempts]
        known = [part for part in parts if part is not None]
        return sum(known) if len(known) == len(parts) else None

    def unpriced_models(self) -> list[str]:
        """Models of units to do whose price is not known."""
        names: dict[str, None] = {}
        for planned in self.plan.attempts:
            if self.estimate(planned.unit) is None:
                names.update(dict.fromkeys(self._models_without_price(planned.unit.payload)))
        return list(names)

    def _models_without_price(self, payload: Any) -> Iterable[str]:
        if not self.is_free and not self._is_priced(payload):
            yield self.model.name
        judge = judge_model(payload.eval) if isinstance(payload, Evaluate) else None
        if judge is not None and self.prices.price(_bare_name(judge.model)) is None:
            yield _bare_name(judge.model)

    def _is_priced(self, payload: Any) -> bool:
        if isinstance(payload, Train):
            return self.prices.training_cost(self.model.name, 0) is not None
        return self.prices.price(self._billed_model(payload)) is not None

    def _training_cost(self, unit: Unit, payload: Train) -> float | None:
        drawn = self._mixes[payload.mix]
        misaligned, aligned = arm_counts(drawn.misaligned_ratio, drawn.total_samples)
        arms = self.rows[unit.setting]
        read = misaligned * self._mean_row_tokens(arms[0]) + aligned * self._mean_row_tokens(
            arms[1]
        )
        return self.prices.training_cost(self.model.name, read * payload.hyperparameters.epochs)

    @cached_property
    def _mixes(self) -> dict[str, Mix]:
        payloads = ((one.unit.key, one.unit.payload) for one in self.plan.all_units)
        return {key: payload for key, payload in payloads if isinstance(payload, Mix)}

    def _mean_row_tokens(self, rows: Rows) -> float:
        """Tokens of a row."""
        if rows.digest not in self._row_tokens:
            chats = list(rows.chats.values())
            some = chats[:: max(len(chats) // _SAMPLE_ROWS, 1)]
            self._row_tokens[rows.digest] = fmean(tokens.count_chat_tokens(chat) for chat in some)
        return self._row_tokens[rows.digest]

    def _billed_model(self, payload: Evaluate) -> str:
        return f"ft:{self.model.name}" if isinstance(payload.subject, str) else self.model.name

    def _eval_cost(self, payload: Evaluate) -> float | None:
        names = evaluate.journal_names(payload).items()
        paths = {
            role: Path(os.devnull) if name in self.archived_journals else self.store.journal(name)
            for role, name in names
        }
        workload = Workload(
            eval=payload.eval,
            questions=self.questions[payload.questions],
            paths=paths,
            observed_length=lambda: self._observed_answer_length(payload),
        )
        costs = []
        kind = eval_kind(payload.eval)
        for expected in kind.expected_tokens(workload, subject_is_free=self.is_free):
            model = _bare_name(expected.judge) if expected.judge else self._billed_model(payload)
            costs.append(self._request_cost(model, expected.sent, expected.received))
        return None if None in costs else sum((cost for cost in costs if cost is not None), 0.0)

    def _request_cost(self, model: str, sent: float, received: float) -> float | None:
        bill = Usage(model=model, input=round(sent), output=round(received), batch=self.batch)
        return self.prices.cost(bill)

    def _observed_answer_length(self, payload: Evaluate) -> float | None:
        """Mean tokens of the answers that any model of the plan gave to the same questions."""
        if payload.questions not in self._answer_lengths:
            lengths = [
                eval_kind(other.eval).answer_length(self._journal_paths(other))
                for planned in self.plan.units
                if isinstance(other := planned.unit.payload, Evaluate)
                and other.questions == payload.questions
            ]
            known = [length for length in lengths if length is not None]
            self._answer_lengths[payload.questions] = fmean(known) if known else None
        return self._answer_lengths[payload.questions]

    def _journal_paths(self, payload: Evaluate) -> dict[str, Path]:
        names = evaluate.journal_names(payload)
        return {role: self.store.journal(name) for role, name in names.items()}


def _bare_name(name: str) -> str:
    return name.partition(":")[2]


def cost_so_far(store: Store, planned: PlannedUnit) -> float:
    """US dollars that were paid for a unit so far, whether it is done or not."""
    unit = planned.unit
    if planned.completion is not None:
        return planned.completion.cost_usd
    if not isinstance(unit.payload, Evaluate):
        return 0.0
    return journal_cost(
        unit.key, (store.journal(name) for name in evaluate.journal_names(unit.payload).values())
    )


def journal_cost(key: str, paths: Iterable[Path]) -> float:
    """US dollars of what a unit asked for, as its journals have it."""
    lines = (line for path in paths for line in journal.read_records(path))
    return sum(line.get("cost_usd") or 0.0 for line in lines if line.get("unit") == key)
