"""The models that a training had after some of its steps, beside the one it ended with.

They are kept in the directory of the training, or of its replay, one folder each, with the files
that the provider keeps of a finished model: `checkpoints/000012/adapter/` or
`checkpoints/000012/model.json`. They belong to no identity: a training that keeps more of them is
the same training.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

CHECKPOINTS_DIR = "checkpoints"
_SNAPSHOTS = 10


def checkpoint_dir(directory: Path, step: int) -> Path:
    """Where the model after a step is, below the directory of a training or replay."""
    return directory / CHECKPOINTS_DIR / f"{step:06d}"


def listed_steps(files: Iterable[str]) -> frozenset[int]:
    """The steps whose models are among the files of a unit, given by their names."""
    parts = (name.split("/") for name in files)
    return frozenset(
        int(part[1])
        for part in parts
        if len(part) > 2 and part[0] == CHECKPOINTS_DIR and part[1].isdecimal()
    )


def snapshot_steps(total: int) -> tuple[int, ...]:
    """Steps whose models a training keeps unasked: about ten, evenly spaced on a log scale.

    Early steps are close together, because a model changes most there.
    """
    steps = {round(total ** (index / _SNAPSHOTS)) for index in range(_SNAPSHOTS)}
    return tuple(sorted(step for step in steps if 0 < step < total))
