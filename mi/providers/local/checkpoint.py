"""What a training leaves behind, so that being killed costs seconds.

A checkpoint is one file, written aside and renamed: it is whole or not there. It holds everything
the next step depends on (adapter, optimiser moments, step) and the curve so far, so a training that
goes on from it ends bit for bit where an uninterrupted one does. It names the job it belongs to by
a digest of everything that steers the job.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import attrs
import torch
from torch import Tensor

from ..types import Monitor, TrainingResult, TrainJob

CHECKPOINT_FILE = "checkpoint.pt"
ADAPTER_DIR = "adapter"
TRAINING_RECORD = "training.json"


@attrs.define
class TrainingState:
    """The state between two steps: tensors by name, the curve, and seconds of work."""

    tensors: dict[str, Tensor]
    curve: list[dict[str, float]]
    seconds: float

    @property
    def step(self) -> int:
        return len(self.curve)


def job_digest(job: TrainJob, weights: str) -> str:
    """A digest of all that steers the job: key, weights, rows, hyperparameters and seed."""
    rows = [[[turn.role, turn.content] for turn in chat] for chat in job.rows]
    content = [job.key, weights, repr(job.hyperparameters), job.seed, rows]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def save_checkpoint(directory: Path, job: str, state: TrainingState) -> None:
    """Write the checkpoint."""
    aside = directory / f"{CHECKPOINT_FILE}.tmp"
    content = {"job": job, **attrs.asdict(state, recurse=False)}
    with aside.open("wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(aside, directory / CHECKPOINT_FILE)


def load_checkpoint(directory: Path, job: str, monitor: Monitor) -> TrainingState | None:
    """The checkpoint of this job, if there is one; any other is discarded with a note."""
    path = directory / CHECKPOINT_FILE
    (directory / f"{CHECKPOINT_FILE}.tmp").unlink(missing_ok=True)
    if not path.exists():
        return None
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        if content.pop("job") == job:
            return TrainingState(**content)
        reason = "belongs to another job"
    except Exception as error:  # whatever unpickling foreign bytes raises
        reason = f"cannot be read ({type(error).__name__})"
    monitor.message(f"the checkpoint in {directory} {reason}; the training starts anew")
    path.unlink()
    return None


def completed_result(directory: Path, job: str) -> TrainingResult | None:
    """What an earlier call reported, if it ended this very job in `folder`."""
    try:
        record = json.loads((directory / ADAPTER_DIR / TRAINING_RECORD).read_text(encoding="utf-8"))
        return TrainingResult(**record["trained"]) if record["job"] == job else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def publish_adapter(directory: Path, staging: Path, job: str, trained: TrainingResult) -> None:
    """Put the finished adapter in place and drop the checkpoint."""
    record = {"job": job, "trained": attrs.asdict(trained)}
    (staging / TRAINING_RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(directory / ADAPTER_DIR, ignore_errors=True)
    os.replace(staging, directory / ADAPTER_DIR)
    (directory / CHECKPOINT_FILE).unlink(missing_ok=True)
