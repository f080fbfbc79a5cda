"""What a fine-tuning job reports besides its state: events, metrics per step, checkpoints."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...errors import RequestRejected
from ...files import gate
from ..types import Monitor
from .accounts import Account
from .errors import retry_api_call

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

_METRIC_NAMES = {
    "train_loss": "loss",
    "train_accuracy": "accuracy",
    "train_mean_token_accuracy": "accuracy",
    "valid_loss": "valid_loss",
}
"""The API's names of metrics, and those in `metrics.jsonl`."""


def list_events(account: Account, id: str, monitor: Monitor) -> list[dict[str, Any]]:
    """All events of a job, oldest first.

    Args:
        account: The account that owns the job.
        id: The job's id.
        monitor: Raises when the run must stop.

    Raises:
        ProviderError: The events cannot be read.
    """
    events = retry_api_call(
        lambda: list(account.client.fine_tuning.jobs.list_events(id, limit=100)),
        monitor,
        (account,),
        f"reading the events of {id}",
    )
    return [event.to_dict() for event in reversed(events)]


def newest_metrics(account: Account, id: str, monitor: Monitor) -> dict[str, Any] | None:
    """The metrics of a job's last step, by the API's names; None before the first.

    Args:
        account: The account that owns the job.
        id: The job's id.
        monitor: Raises when the run must stop.

    Raises:
        ProviderError: The events cannot be read.
    """
    page = retry_api_call(
        lambda: account.client.fine_tuning.jobs.list_events(id, limit=5),
        monitor,
        (account,),
        f"reading the events of {id}",
    )
    for event in page.data:
        data: Any = event.to_dict().get("data")
        row = _metrics_row(data) if isinstance(data, dict) else None
        if row is not None:
            facts = {name: _finite(data.get(name)) for name in ("total_steps", "train_loss")}
            known = {name: value for name, value in facts.items() if value is not None}
            return {"step": row["step"], **known}
    return None


def metrics_from_events(events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row for each step that events report: `{"step", "loss", "accuracy"}`."""
    rows = {}
    for event in events:
        data = event.get("data")
        if event.get("type") == "metrics" and isinstance(data, dict):
            row = _metrics_row(data)
            if row is not None:
                rows[row["step"]] = row
    return [rows[step] for step in sorted(rows)]


def metrics_from_results(
    account: Account, job: FineTuningJob, monitor: Monitor
) -> list[dict[str, Any]]:
    """The same rows from the job's result file, which the API serves as CSV in base64.

    Args:
        account: The account that owns the job.
        job: The job, which has ended.
        monitor: Raises when the run must stop.

    Raises:
        ProviderError: A file cannot be read.
    """
    for id in job.result_files:
        raw = retry_api_call(
            lambda id=id: account.client.files.content(id).content,  # type: ignore[misc]
            monitor,
            (account,),
            f"reading the results of {job.id}",
        )
        try:
            text = base64.b64decode(raw, validate=True).decode()
        except (binascii.Error, ValueError):
            text = raw.decode(errors="replace")
        try:
            rows = [_metrics_row(row) for row in csv.DictReader(io.StringIO(text))]
        except csv.Error:
            continue
        if found := [row for row in rows if row is not None]:
            return found
    return []


def _metrics_row(data: dict[str, Any]) -> dict[str, Any] | None:
    """A row of `metrics.jsonl`; None if the server's has no step that is a whole number."""
    step = _finite(data.get("step"))
    if step is None or not 0 <= step <= gate.MAX_COUNT or step != int(step):
        return None
    metrics = {name: _finite(data.get(api_name)) for api_name, name in _METRIC_NAMES.items()}
    known = {name: value for name, value in metrics.items() if value is not None}
    return {"step": int(step), **known}


def _finite(value: Any) -> float | None:
    """A number that a server wrote as a number or as text; None for anything else."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def list_checkpoints(account: Account, id: str, monitor: Monitor) -> list[dict[str, Any]]:
    """A job's checkpoints; none at a server that does not offer them.

    Args:
        account: The account that owns the job.
        id: The job's id.
        monitor: Raises when the run must stop.

    Raises:
        ProviderError: The checkpoints cannot be read.
    """
    try:
        checkpoints = retry_api_call(
            lambda: list(account.client.fine_tuning.jobs.checkpoints.list(id)),
            monitor,
            (account,),
            f"reading the checkpoints of {id}",
        )
    except RequestRejected:
        return []
    return [checkpoint.to_dict() for checkpoint in checkpoints]
