"""Training: a base model and a mix, as the job that is handed to a provider."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..providers.types import TrainJob
from ..spec import Model
from ..units.unit import Train
from . import mix


def build_job(
    key: str,
    title: str,
    unit: Train,
    model: Model,
    rows: Path,
    earlier_jobs: tuple[str, ...] = (),
    checkpoint: Callable[[], None] = lambda: None,
) -> TrainJob:
    """The training of `model` on the mix at `rows`, which is none of the `earlier` jobs."""
    return TrainJob(
        key=key,
        title=title,
        model=model,
        rows=mix.read_mix(rows),
        file=rows,
        hyperparameters=unit.hyperparameters,
        seed=unit.seed,
        archived_jobs=earlier_jobs,
        checkpoint=checkpoint,
    )
