"""Estimated costs of units before they run, and the costs that were paid.

Tokens are estimated (`mi.data.tokens`) over a sample of the rows. Prompts are counted as they will
be sent. Answers are assumed to be as long as earlier answers to the same questions, or else as long
as the eval expects. Requests whose answers are already in a journal are not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from statistics import fmean
from typing import Any

import attrs

from ..data import tokens
from ..data.datasets import Questions, Rows
from ..errors import CorruptError
from ..providers.pricing import PriceTable
from ..providers.types import ModelUnderTest, Usage
from ..spec import Model, judge_model
from ..steps import evaluate
from ..steps.context import journal_lines
from ..steps.evals import Workload, eval_kind
from ..store.base import Store
from ..units.unit import Base, Blend, DatasetName, Evaluate, Mix, Train, Unit
from .drawn_rows import added_tokens, row_counts
from .plan import Plan, PlannedUnit

_SAMPLE_ROWS = 200


@attrs.define(kw_only=True, slots=False)
class CostEstimator:
    """Estimates the costs of a plan's units, in US dollars.

    Args:
        plan: The units.
        model: The model under test.
        is_free: Whether the model under test costs nothing.
        prices: The price table.
        datasets: The datasets of mixes by name.
        questions: The evals' questions by digest.
        store: Holds the journals of earlier requests.
        batch: Whether batch prices apply.
        archived_journals: Journals that will be archived, so their requests are made again.
        probes: What the probes that come before the first unit are likely to use.
        subjects: The models that are evaluated untrained beside it, by their names in keys.
        is_free_judge: Whether a judge, as `provider:name`, costs nothing.
    """

    plan: Plan
    model: Model
    is_free: bool
    prices: PriceTable
    datasets: Mapping[DatasetName, Rows]
    questions: Mapping[str, Questions]
    store: Store
    batch: bool = False
    archived_journals: Collection[str] = ()
    probes: Sequence[Usage] = ()
    subjects: Mapping[Base, ModelUnderTest] = attrs.field(factory=dict)
    is_free_judge: Callable[[str], bool] = lambda name: False
    _row_tokens: dict[str, float] = attrs.field(factory=dict)
    _answer_lengths: dict[str, float | None] = attrs.field(factory=dict)

    def estimate(self, unit: Unit) -> float | None:
        """The cost of a unit in US dollars; None if a price is unknown.

        An eval whose journals are damaged costs nothing: it fails before it asks anything.
        """
        payload = unit.payload
        if isinstance(payload, Train):
            return 0.0 if self.is_free else self._training_cost(payload)
        if isinstance(payload, Evaluate):
            with suppress(CorruptError):
                return self._eval_cost(payload)
        return 0.0

    def total(self) -> float | None:
        """The cost of all units that a run attempts, and of probes; None if a price is unknown."""
        costs = [self.estimate(planned.unit) for planned in self.plan.attempts]
        costs += map(self.prices.cost, self.probes)
        known_costs = [cost for cost in costs if cost is not None]
        return sum(known_costs) if len(known_costs) == len(costs) else None

    def unpriced_models(self) -> list[str]:
        """The models of the attempted units whose price is unknown."""
        names: dict[str, None] = {}
        for planned in self.plan.attempts:
            if self.estimate(planned.unit) is None:
                names.update(dict.fromkeys(self._models_without_price(planned.unit.payload)))
        return list(names)

    def _models_without_price(self, payload: Any) -> Iterable[str]:
        if not self.is_free and not self._is_priced(payload):
            is_eval = isinstance(payload, Evaluate) and not isinstance(payload.subject, str)
            yield self._billed_model(payload) if is_eval else self.model.name
        judge = judge_model(payload.eval) if isinstance(payload, Evaluate) else None
        if judge is None or self.is_free_judge(judge.model):
            return
        if self.prices.price(_bare_name(judge.model)) is None:
            yield _bare_name(judge.model)

    def _is_priced(self, payload: Any) -> bool:
        if isinstance(payload, Train):
            return self.prices.training_cost(self.model.name, 0) is not None
        return self.prices.price(self._billed_model(payload)) is not None

    def _training_cost(self, payload: Train) -> float | None:
        mix = self._mixes[payload.mix]
        row_tokens = float(added_tokens(mix))
        for rows, count in row_counts(mix, self.datasets):
            row_tokens += count * self._mean_row_tokens(rows)
        return self.prices.training_cost(
            self.model.name, row_tokens * payload.hyperparameters.epochs
        )

    @cached_property
    def _mixes(self) -> dict[str, Mix | Blend]:
        payloads = ((planned.unit.key, planned.unit.payload) for planned in self.plan.all_units)
        return {key: payload for key, payload in payloads if isinstance(payload, (Mix, Blend))}

    def _mean_row_tokens(self, rows: Rows) -> float:
        """Mean tokens of a row, over a sample of the rows."""
        if rows.digest not in self._row_tokens:
            chats = list(rows.chats.values())
            sample = chats[:: max(len(chats) // _SAMPLE_ROWS, 1)]
            self._row_tokens[rows.digest] = fmean(tokens.count_chat_tokens(chat) for chat in sample)
        return self._row_tokens[rows.digest]

    def _billed_model(self, payload: Evaluate) -> str:
        if isinstance(payload.subject, str):
            return f"ft:{self.model.name}"
        subject = self.subjects.get(payload.subject)
        return self.model.name if subject is None else subject.model.name

    def _eval_cost(self, payload: Evaluate) -> float | None:
        names = evaluate.journal_names(payload).items()
        paths = {
            role: self.store.root / "none.jsonl"
            if name in self.archived_journals
            else self.store.journal(name)
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
            if expected.judge and self.is_free_judge(expected.judge):
                continue
            model = _bare_name(expected.judge) if expected.judge else self._billed_model(payload)
            costs.append(self._request_cost(model, expected.sent, expected.received))
        return None if None in costs else sum((cost for cost in costs if cost is not None), 0.0)

    def _request_cost(self, model: str, sent: float, received: float) -> float | None:
        usage = Usage(model=model, input=round(sent), output=round(received), batch=self.batch)
        return self.prices.cost(usage)

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
    """US dollars paid for a unit so far, whether it is done or not."""
    unit = planned.unit
    if planned.completion is not None:
        return planned.completion.cost_usd
    if not isinstance(unit.payload, Evaluate):
        return 0.0
    return journal_cost(
        unit.key, (store.journal(name) for name in evaluate.journal_names(unit.payload).values())
    )


def journal_cost(key: str, paths: Iterable[Path]) -> float:
    """US dollars of the requests that a unit made, according to its journals."""
    lines = (line for path in paths for line in journal_lines(path))
    return sum(line.get("cost_usd") or 0.0 for line in lines if line.get("unit") == key)
