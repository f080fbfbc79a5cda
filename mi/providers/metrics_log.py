"""The loss curve of a training: `metrics.jsonl`, a line per optimizer step.

A line is `{"step", "loss", "learning_rate", "tokens"}`: the loss in nats per answer token, and the
number of answer tokens in the step. A training that resumes truncates the file to its checkpoint.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from pathlib import Path

from ..files import gate, journal

METRICS_FILE = "metrics.jsonl"

MetricsRow = dict[str, float]
_ROW = gate.Shape(noun="a row of metrics", required={"step": gate.count})


def read_metrics(directory: Path) -> list[MetricsRow]:
    """The rows written so far."""
    return [
        {name: math.nan if value is None else value for name, value in row.items()}
        for row in journal.read_records(directory / METRICS_FILE, _ROW)
    ]


def rewrite_metrics(directory: Path, curve: Sequence[MetricsRow]) -> None:
    """Replace the metrics file by `curve`."""
    temporary = directory / f"{METRICS_FILE}.tmp"
    temporary.write_text("".join(map(_to_line, curve)), encoding="utf-8")
    os.replace(temporary, directory / METRICS_FILE)


def append_metrics(directory: Path, row: MetricsRow) -> None:
    """Append a row to the metrics file."""
    with (directory / METRICS_FILE).open("a", encoding="utf-8") as file:
        file.write(_to_line(row))


def _to_line(row: MetricsRow) -> str:
    """A row as a line. What is not finite, as in a training that diverged, is null."""
    finite = {name: value if math.isfinite(value) else None for name, value in row.items()}
    return json.dumps(finite) + "\n"


def final_loss(curve: Sequence[MetricsRow]) -> float:
    """The mean loss over the answer tokens of the last tenth of the steps, in nats per token."""
    last = curve[-max(1, len(curve) // 10) :]
    tokens = sum(row["tokens"] for row in last)
    return sum(row["loss"] * row["tokens"] for row in last) / tokens
