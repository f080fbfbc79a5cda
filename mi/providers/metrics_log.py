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

METRICS_FILE = "metrics.jsonl"

MetricsRow = dict[str, float]


def read_metrics(directory: Path) -> list[MetricsRow]:
    """The curve so far."""
    return list(journal.read_records(directory / METRICS_FILE))


def rewrite_metrics(directory: Path, curve: Sequence[MetricsRow]) -> None:
    """Make the metrics file hold exactly `curve`."""
    temporary = directory / f"{METRICS_FILE}.tmp"
    temporary.write_text("".join(json.dumps(line) + "\n" for line in curve), encoding="utf-8")
    os.replace(temporary, directory / METRICS_FILE)


def append_metrics(directory: Path, line: MetricsRow) -> None:
    """Add one line to the metrics file."""
    with (directory / METRICS_FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def final_loss(curve: Sequence[MetricsRow]) -> float:
    """The loss at the end: the mean over the answer tokens of the last tenth of the steps."""
    last = curve[-max(1, len(curve) // 10) :]
    tokens = sum(line["tokens"] for line in last)
    return sum(line["loss"] * line["tokens"] for line in last) / tokens
