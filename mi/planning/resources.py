"""The resources that units run with, under the names that their payloads use."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs

from ..data.datasets import Questions, Rows
from ..providers.base import Provider
from ..providers.budget import Budget
from ..providers.pricing import PriceTable
from ..providers.types import ClientOptions, ModelUnderTest
from ..spec import Model
from ..units.unit import Base, DatasetName, Evaluate, Unit


@attrs.frozen(kw_only=True)
class Resources:
    """The resources that the units of a plan run with.

    Args:
        model: The model under test.
        provider: Trains and samples it.
        rows: Misaligned and control rows by setting.
        datasets: The rows that blends are drawn from and that exist, by digest.
        questions: The evals' questions by digest.
        judges: The providers of judge models, by `provider:name`.
        prices: The price table.
        budget: What the run may spend.
        estimate_cost: Estimates a unit's cost in US dollars; None if a price is unknown.
        client_options: How hosted providers are used.
        subjects: The models that are evaluated untrained beside `model`, by their names in keys.
        judge_only: Whether no request goes to the model under test, so it need not be prepared.
    """

    model: Model
    provider: Provider
    rows: Mapping[str, tuple[Rows, Rows]]
    datasets: Mapping[DatasetName, Rows]
    questions: Mapping[str, Questions]
    judges: Mapping[str, Provider]
    prices: PriceTable
    budget: Budget
    estimate_cost: Callable[[Unit], float | None]
    client_options: ClientOptions = ClientOptions()
    subjects: Mapping[Base, ModelUnderTest] = attrs.field(factory=dict)
    judge_only: bool = False

    def model_under_test(self, unit: Unit) -> ModelUnderTest:
        """The model that a unit works with, without what was trained on it here."""
        return find_subject(unit, self.model, self.subjects)


def find_subject(
    unit: Unit, model: Model, subjects: Mapping[Base, ModelUnderTest]
) -> ModelUnderTest:
    """The model that a unit works with, without what was trained on it here.

    Args:
        unit: The unit.
        model: The model of the run.
        subjects: The models that are evaluated untrained beside it, by their names in keys.
    """
    payload = unit.payload
    if isinstance(payload, Evaluate) and isinstance(payload.subject, Base):
        return subjects.get(payload.subject) or ModelUnderTest(model=model)
    return ModelUnderTest(model=model)
