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
from ..data.chats import Message
from ..data.datasets import Questions, Rows
from ..files import journal
from ..providers.pricing import PriceTable
from ..providers.types import SAMPLES_PER_REQUEST, Usage
from ..spec import Model, Preference, Sampled, judge_model
from ..steps import evaluate
from ..store.local import Store
from ..units.cells import arm_counts
from ..units.unit import Evaluate, Mix, Train, Unit
from .plan import Plan, PlannedUnit

_SAMPLE_ROWS = 200
_GRADE_TOKENS = 2.0  # tokens a judge says


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
        if isinstance(payload, Evaluate) and isinstance(payload.eval, Sampled):
            return self._sampled_cost(payload, payload.eval)
        if isinstance(payload, Evaluate) and isinstance(payload.eval, Preference):
            return 0.0 if self.is_free else self._preference_cost(payload, payload.eval)
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

    def _sampled_cost(self, payload: Evaluate, spec: Sampled) -> float | None:
        judge = judge_model(spec)
        if self.is_free and judge is None:
            return 0.0
        names = evaluate.journal_names(payload)
        paths = {
            role: Path(os.devnull) if name in self.archived_journals else self.store.journal(name)
            for role, name in names.items()
        }
        questions = evaluate.distinct_questions(spec, self.questions[payload.questions])
        length = self._answer_length(payload, spec, paths["answers"])
        parts, model = [], _bare_name(judge.model) if judge else ""
        if not self.is_free:
            parts.append(self._answers_cost(payload, spec, questions, paths["answers"], length))
        for rubric in judge.rubrics if judge else ():
            path = paths[f"judgments:{rubric.name}"]
            frame = tokens.count_chat_tokens((Message("user", rubric.prompt),)) + length
            lacking = missing_samples(questions, spec.samples, path)
            sent = sum(
                (frame + tokens.count_tokens(ask.prompt)) * number for ask, number in lacking
            )
            said = (
                sum(number for _, number in lacking) * _GRADE_TOKENS * (judge.votes if judge else 1)
            )
            parts.append(self._request_cost(model, sent, said))
        return None if None in parts else sum(part for part in parts if part is not None)

    def _preference_cost(self, payload: Evaluate, spec: Preference) -> float | None:
        """A prompt with each of its answers is read, and a token is drawn that nobody wants."""
        name = evaluate.journal_names(payload)["likelihoods"]
        path = Path(os.devnull) if name in self.archived_journals else self.store.journal(name)
        there = {line["question"] for line in journal.read_records(path)}
        sent = requests = 0
        for request in evaluate.score_requests(spec, self.questions[payload.questions]):
            if request.question not in there:
                requests += len(request.answers)
                sent += tokens.count_chat_tokens(request.chat) * len(request.answers)
                sent += sum(map(tokens.count_tokens, request.answers))
        return self._request_cost(self._billed_model(payload), sent, requests)

    def _answers_cost(
        self,
        payload: Evaluate,
        spec: Sampled,
        questions: Iterable[evaluate.Question],
        path: Path,
        length: float,
    ) -> float | None:
        sent = received = 0.0
        for ask, lacking in missing_samples(tuple(questions), spec.samples, path):
            requests = -(-lacking // SAMPLES_PER_REQUEST)
            sent += (
                tokens.count_chat_tokens(
                    evaluate.build_chat(ask.system or spec.sampling.system, ask.prompt)
                )
                * requests
            )
            received += length * lacking
        return self._request_cost(self._billed_model(payload), sent, received)

    def _request_cost(self, model: str, sent: float, received: float) -> float | None:
        bill = Usage(model=model, input=round(sent), output=round(received), batch=self.batch)
        return self.prices.cost(bill)

    def _answer_length(self, payload: Evaluate, spec: Sampled, path: Path) -> float:
        """Tokens of an answer: of those this model gave, of others to this eval, as expected."""
        own = _answer_tokens(path)
        if own is not None:
            return own
        if payload.questions not in self._answer_lengths:
            self._answer_lengths[payload.questions] = self._observed_answer_length(payload)
        seen = self._answer_lengths[payload.questions]
        return seen or spec.expected_tokens or spec.sampling.max_tokens / 3

    def _observed_answer_length(self, payload: Evaluate) -> float | None:
        means = []
        for planned in self.plan.units:
            other = planned.unit.payload
            if not isinstance(other, Evaluate) or other.questions != payload.questions:
                continue
            name = evaluate.journal_names(other).get("answers")
            mean = _answer_tokens(self.store.journal(name)) if name else None
            if mean is not None:
                means.append(mean)
        return fmean(means) if means else None


def _bare_name(name: str) -> str:
    return name.partition(":")[2]


def _answer_tokens(path: Path) -> float | None:
    counts = [line["answer_tokens"] for line in journal.read_records(path)]
    return fmean(counts) if counts else None


def missing_samples(
    questions: Iterable[evaluate.Question], samples: int, path: Path
) -> list[tuple[evaluate.Question, int]]:
    """How many samples of each question are not in a journal yet."""
    there: dict[str, int] = {}
    for line in journal.read_records(path):
        if line["sample"] < samples:
            there[line["question"]] = there.get(line["question"], 0) + 1
    return [(ask, max(samples - there.get(ask.question, 0), 0)) for ask in questions]


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
