"""The loss curve of a training: `metrics.jsonl`, a line a step.

A line is `{"step", "loss", "learning_rate", "tokens"}`: the loss in nats per answer token, and the
answer tokens of the step. A training that goes on from an earlier state cuts the file back to it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from ..files import journal

METRICS = "metrics.jsonl"

Line = dict[str, float]


def read(folder: Path) -> list[Line]:
    """The curve so far."""
    return list(journal.read(folder / METRICS))


def rewrite(folder: Path, curve: Sequence[Line]) -> None:
    """Make the metrics file hold exactly `curve`."""
    aside = folder / f"{METRICS}.tmp"
    aside.write_text("".join(json.dumps(line) + "\n" for line in curve), encoding="utf-8")
    os.replace(aside, folder / METRICS)


def append(folder: Path, line: Line) -> None:
    """Add one line to the metrics file."""
    with (folder / METRICS).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def last_loss(curve: Sequence[Line]) -> float:
    """The loss at the end: the mean over the answer tokens of the last tenth of the steps."""
    last = curve[-max(1, len(curve) // 10) :]
    tokens = sum(line["tokens"] for line in last)
    return sum(line["loss"] * line["tokens"] for line in last) / tokens
