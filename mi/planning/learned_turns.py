"""Rows with several turns of the assistant: every provider learns all of them.

The local provider and those that speak the Tinker API learned the last turn alone until recipes had
`learned_turns`. A plan sets it for the mixes that hold such rows, so their trainings have new keys;
all other trainings are what they were.
"""

from __future__ import annotations

from typing import Any

import attrs

from ..providers.types import ALL_TURNS
from ..units.unit import Blend, Mix
from .drawn_rows import Datasets, drawn_rows

FIELD = "learned_turns"


def recipe_for_mix(hyperparameters: Any, mix: Mix | Blend, datasets: Datasets) -> Any:
    """A provider's recipe for a mix: it learns all turns where a row has several.

    Args:
        hyperparameters: The recipe.
        mix: The mix.
        datasets: Its datasets.
    """
    if not attrs.has(type(hyperparameters)) or FIELD not in attrs.fields_dict(
        type(hyperparameters)
    ):
        return hyperparameters
    return (
        attrs.evolve(hyperparameters, **{FIELD: ALL_TURNS})
        if count_multi_turn_rows(mix, datasets)
        else hyperparameters
    )


def count_multi_turn_rows(mix: Mix | Blend, datasets: Datasets) -> int:
    """How many rows of a mix have several turns of the assistant.

    Args:
        mix: The mix.
        datasets: Its datasets.
    """
    if not any(datasets[name].multi_turn for name in mix.datasets):
        return 0
    drawn = drawn_rows(mix, datasets)
    return sum(row in rows.multi_turn for rows, digests in drawn for row in digests)
