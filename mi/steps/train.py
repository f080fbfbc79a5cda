"""The job of a train unit: everything a provider needs to train a base model on a mix.

Nothing is trained here: the unit's kind (`mi/runner/unit_kinds.py`) passes the job to the provider.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..providers.types import TrainJob
from ..spec import Model
from ..units.unit import Train
from .blend import read_rows


def build_job(
    key: str,
    title: str,
    unit: Train,
    model: Model,
    rows: Path,
    archived_jobs: tuple[str, ...] = (),
    previous: Path | None = None,
    checkpoint: Callable[[], None] = lambda: None,
    model_steps: tuple[int, ...] = (),
) -> TrainJob:
    """Build the job that trains a model on a mix.

    Args:
        key: Key of the training unit.
        title: The unit's title: `n=100,r=0.50,seed=0`.
        unit: The unit's payload.
        model: The base model.
        rows: The mix, as OpenAI chat JSONL.
        archived_jobs: Jobs of this unit whose models were archived; a provider must not adopt them.
        previous: Directory of the training that it continues.
        checkpoint: Saves the working directory so that it outlives this machine.
        model_steps: Steps after which the model is kept.
    """
    lines = read_rows(rows)
    weights = [line.weight for line in lines]
    return TrainJob(
        key=key,
        title=title,
        model=model,
        rows=[line.chat for line in lines],
        file=rows,
        hyperparameters=unit.hyperparameters,
        seed=unit.seed,
        archived_jobs=archived_jobs,
        row_weights=() if all(weight == 1.0 for weight in weights) else weights,
        previous=previous,
        checkpoint=checkpoint,
        model_steps=model_steps,
    )
