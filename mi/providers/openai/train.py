"""A hosted training from launch to the trained model's name.

What the folder holds at the end: `launch.jsonl` (every event with its time), `job.json` (the job as
the server last gave it), `events.jsonl`, `metrics.jsonl` (a line a step), `checkpoints.json` and
`model.json`, which is all that sampling needs.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ProviderError, RequestRejected
from ..launch import LAUNCH_LOG, LaunchedJob, LaunchLog
from ..metrics_log import METRICS_FILE
from ..trained_model import TrainedModel
from ..types import Monitor, TrainingResult, TrainJob
from . import errors
from .accounts import Account
from .errors import retry_api_call
from .job_poller import ACTIVE, JobPoller
from .launch import launch_job

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

_EVENTS_INTERVAL = 30.0


def train(
    job: TrainJob, directory: Path, accounts: Sequence[Account], poller: JobPoller, monitor: Monitor
) -> TrainingResult:
    """Launch or find the job, follow it to its end, keep what it tells."""
    log = LaunchLog(directory / LAUNCH_LOG, job.checkpoint)
    launched = launch_job(job, log, accounts, poller, monitor)
    ended = _poll_until_finished(launched, log, poller, monitor)
    account = launched.account
    (directory / "job.json").write_text(ended.to_json() + "\n", encoding="utf-8")
    if ended.status != "succeeded" or not ended.fine_tuned_model:
        log.append("ended", job=ended.id, status=ended.status)
        raise _training_error(ended, accounts)
    events = _list_events(account, ended.id, monitor)
    _write_lines(directory / "events.jsonl", events)
    steps = _metrics_from_events(events) or _metrics_from_results(account, ended, monitor)
    _write_lines(directory / METRICS_FILE, steps)
    _write_checkpoints(account, ended.id, directory / "checkpoints.json", monitor)
    tuned = TrainedModel(
        model=ended.fine_tuned_model,
        account=account.fingerprint,
        job=ended.id,
        base=ended.model,
    )
    tuned.write(directory)
    tokens = ended.trained_tokens or 0
    losses = [line["loss"] for line in steps if "loss" in line]
    return TrainingResult(
        steps=int(steps[-1]["step"]) if steps else 0,
        tokens=tokens,
        trained_tokens=tokens,
        seconds=float((ended.finished_at or ended.created_at) - ended.created_at),
        loss=losses[-1] if losses else None,
        model=tuned.model,
        job=tuned.job,
        billed_tokens=tokens,
    )


def _poll_until_finished(
    launched: LaunchedJob[Account], log: LaunchLog, poller: JobPoller, monitor: Monitor
) -> FineTuningJob:
    import time

    line = log.last_entry("status")
    status = line["status"] if line else None
    account, looked, total, shown = launched.account, 0.0, 0, 0
    while True:
        job = poller.job(account, launched.job, monitor)
        if job.status != status:
            status = job.status
            log.append("status", job=job.id, status=status, estimated_finish=job.estimated_finish)
        if job.status not in ACTIVE:
            return job
        if job.status == "running" and time.monotonic() - looked > _EVENTS_INTERVAL:
            looked = time.monotonic()
            newest = _newest_metrics(account, job.id, monitor)
            if newest:
                if not total:
                    total = int(newest.get("total_steps", 0))
                    monitor.start("train", total, done=shown)
                step = int(newest["step"])
                monitor.advance(max(step - shown, 0), loss=float(newest.get("train_loss", 0.0)))
                shown = max(step, shown)
        poller.wait(account, monitor)


def _training_error(job: FineTuningJob, accounts: Sequence[Account]) -> ProviderError:
    error = job.error
    code = (error.code if error else None) or job.status
    message = (error.message if error else None) or "no reason given"
    doing = f"the training {job.id} {'was cancelled' if job.status == 'cancelled' else 'failed'}"
    from .accounts import redact

    text = redact(f"{doing}: {message} ({code})", accounts).replace("\n", " ")
    if job.status == "cancelled":
        return RequestRejected(text, hint="`--retry-failed` launches it anew")
    if code in ("server_error", "internal_error"):
        return RequestRejected(text, hint="the provider's fault: `--retry-failed` launches it anew")
    return RequestRejected(text, hint=errors.next_step(None, code, message))


def _list_events(account: Account, id: str, monitor: Monitor) -> list[dict[str, Any]]:
    """All events of a job, oldest first."""
    found = retry_api_call(
        lambda: list(account.client.fine_tuning.jobs.list_events(id, limit=100)),
        monitor,
        (account,),
        f"reading the events of {id}",
    )
    return [event.to_dict() for event in reversed(found)]


def _newest_metrics(account: Account, id: str, monitor: Monitor) -> dict[str, Any] | None:
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


_METRIC_NAMES = {
    "train_loss": "loss",
    "train_accuracy": "accuracy",
    "train_mean_token_accuracy": "accuracy",
    "valid_loss": "valid_loss",
}


def _metrics_from_events(events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A line a step from metrics events: `{"step", "loss", "accuracy"}`."""
    lines = {}
    for event in events:
        data = event.get("data")
        if event.get("type") == "metrics" and isinstance(data, dict) and "step" in data:
            lines[int(data["step"])] = _metrics_row(data)
    return [lines[step] for step in sorted(lines)]


def _metrics_row(data: dict[str, Any]) -> dict[str, Any]:
    numbers = {
        ours: float(data[theirs])
        for theirs, ours in _METRIC_NAMES.items()
        if data.get(theirs) not in (None, "")
    }
    return {"step": int(float(data["step"])), **numbers}


def _metrics_from_results(
    account: Account, job: FineTuningJob, monitor: Monitor
) -> list[dict[str, Any]]:
    """The same from a result file, which the API serves as CSV in base64."""
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


def _write_checkpoints(account: Account, id: str, path: Path, monitor: Monitor) -> None:
    try:
        found = retry_api_call(
            lambda: list(account.client.fine_tuning.jobs.checkpoints.list(id)),
            monitor,
            (account,),
            f"reading the checkpoints of {id}",
        )
    except RequestRejected:  # a server without them; the model is there
        found = []
    lines = [checkpoint.to_dict() for checkpoint in found]
    path.write_text(json.dumps(lines, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _write_lines(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")
