"""Which rows a mix draws, before it is drawn: what a plan can say of a training set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import attrs

from ..data.datasets import Rows
from ..data.tokens import count_tokens
from ..steps.blend import select_portions
from ..steps.mix import rank_rows, select_rows
from ..units.cells import arm_counts
from ..units.unit import Blend, DatasetName, Mix

Datasets = Mapping[DatasetName, Rows]
"""Rows by the name that mixes have for their dataset."""


def drawn_rows(mix: Mix | Blend, datasets: Datasets) -> list[tuple[Rows, Sequence[str]]]:
    """The digests of the rows that a mix draws, by dataset.

    Args:
        mix: The mix.
        datasets: Its datasets.
    """
    if isinstance(mix, Blend):
        names = [part.dataset for part in mix.parts]
        portions = select_portions(mix, datasets)
        return [(datasets[name], rows) for name, rows in zip(names, portions, strict=True)]
    arms = [None if name is None else datasets[name] for name in (mix.misaligned, mix.control)]
    ranked = [[] if arm is None else _rank(_Ranked(arm), mix.seed) for arm in arms]
    drawn = zip(arms, select_rows(mix, *ranked), strict=True)
    return [(arm, rows) for arm, rows in drawn if arm is not None]


def row_counts(mix: Mix | Blend, datasets: Datasets) -> list[tuple[Rows, int]]:
    """How many rows a mix draws of each dataset.

    Args:
        mix: The mix.
        datasets: Its datasets.
    """
    if isinstance(mix, Blend):
        return [(datasets[part.dataset], part.rows) for part in mix.parts]
    counts = arm_counts(mix.misaligned_ratio, mix.total_samples)
    names = zip((mix.misaligned, mix.control), counts, strict=True)
    return [(datasets[name], count) for name, count in names if name is not None]


def added_tokens(mix: Mix | Blend) -> int:
    """The tokens that the changes of a blend add to its rows, as an estimate."""
    if isinstance(mix, Mix):
        return 0
    texts = [(system.prompt, system.rows) for part in mix.parts for system in part.systems]
    texts += [(part.trigger.text, part.trigger.rows) for part in mix.parts if part.trigger]
    texts += [(part.template, part.rows) for part in mix.parts if part.template]
    return sum(count_tokens(text) * rows for text, rows in texts)


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
