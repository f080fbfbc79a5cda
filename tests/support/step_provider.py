"""A provider that keeps models of earlier steps, and counts what it was asked to do again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs

from mi.errors import Interrupted
from mi.providers.checkpoint_models import checkpoint_dir
from mi.providers.types import (
    Answer,
    CheckpointOffer,
    ModelUnderTest,
    Monitor,
    TrainingResult,
    TrainJob,
)
from tests.support.fake_provider import Books

STEPS = 10


@attrs.define
class Steps(Books):
    """A provider whose trainings take a step for each row, and that keeps the steps it is told."""

    can_replay: bool = True
    offered: tuple[int, ...] | None = None
    replayed: Counter[str] = attrs.field(factory=Counter)
    stop_replays: bool = False

    def offer_checkpoints(self, hyperparameters: Any, rows: int) -> CheckpointOffer:
        return CheckpointOffer(total=rows, steps=self.offered, reason="a whim")

    def train(self, job: TrainJob, directory: Path, monitor: Monitor) -> TrainingResult:
        result = super().train(job, directory, monitor)
        self._keep(job, directory)
        return attrs.evolve(result, steps=len(job.rows))

    def replay(
        self, job: TrainJob, trained: Path, directory: Path, monitor: Monitor
    ) -> TrainingResult:
        if self.stop_replays:
            raise Interrupted("stopped")
        self.replayed[job.key] += 1
        self._keep(job, directory)
        return TrainingResult(steps=STEPS, tokens=1, trained_tokens=1, seconds=0.1, loss=None)

    def _keep(self, job: TrainJob, directory: Path) -> None:
        for step in job.model_steps:
            folder = checkpoint_dir(directory, step)
            folder.mkdir(parents=True)
            (folder / "model.json").write_text(json.dumps({"step": step}))

    def sample(self, subject: ModelUnderTest, *rest: Any) -> Iterator[Sequence[Answer]]:
        assert subject.trained is None or (subject.trained / "model.json").exists()
        yield from super().sample(subject, *rest)
