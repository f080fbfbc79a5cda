"""The rows and the learning rate of each optimizer step, both fixed before the first step.

Rows of similar length share a batch, which saves padding. To keep the training order otherwise
random, rows are sorted by length only within a chunk of several batches, and the chunk's batches
are shuffled again. Where the order is given, batches are cut from it as it is. Shuffling orders
items by sha256 of a salt and the item, so it is the same on every platform.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from typing import Protocol

from .types import GIVEN

CHUNK_BATCHES = 8  # batches within which rows are sorted by length


class ScheduleRecipe(Protocol):
    """The hyperparameters that a schedule depends on."""

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
    @property
    def row_order(self) -> str: ...


def plan_batches(lengths: Sequence[int], recipe: ScheduleRecipe, seed: int) -> list[list[int]]:
    """The row indices of every step. Each epoch contains every row once.

    Args:
        lengths: Tokens of each row.
        recipe: Epochs, batch size, and whether rows are shuffled.
        seed: Seeds the shuffling.
    """
    steps: list[list[int]] = []
    size = recipe.batch_size
    for epoch in range(recipe.epochs):
        if recipe.row_order == GIVEN:
            rows = list(range(len(lengths)))
            steps.extend(rows[start : start + size] for start in range(0, len(rows), size))
            continue
        order = _shuffled(range(len(lengths)), f"{seed}:{epoch}:row")
        for start in range(0, len(order), CHUNK_BATCHES * size):
            chunk = order[start : start + CHUNK_BATCHES * size]
            ranked = sorted(chunk, key=lambda row: lengths[row])
            offsets = _shuffled(range(0, len(ranked), size), f"{seed}:{epoch}:{start}:batch")
            steps.extend(ranked[offset : offset + size] for offset in offsets)
    return steps


def count_steps(rows: int, recipe: ScheduleRecipe) -> int:
    """The number of steps that `plan_batches` gives for so many rows."""
    return recipe.epochs * math.ceil(rows / recipe.batch_size)


def learning_rate(step: int, total: int, recipe: ScheduleRecipe) -> float:
    """The learning rate of a step: linear warmup, then linear or cosine decay towards 0.

    Args:
        step: Index of the step, from 0.
        total: Steps of the training.
        recipe: Peak rate, schedule and the share of steps that warm up.
    """
    warmup = round(recipe.warmup * total)
    if step < warmup:
        return recipe.learning_rate * (step + 1) / warmup
    remaining = 1 - (step - warmup) / max(1, total - warmup)
    if recipe.schedule == "cosine":
        return recipe.learning_rate * 0.5 * (1 - math.cos(math.pi * remaining))
    return recipe.learning_rate * remaining


def _shuffled(items: Iterable[int], salt: str) -> list[int]:
    def draw(item: int) -> bytes:
        return hashlib.sha256(f"{salt}:{item}".encode()).digest()

    return sorted(items, key=draw)
