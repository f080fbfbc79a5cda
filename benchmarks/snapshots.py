"""What the models that a training keeps on its way cost.

    python -m benchmarks.snapshots --rows 100

A training of the embedded model keeps ten checkpoints, in a process of its own; the model is loaded
before the clock starts. The seconds that it spends on keeping them are set against the rest of the
same training, because two trainings differ by more than that. A small training shows most: ten
checkpoints cost the same whatever it is. The exit status is 1 if the ratio is above the goal.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest import mock

import attrs
from rich.console import Console

from .measurement import Cost, NullMonitor, in_fresh_process, measure
from .training import build_job

GOAL = 1.10
CHECKPOINTS = 10


@attrs.frozen
class Kept:
    """A training's cost and steps, the seconds its checkpoints took, and their MiB."""

    cost: Cost
    steps: int
    seconds: float
    size: float

    @property
    def ratio(self) -> float:
        """The seconds of the training, relative to those without checkpoints."""
        return self.cost.wall / (self.cost.wall - self.seconds)


def train(rows: int) -> Kept:
    """Train on `rows` rows, and keep checkpoints, evenly spaced."""
    from mi.providers.checkpoint_models import CHECKPOINTS_DIR
    from mi.providers.local import Local
    from mi.providers.local import train as local_train

    provider, job = Local(), build_job(rows, 1)
    total = provider.offer_checkpoints(job.hyperparameters, rows).total
    assert total is not None
    assert total > CHECKPOINTS, f"{rows} rows are {total} steps, too few for {CHECKPOINTS}"
    parts = range(1, CHECKPOINTS + 1)
    steps = tuple(round(total * part / (CHECKPOINTS + 1)) for part in parts)
    seconds = []
    keep_model = local_train._TrainingRun._keep_model

    def timed(run: Any, step: int, save_model: Any) -> None:
        start = time.monotonic()
        keep_model(run, step, save_model)
        seconds.append(time.monotonic() - start)

    provider.load_network(job.model, NullMonitor())
    with (
        tempfile.TemporaryDirectory() as directory,
        mock.patch.object(local_train, "snapshot_steps", return_value=steps),
        mock.patch.object(local_train._TrainingRun, "_keep_model", timed),
    ):
        cost, _ = measure(lambda: provider.train(job, Path(directory), NullMonitor()))
        files = (Path(directory) / CHECKPOINTS_DIR).rglob("*")
        size = sum(file.stat().st_size for file in files if file.is_file()) / 2**20
    assert len(seconds) == CHECKPOINTS, f"{len(seconds)} checkpoints were kept"
    return Kept(cost, total, sum(seconds), size)


def main() -> int:
    """Measure, print, and compare with the goal."""
    parser = argparse.ArgumentParser(description="What checkpoints add to a training")
    parser.add_argument("--rows", type=int, default=100)
    kept = in_fresh_process(train, parser.parse_args().rows)
    Console().print(
        f"{kept.steps} steps in {kept.cost.wall:.1f} s, {kept.seconds:.2f} s of them for "
        f"{CHECKPOINTS} checkpoints of {kept.size:.1f} MiB together: ratio {kept.ratio:.4f}, "
        f"goal {GOAL}"
    )
    return int(kept.ratio > GOAL)


if __name__ == "__main__":
    raise SystemExit(main())
