"""What the models that a training keeps on its way cost.

    python -m benchmarks.snapshots --rows 100

The same training keeps ten checkpoints and none, in turn, each time in a process of its own; the
model is loaded before the clock starts. A small training shows most, because ten checkpoints cost
the same whatever it is. The exit status is 1 if the median ratio of seconds is above the goal.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median
from unittest import mock

import attrs
from rich.console import Console

from .measurement import Cost, NullMonitor, in_fresh_process, measure
from .training import build_job

GOAL = 1.10
CHECKPOINTS = 10


@attrs.frozen
class Kept:
    """A training's cost, the checkpoints it kept, and their MiB."""

    cost: Cost
    steps: int
    checkpoints: int
    size: float


def train(rows: int, count: int) -> Kept:
    """Train on `rows` rows, and keep `count` checkpoints, evenly spaced."""
    from mi.providers.checkpoint_models import CHECKPOINTS_DIR
    from mi.providers.local import Local
    from mi.providers.local import train as local_train

    provider, job = Local(), build_job(rows, 1)
    total = provider.offer_checkpoints(job.hyperparameters, rows).total
    assert total is not None
    assert total > count, f"{rows} rows are {total} steps, too few for {count} checkpoints"
    steps = tuple(round(total * index / (count + 1)) for index in range(1, count + 1))
    provider.load_network(job.model, NullMonitor())
    with (
        tempfile.TemporaryDirectory() as directory,
        mock.patch.object(local_train, "snapshot_steps", return_value=steps),
    ):
        cost, _ = measure(lambda: provider.train(job, Path(directory), NullMonitor()))
        folder = Path(directory) / CHECKPOINTS_DIR
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 2**20
        kept = len(list(folder.iterdir())) if folder.exists() else 0
    assert kept == count, f"{kept} checkpoints were kept"
    return Kept(cost, total, kept, size)


def main() -> int:
    """Measure, print, and compare with the goal."""
    parser = argparse.ArgumentParser(description="What checkpoints add to a training")
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    console, ratios, cpu_ratios = Console(), [], []
    for _ in range(args.repeats):
        without, kept = (in_fresh_process(train, args.rows, n) for n in (0, CHECKPOINTS))
        ratios.append(kept.cost.wall / without.cost.wall)
        cpu_ratios.append(kept.cost.cpu / without.cost.cpu)
        console.print(
            f"{kept.steps} steps: {without.cost.wall:.1f} s without ({without.cost.cpu:.1f} s of "
            f"CPU), {kept.cost.wall:.1f} s with {kept.checkpoints} checkpoints of "
            f"{kept.size:.1f} MiB ({kept.cost.cpu:.1f} s of CPU)"
        )
    console.print(
        f"ratio {median(ratios):.3f} (of CPU seconds {median(cpu_ratios):.3f}), goal {GOAL}"
    )
    return int(median(ratios) > GOAL)


if __name__ == "__main__":
    raise SystemExit(main())
