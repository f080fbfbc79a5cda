"""What the units of a plan are made of, by the names their payloads use."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs

from ..data.datasets import Questions, Rows
from ..providers.base import Provider
from ..providers.pricing import Budget, PriceTable
from ..providers.types import ClientOptions
from ..spec import Model
from ..units.unit import Unit


@attrs.frozen(kw_only=True)
class Resources:
    """What the units of a plan are made of, by the names their payloads use.

    Args:
        rows: Datasets by setting: misaligned and control.
        questions: What evals ask, by digest.
        judges: Who serves judge models, by `provider:name`.
        prices: What tokens cost.
        purse: What may be spent.
        likely: What a unit is likely to cost, in US dollars; None: not known.
        terms: How hosted providers are used.
        judge_only: Whether the model under test is asked nothing, so need not be there.
    """

    model: Model
    provider: Provider
    rows: Mapping[str, tuple[Rows, Rows]]
    questions: Mapping[str, Questions]
    judges: Mapping[str, Provider]
    prices: PriceTable
    budget: Budget
    estimate_cost: Callable[[Unit], float | None]
    client_options: ClientOptions = ClientOptions()
    judge_only: bool = False
