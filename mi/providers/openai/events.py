"""What a fine-tuning job reports besides its state: events, metrics per step, checkpoints."""

from __future__ import annotations

import base64
import binascii
import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...errors import RequestRejected
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
        data = event.to_dict().get("data")
        if isinstance(data, dict) and "step" in data:
            return data
    return None


def metrics_from_events(events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row for each step that events report: `{"step", "loss", "accuracy"}`."""
    rows = {}
    for event in events:
        data = event.get("data")
        if event.get("type") == "metrics" and isinstance(data, dict) and "step" in data:
            rows[int(data["step"])] = _metrics_row(data)
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
        rows = [row for row in csv.DictReader(io.StringIO(text)) if row.get("step")]
        if rows:
            return [_metrics_row(row) for row in rows]
    return []


def _metrics_row(data: dict[str, Any]) -> dict[str, Any]:
    metrics = {
        name: float(data[api_name])
        for api_name, name in _METRIC_NAMES.items()
        if data.get(api_name) not in (None, "")
    }
    return {"step": int(float(data["step"])), **metrics}


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
