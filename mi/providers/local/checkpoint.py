"""Checkpoints of a training, so that a kill costs seconds of work.

A checkpoint is one file, written under a temporary name and renamed, so it is complete or absent.
It holds everything the next step depends on (adapter, optimizer moments, step) and the metrics so
far; a training resumed from it ends bit for bit where an uninterrupted one does. A digest of
everything that determines the job ties the checkpoint to its job.
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
    """The state between two steps.

    Args:
        tensors: Adapter weights and optimizer moments, by name.
        curve: One row of metrics per step.
        seconds: Time spent training.
    """

    tensors: dict[str, Tensor]
    curve: list[dict[str, float]]
    seconds: float

    @property
    def step(self) -> int:
        return len(self.curve)


def job_digest(job: TrainJob, weights: str) -> str:
    """A digest of all that determines a job: key, weights, rows, recipe, seed, previous stage."""
    rows = [[[turn.role, turn.content] for turn in chat] for chat in job.rows]
    content = [job.key, weights, repr(job.hyperparameters), job.seed, rows]
    if job.row_weights:
        content.append(list(job.row_weights))
    if job.previous is not None:
        content.append((job.previous / ADAPTER_DIR / TRAINING_RECORD).read_text(encoding="utf-8"))
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def save_checkpoint(directory: Path, job: str, state: TrainingState) -> None:
    """Write the checkpoint of a job into its directory.

    Args:
        directory: The training's directory.
        job: The job's digest.
        state: The state to resume from.
    """
    temporary = directory / f"{CHECKPOINT_FILE}.tmp"
    content = {"job": job, **attrs.asdict(state, recurse=False)}
    with temporary.open("wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, directory / CHECKPOINT_FILE)


def load_checkpoint(directory: Path, job: str, monitor: Monitor) -> TrainingState | None:
    """The job's state from its checkpoint, or None.

    A checkpoint that is damaged or belongs to another job is deleted, with a message.

    Args:
        directory: The training's directory.
        job: The job's digest.
        monitor: Receives the message.
    """
    path = directory / CHECKPOINT_FILE
    (directory / f"{CHECKPOINT_FILE}.tmp").unlink(missing_ok=True)
    if not path.exists():
        return None
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        if content.pop("job") == job:
            return TrainingState(**content)
        reason = "belongs to another job"
    except Exception as error:  # unpickling damaged bytes can raise anything
        reason = f"cannot be read ({type(error).__name__})"
    monitor.message(
        f"the checkpoint in {directory} {reason}; the training starts again from the first step"
    )
    path.unlink()
    return None


def completed_result(directory: Path, job: str) -> TrainingResult | None:
    """The result of an earlier call that completed this job in `directory`, or None."""
    try:
        record = json.loads((directory / ADAPTER_DIR / TRAINING_RECORD).read_text(encoding="utf-8"))
        return TrainingResult(**record["trained"]) if record["job"] == job else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def publish_adapter(directory: Path, staging: Path, job: str, trained: TrainingResult) -> None:
    """Move the finished adapter into place and delete the checkpoint.

    Args:
        directory: The training's directory.
        staging: Directory that holds the adapter's files; it is moved.
        job: The job's digest.
        trained: The result to record beside the adapter.
    """
    record = {"job": job, "trained": attrs.asdict(trained)}
    (staging / TRAINING_RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(directory / ADAPTER_DIR, ignore_errors=True)
    os.replace(staging, directory / ADAPTER_DIR)
    (directory / CHECKPOINT_FILE).unlink(missing_ok=True)
