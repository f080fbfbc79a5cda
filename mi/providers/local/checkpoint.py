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

from ..types import Trained, TrainJob, Watch

CHECKPOINT = "checkpoint.pt"
ADAPTER = "adapter"
RECORD = "training.json"


@attrs.define
class Progress:
    """The state between two steps: tensors by name, the curve, and seconds of work."""

    tensors: dict[str, Tensor]
    curve: list[dict[str, float]]
    seconds: float

    @property
    def step(self) -> int:
        return len(self.curve)


def digest(job: TrainJob, weights: str) -> str:
    """A digest of all that steers the job: key, weights, rows, hyperparameters and seed."""
    rows = [[[turn.role, turn.content] for turn in chat] for chat in job.rows]
    content = [job.key, weights, repr(job.hyperparameters), job.seed, rows]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def save(folder: Path, job: str, progress: Progress) -> None:
    """Write the checkpoint."""
    aside = folder / f"{CHECKPOINT}.tmp"
    content = {"job": job, **attrs.asdict(progress, recurse=False)}
    with aside.open("wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(aside, folder / CHECKPOINT)


def load(folder: Path, job: str, watch: Watch) -> Progress | None:
    """The checkpoint of this job, if there is one; any other is discarded with a note."""
    path = folder / CHECKPOINT
    (folder / f"{CHECKPOINT}.tmp").unlink(missing_ok=True)
    if not path.exists():
        return None
    try:
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        if content.pop("job") == job:
            return Progress(**content)
        reason = "belongs to another job"
    except Exception as error:  # whatever unpickling foreign bytes raises
        reason = f"cannot be read ({type(error).__name__})"
    watch.note(f"the checkpoint in {folder} {reason}; the training starts anew")
    path.unlink()
    return None


def finished(folder: Path, job: str) -> Trained | None:
    """What an earlier call reported, if it ended this very job in `folder`."""
    try:
        record = json.loads((folder / ADAPTER / RECORD).read_text(encoding="utf-8"))
        return Trained(**record["trained"]) if record["job"] == job else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def publish(folder: Path, aside: Path, job: str, trained: Trained) -> None:
    """Put the finished adapter in place and drop the checkpoint."""
    record = {"job": job, "trained": attrs.asdict(trained)}
    (aside / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    shutil.rmtree(folder / ADAPTER, ignore_errors=True)
    os.replace(aside, folder / ADAPTER)
    (folder / CHECKPOINT).unlink(missing_ok=True)
