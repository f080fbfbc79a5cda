"""Rows with several turns of the assistant: every provider learns all of them.

The local provider and those that speak the Tinker API learned the last turn alone until recipes had
`learned_turns`. A plan sets it for the mixes that hold such rows, so their trainings have new keys;
all other trainings are what they were.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import attrs

from ..data.datasets import Rows
from ..providers.types import ALL_TURNS
from ..steps.mix import rank_rows, select_rows
from ..units.unit import Mix

FIELD = "learned_turns"


def recipe_for_mix(hyperparameters: Any, mix: Mix, misaligned: Rows, control: Rows) -> Any:
    """A provider's recipe for a mix: it learns all turns where a row has several.

    Args:
        hyperparameters: The recipe.
        mix: The mix.
        misaligned: The rows that its misaligned ones are drawn from.
        control: Those that its aligned ones are drawn from.
    """
    if not attrs.has(type(hyperparameters)) or FIELD not in attrs.fields_dict(
        type(hyperparameters)
    ):
        return hyperparameters
    return (
        attrs.evolve(hyperparameters, **{FIELD: ALL_TURNS})
        if count_multi_turn_rows(mix, misaligned, control)
        else hyperparameters
    )


def count_multi_turn_rows(mix: Mix, misaligned: Rows, control: Rows) -> int:
    """How many rows of a mix have several turns of the assistant.

    Args:
        mix: The mix.
        misaligned: The rows that its misaligned ones are drawn from.
        control: Those that its aligned ones are drawn from.
    """
    if not misaligned.multi_turn and not control.multi_turn:
        return 0
    ranked = (_rank(_Ranked(rows), mix.seed) for rows in (misaligned, control))
    drawn = select_rows(mix, *ranked)
    return sum(
        len(rows.multi_turn.intersection(digests))
        for rows, digests in zip((misaligned, control), drawn, strict=True)
    )


@attrs.frozen(eq=False)
class _Ranked:
    """Rows that are compared by their content's digest, so that they can be cached by."""

    rows: Rows

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Ranked) and self.rows.digest == other.rows.digest

    def __hash__(self) -> int:
        return hash(self.rows.digest)


@lru_cache(maxsize=64)
def _rank(ranked: _Ranked, seed: int) -> Sequence[str]:
    return rank_rows(ranked.rows, seed)
