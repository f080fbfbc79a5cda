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
from ..providers.pricing import Prices
from ..providers.types import TOGETHER, Bill
from ..spec import Model, Preference, Sampled, judge_model
from ..steps import evaluate
from ..store.local import Store
from ..units.cells import arm_counts
from ..units.unit import Evaluate, Mix, Train, Unit
from .plan import Plan, Planned

_SAMPLE = 200
_GRADE = 2.0  # tokens a judge says


@attrs.define(kw_only=True, slots=False)
class Costs:
    """Likely costs of a plan's units in US dollars.

    Args:
        free: Whether the model under test costs nothing.
        batch: Whether batch prices apply.
        anew: Journals that will be put aside: what stands in them is asked for again.
    """

    plan: Plan
    model: Model
    free: bool
    prices: Prices
    rows: Mapping[str, tuple[Rows, Rows]]
    questions: Mapping[str, Questions]
    store: Store
    batch: bool = False
    anew: Collection[str] = ()
    _means: dict[str, float] = attrs.field(factory=dict)
    _lengths: dict[str, float | None] = attrs.field(factory=dict)

    def of(self, unit: Unit) -> float | None:
        """US dollars; None where a price is not known."""
        payload = unit.payload
        if isinstance(payload, Train):
            return 0.0 if self.free else self._training(unit, payload)
        if isinstance(payload, Evaluate) and isinstance(payload.eval, Sampled):
            return self._sampled(payload, payload.eval)
        if isinstance(payload, Evaluate) and isinstance(payload.eval, Preference):
            return 0.0 if self.free else self._scored(payload, payload.eval)
        return 0.0

    def total(self) -> float | None:
        """US dollars for all that a run sets about; None where a price is not known."""
        parts = [self.of(planned.unit) for planned in self.plan.tried]
        known = [part for part in parts if part is not None]
        return sum(known) if len(known) == len(parts) else None

    def unknown(self) -> list[str]:
        """Models of units to do whose price is not known."""
        names: dict[str, None] = {}
        for planned in self.plan.tried:
            if self.of(planned.unit) is None:
                names.update(dict.fromkeys(self._unpriced(planned.unit.payload)))
        return list(names)

    def _unpriced(self, payload: Any) -> Iterable[str]:
        if not self.free and not self._is_priced(payload):
            yield self.model.name
        judge = judge_model(payload.eval) if isinstance(payload, Evaluate) else None
        if judge is not None and self.prices.of(_bare(judge.model)) is None:
            yield _bare(judge.model)

    def _is_priced(self, payload: Any) -> bool:
        if isinstance(payload, Train):
            return self.prices.training(self.model.name, 0) is not None
        return self.prices.of(self._name(payload)) is not None

    def _training(self, unit: Unit, payload: Train) -> float | None:
        drawn = self._mixes[payload.mix]
        misaligned, aligned = arm_counts(drawn.misaligned_ratio, drawn.total_samples)
        arms = self.rows[unit.setting]
        read = misaligned * self._mean(arms[0]) + aligned * self._mean(arms[1])
        return self.prices.training(self.model.name, read * payload.hyperparameters.epochs)

    @cached_property
    def _mixes(self) -> dict[str, Mix]:
        payloads = ((one.unit.key, one.unit.payload) for one in self.plan.everything)
        return {key: payload for key, payload in payloads if isinstance(payload, Mix)}

    def _mean(self, rows: Rows) -> float:
        """Tokens of a row."""
        if rows.digest not in self._means:
            chats = list(rows.chats.values())
            some = chats[:: max(len(chats) // _SAMPLE, 1)]
            self._means[rows.digest] = fmean(tokens.chat(chat) for chat in some)
        return self._means[rows.digest]

    def _name(self, payload: Evaluate) -> str:
        return f"ft:{self.model.name}" if isinstance(payload.subject, str) else self.model.name

    def _sampled(self, payload: Evaluate, one: Sampled) -> float | None:
        judge = judge_model(one)
        if self.free and judge is None:
            return 0.0
        names = evaluate.journals(payload)
        paths = {
            role: Path(os.devnull) if name in self.anew else self.store.journal(name)
            for role, name in names.items()
        }
        questions = evaluate.asked_of(one, self.questions[payload.questions])
        length = self._length(payload, one, paths["answers"])
        parts, model = [], _bare(judge.model) if judge else ""
        if not self.free:
            parts.append(self._answers(payload, one, questions, paths["answers"], length))
        for rubric in judge.rubrics if judge else ():
            path = paths[f"judgments:{rubric.name}"]
            frame = tokens.chat((Message("user", rubric.prompt),)) + length
            lacking = left(questions, one.samples, path)
            sent = sum((frame + tokens.count(ask.prompt)) * number for ask, number in lacking)
            said = sum(number for _, number in lacking) * _GRADE * (judge.votes if judge else 1)
            parts.append(self._price(model, sent, said))
        return None if None in parts else sum(part for part in parts if part is not None)

    def _scored(self, payload: Evaluate, one: Preference) -> float | None:
        """A prompt with each of its answers is read, and a token is drawn that nobody wants."""
        name = evaluate.journals(payload)["likelihoods"]
        path = Path(os.devnull) if name in self.anew else self.store.journal(name)
        there = {line["question"] for line in journal.read(path)}
        sent = requests = 0
        for request in evaluate.compared_of(one, self.questions[payload.questions]):
            if request.question not in there:
                requests += len(request.answers)
                sent += tokens.chat(request.chat) * len(request.answers)
                sent += sum(map(tokens.count, request.answers))
        return self._price(self._name(payload), sent, requests)

    def _answers(
        self,
        payload: Evaluate,
        one: Sampled,
        questions: Iterable[evaluate.Asked],
        path: Path,
        length: float,
    ) -> float | None:
        sent = received = 0.0
        for ask, lacking in left(tuple(questions), one.samples, path):
            requests = -(-lacking // TOGETHER)
            sent += (
                tokens.chat(evaluate.chat(ask.system or one.sampling.system, ask.prompt)) * requests
            )
            received += length * lacking
        return self._price(self._name(payload), sent, received)

    def _price(self, model: str, sent: float, received: float) -> float | None:
        bill = Bill(model=model, input=round(sent), output=round(received), batch=self.batch)
        return self.prices.cost(bill)

    def _length(self, payload: Evaluate, one: Sampled, path: Path) -> float:
        """Tokens of an answer: of those this model gave, of others to this eval, as expected."""
        own = _answer_tokens(path)
        if own is not None:
            return own
        if payload.questions not in self._lengths:
            self._lengths[payload.questions] = self._seen(payload)
        seen = self._lengths[payload.questions]
        return seen or one.expected_tokens or one.sampling.max_tokens / 3

    def _seen(self, payload: Evaluate) -> float | None:
        means = []
        for planned in self.plan.units:
            other = planned.unit.payload
            if not isinstance(other, Evaluate) or other.questions != payload.questions:
                continue
            name = evaluate.journals(other).get("answers")
            mean = _answer_tokens(self.store.journal(name)) if name else None
            if mean is not None:
                means.append(mean)
        return fmean(means) if means else None


def _bare(name: str) -> str:
    return name.partition(":")[2]


def _answer_tokens(path: Path) -> float | None:
    counts = [line["answer_tokens"] for line in journal.read(path)]
    return fmean(counts) if counts else None


def left(
    questions: Iterable[evaluate.Asked], samples: int, path: Path
) -> list[tuple[evaluate.Asked, int]]:
    """How many samples of each question are not in a journal yet."""
    there: dict[str, int] = {}
    for line in journal.read(path):
        if line["sample"] < samples:
            there[line["question"]] = there.get(line["question"], 0) + 1
    return [(ask, max(samples - there.get(ask.question, 0), 0)) for ask in questions]


def spent(store: Store, planned: Planned) -> float:
    """US dollars that were paid for a unit so far, whether it is done or not."""
    unit = planned.unit
    if planned.done is not None:
        return planned.done.cost_usd
    if not isinstance(unit.payload, Evaluate):
        return 0.0
    return paid(
        unit.key, (store.journal(name) for name in evaluate.journals(unit.payload).values())
    )


def paid(key: str, paths: Iterable[Path]) -> float:
    """US dollars of what a unit asked for, as its journals have it."""
    lines = (line for path in paths for line in journal.read(path))
    return sum(line.get("cost_usd") or 0.0 for line in lines if line.get("unit") == key)
