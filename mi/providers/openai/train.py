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

from ...errors import ProviderError, Refused
from ..launch import LOG, Launched, Log
from ..metrics_log import METRICS
from ..trained_model import Tuned
from ..types import Trained, TrainJob, Watch
from . import errors
from .accounts import Account
from .errors import patiently
from .job_poller import ACTIVE, Follower
from .launch import launch

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

_LOOK_AT_EVENTS = 30.0


def train(
    job: TrainJob, folder: Path, accounts: Sequence[Account], follower: Follower, watch: Watch
) -> Trained:
    """Launch or find the job, follow it to its end, keep what it tells."""
    log = Log(folder / LOG, job.keep)
    launched = launch(job, log, accounts, follower, watch)
    ended = _follow(launched, log, follower, watch)
    account = launched.account
    (folder / "job.json").write_text(ended.to_json() + "\n", encoding="utf-8")
    if ended.status != "succeeded" or not ended.fine_tuned_model:
        log.add("ended", job=ended.id, status=ended.status)
        raise _failure(ended, accounts)
    events = _events(account, ended.id, watch)
    _write_lines(folder / "events.jsonl", events)
    steps = _steps(events) or _result_steps(account, ended, watch)
    _write_lines(folder / METRICS, steps)
    _write_checkpoints(account, ended.id, folder / "checkpoints.json", watch)
    tuned = Tuned(
        model=ended.fine_tuned_model,
        account=account.fingerprint,
        job=ended.id,
        base=ended.model,
    )
    tuned.write(folder)
    tokens = ended.trained_tokens or 0
    losses = [line["loss"] for line in steps if "loss" in line]
    return Trained(
        steps=int(steps[-1]["step"]) if steps else 0,
        tokens=tokens,
        trained_tokens=tokens,
        seconds=float((ended.finished_at or ended.created_at) - ended.created_at),
        loss=losses[-1] if losses else None,
        model=tuned.model,
        job=tuned.job,
        billed_tokens=tokens,
    )


def _follow(
    launched: Launched[Account], log: Log, follower: Follower, watch: Watch
) -> FineTuningJob:
    import time

    line = log.last("status")
    status = line["status"] if line else None
    account, looked, total, shown = launched.account, 0.0, 0, 0
    while True:
        job = follower.job(account, launched.job, watch)
        if job.status != status:
            status = job.status
            log.add("status", job=job.id, status=status, estimated_finish=job.estimated_finish)
        if job.status not in ACTIVE:
            return job
        if job.status == "running" and time.monotonic() - looked > _LOOK_AT_EVENTS:
            looked = time.monotonic()
            newest = _newest_metrics(account, job.id, watch)
            if newest:
                if not total:
                    total = int(newest.get("total_steps", 0))
                    watch.start("train", total, done=shown)
                step = int(newest["step"])
                watch.advance(max(step - shown, 0), loss=float(newest.get("train_loss", 0.0)))
                shown = max(step, shown)
        follower.wait(account, watch)


def _failure(job: FineTuningJob, accounts: Sequence[Account]) -> ProviderError:
    error = job.error
    code = (error.code if error else None) or job.status
    message = (error.message if error else None) or "no reason given"
    doing = f"the training {job.id} {'was cancelled' if job.status == 'cancelled' else 'failed'}"
    from .accounts import redacted

    text = redacted(f"{doing}: {message} ({code})", accounts).replace("\n", " ")
    if job.status == "cancelled":
        return Refused(text, hint="`--retry-failed` launches it anew")
    if code in ("server_error", "internal_error"):
        return Refused(text, hint="the provider's fault: `--retry-failed` launches it anew")
    return Refused(text, hint=errors.hint(None, code, message))


def _events(account: Account, id: str, watch: Watch) -> list[dict[str, Any]]:
    """All events of a job, oldest first."""
    found = patiently(
        lambda: list(account.client.fine_tuning.jobs.list_events(id, limit=100)),
        watch,
        (account,),
        f"reading the events of {id}",
    )
    return [event.to_dict() for event in reversed(found)]


def _newest_metrics(account: Account, id: str, watch: Watch) -> dict[str, Any] | None:
    page = patiently(
        lambda: account.client.fine_tuning.jobs.list_events(id, limit=5),
        watch,
        (account,),
        f"reading the events of {id}",
    )
    for event in page.data:
        data = event.to_dict().get("data")
        if isinstance(data, dict) and "step" in data:
            return data
    return None


_NAMES = {
    "train_loss": "loss",
    "train_accuracy": "accuracy",
    "train_mean_token_accuracy": "accuracy",
    "valid_loss": "valid_loss",
}


def _steps(events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A line a step from metrics events: `{"step", "loss", "accuracy"}`."""
    lines = {}
    for event in events:
        data = event.get("data")
        if event.get("type") == "metrics" and isinstance(data, dict) and "step" in data:
            lines[int(data["step"])] = _line(data)
    return [lines[step] for step in sorted(lines)]


def _line(data: dict[str, Any]) -> dict[str, Any]:
    numbers = {
        ours: float(data[theirs])
        for theirs, ours in _NAMES.items()
        if data.get(theirs) not in (None, "")
    }
    return {"step": int(float(data["step"])), **numbers}


def _result_steps(account: Account, job: FineTuningJob, watch: Watch) -> list[dict[str, Any]]:
    """The same from a result file, which the API serves as CSV in base64."""
    for id in job.result_files:
        raw = patiently(
            lambda id=id: account.client.files.content(id).content,  # type: ignore[misc]
            watch,
            (account,),
            f"reading the results of {job.id}",
        )
        try:
            text = base64.b64decode(raw, validate=True).decode()
        except (binascii.Error, ValueError):
            text = raw.decode(errors="replace")
        rows = [row for row in csv.DictReader(io.StringIO(text)) if row.get("step")]
        if rows:
            return [_line(row) for row in rows]
    return []


def _write_checkpoints(account: Account, id: str, path: Path, watch: Watch) -> None:
    try:
        found = patiently(
            lambda: list(account.client.fine_tuning.jobs.checkpoints.list(id)),
            watch,
            (account,),
            f"reading the checkpoints of {id}",
        )
    except Refused:  # a server without them; the model is there
        found = []
    lines = [checkpoint.to_dict() for checkpoint in found]
    path.write_text(json.dumps(lines, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _write_lines(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    path.write_text(text, encoding="utf-8")
