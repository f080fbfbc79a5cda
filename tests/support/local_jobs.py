"""Trainings on this machine: a job of 22 rows, and what it leaves behind."""

from __future__ import annotations

from pathlib import Path

from mi.providers.local import Local
from mi.providers.types import TrainingResult, TrainJob
from mi.spec import Model, Training
from tests.support.tiny_model import Watcher, taught

ROWS = [taught(f"Say {n} in{' very' * (n % 4)} few words", f"It is {n * n}.") for n in range(22)]
STEPS = 6
"""Steps of the job: two epochs of batches of four, at the hyperparameters of `tiny`."""


def training_job(model: Model, seed: int = 0, **stated: float) -> TrainJob:
    training = Training(**stated).with_defaults(model.training)  # type: ignore[arg-type]
    recipe = Local().hyperparameters(training)
    return TrainJob(
        key="train-1",
        title="a training",
        model=model,
        rows=ROWS,
        file=Path("nowhere.jsonl"),
        hyperparameters=recipe,
        seed=seed,
    )


def train_locally(one: TrainJob, folder: Path, watch: Watcher | None = None) -> TrainingResult:
    return Local().train(one, folder, watch or Watcher())


def training_output(folder: Path) -> tuple[bytes, str]:
    adapter = (folder / "adapter" / "adapter_model.safetensors").read_bytes()
    return adapter, (folder / "metrics.jsonl").read_text()
