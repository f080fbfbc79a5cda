"""Training: a base model and a mix, handed to the provider."""

from __future__ import annotations

from pathlib import Path

from ..providers.base import Provider, Trained, TrainJob, Watch
from ..spec import Model
from ..units import Train
from . import mix


def train(
    key: str, unit: Train, model: Model, rows: Path, folder: Path, provider: Provider, watch: Watch
) -> Trained:
    """Train `model` on the mix at `rows`; the provider leaves its output in `folder`."""
    job = TrainJob(
        key=key,
        model=model,
        rows=mix.read(rows),
        hyperparameters=unit.hyperparameters,
        seed=unit.seed,
    )
    return provider.train(job, folder, watch)
