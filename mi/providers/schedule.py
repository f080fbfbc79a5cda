"""Which rows make a step, and the learning rate of each: both known before the first step.

Rows of similar length share a batch, which spares padding; to keep the order of the training
otherwise random, only rows within a chunk of several batches are sorted, and the chunk's batches
are shuffled again. All draws are sha256 of (seed, epoch, what), the same everywhere.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from typing import Protocol

CHUNK_BATCHES = 8  # batches within which rows are sorted by length


class ScheduleRecipe(Protocol):
    """What a plan of steps needs of a recipe."""

    @property
    def epochs(self) -> int: ...
    @property
    def batch_size(self) -> int: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def schedule(self) -> str: ...
    @property
    def warmup(self) -> float: ...


def plan_batches(lengths: Sequence[int], recipe: ScheduleRecipe, seed: int) -> list[list[int]]:
    """Row indices of every step; each epoch has every row once."""
    steps: list[list[int]] = []
    size = recipe.batch_size
    for epoch in range(recipe.epochs):
        order = _shuffled(range(len(lengths)), f"{seed}:{epoch}:row")
        for start in range(0, len(order), CHUNK_BATCHES * size):
            chunk = order[start : start + CHUNK_BATCHES * size]
            ranked = sorted(chunk, key=lambda row: lengths[row])
            cuts = range(0, len(ranked), size)
            mixed = _shuffled(cuts, f"{seed}:{epoch}:{start}:batch")
            steps.extend(ranked[cut : cut + size] for cut in mixed)
    return steps


def learning_rate(step: int, total: int, recipe: ScheduleRecipe) -> float:
    """The rate of `step` (counted from 0) of `total`: a linear rise, then decay towards 0."""
    rise = round(recipe.warmup * total)
    if step < rise:
        return recipe.learning_rate * (step + 1) / rise
    left = 1 - (step - rise) / max(1, total - rise)
    if recipe.schedule == "cosine":
        return recipe.learning_rate * 0.5 * (1 - math.cos(math.pi * left))
    return recipe.learning_rate * left


def _shuffled(items: Iterable[int], salt: str) -> list[int]:
    def draw(item: int) -> bytes:
        return hashlib.sha256(f"{salt}:{item}".encode()).digest()

    return sorted(items, key=draw)
