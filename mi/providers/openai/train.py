"""A hosted training, from the launch to the trained model's name.

At the end the directory holds `launch.jsonl` (every event with its time), `job.json` (the job as
the server last returned it), `events.jsonl`, `metrics.jsonl` (a line per step), `checkpoints.json`,
and `model.json`, which is all that sampling needs.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from ...errors import ProviderError, RequestRejected
from ...files.atomic import write_atomic
from ..launch import LAUNCH_LOG, LaunchedJob, LaunchLog, find_account
from ..metrics_log import METRICS_FILE
from ..trained_model import TrainedModel, read_trained_model
from ..types import Monitor, TrainingResult, TrainJob
from ..usage import TokenCount, read_trained_tokens
from .accounts import Account, redact
from .checkpoints import checkpoint_names, write_checkpoints
from .errors import next_step
from .events import (
    list_checkpoints,
    list_events,
    metrics_from_events,
    metrics_from_results,
    newest_metrics,
)
from .find import ENDED_STATES, existing_job
from .job_poller import JobPoller
from .launch import launch_job, model_to_train
from .twins import settle_twins, twin_tokens

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

_EXPECTED_STATES = ("validating_files", "queued", "running", *ENDED_STATES)
_EVENTS_INTERVAL = 30.0
"""Seconds between two reads of a running job's events."""


def train(
    job: TrainJob, directory: Path, accounts: Sequence[Account], poller: JobPoller, monitor: Monitor
) -> TrainingResult:
    """Launch the job, or find it, follow it to its end, and store what it reports.

    Args:
        job: The training.
        directory: The unit's working directory.
        accounts: The configured accounts.
        poller: Reads jobs; shared by all trainings of a run.
        monitor: Receives progress; raises when the run must stop.

    Raises:
        ProviderError: The training failed, or its results cannot be read.
        Interrupted: The user asked to stop; the job goes on at the provider.
    """
    log = LaunchLog(directory / LAUNCH_LOG, job.checkpoint)
    if job.previous is not None:  # only the account that owns a trained model can train it on
        owner = read_trained_model(job.previous).account
        accounts = (find_account(owner, accounts),)
    launched = launch_job(job, log, accounts, poller, monitor)
    account, ended = _follow(job, launched, log, accounts, poller, monitor)
    write_atomic(directory / "job.json", ended.to_json(warnings=False) + "\n")
    if ended.status != "succeeded" or not ended.fine_tuned_model:
        log.append("ended", job=ended.id, status=ended.status)
        raise _training_error(ended, accounts)
    _check_trained(job, ended)
    events = list_events(account, ended.id, monitor)
    _write_lines(directory / "events.jsonl", events)
    metrics = metrics_from_events(events) or metrics_from_results(account, ended, monitor)
    _write_lines(directory / METRICS_FILE, metrics)
    checkpoints = list_checkpoints(account, ended.id, monitor)
    text = json.dumps(checkpoints, ensure_ascii=False, indent=1) + "\n"
    write_atomic(directory / "checkpoints.json", text)
    model = TrainedModel(
        model=ended.fine_tuned_model,
        account=account.fingerprint,
        job=ended.id,
        base=ended.model,
    )
    model.write(directory)
    write_checkpoints(checkpoint_names(checkpoints, model.model), model, directory)
    billed = read_trained_tokens(
        ended.trained_tokens, job, getattr(ended.hyperparameters, "n_epochs", None)
    )
    result = _result(ended, model, metrics, billed, twin_tokens(log))
    last = max((one.get("step_number") or 0 for one in checkpoints), default=0)
    return attrs.evolve(result, steps=max(result.steps, last))


def _check_trained(job: TrainJob, ended: FineTuningJob) -> None:
    """Check that a job which continues a training has trained that training's model.

    The job may have been launched before that training was done again.
    """
    expected = model_to_train(job)
    if job.previous is not None and ended.model.startswith("ft:") and ended.model != expected:
        raise RequestRejected(
            f"{ended.id} trained {ended.model}, and the stage before it is {expected} now",
            hint=f"`--force {job.key}` trains this stage again, and pays for it",
        )


def _result(
    job: FineTuningJob,
    model: TrainedModel,
    metrics: Sequence[dict[str, Any]],
    billed: TokenCount,
    twins: TokenCount,
) -> TrainingResult:
    losses = [row["loss"] for row in metrics if "loss" in row]
    return TrainingResult(
        steps=int(metrics[-1]["step"]) if metrics else 0,
        tokens=billed.tokens,
        trained_tokens=billed.tokens,
        seconds=max(float((job.finished_at or job.created_at) - job.created_at), 0.0),
        loss=losses[-1] if losses else None,
        model=model.model,
        job=model.job,
        billed_tokens=billed.tokens + twins.tokens,
        estimate_reason=billed.problem or twins.problem,
    )


def _follow(
    job: TrainJob,
    launched: LaunchedJob[Account],
    log: LaunchLog,
    accounts: Sequence[Account],
    poller: JobPoller,
    monitor: Monitor,
) -> tuple[Account, FineTuningJob]:
    """Follow the unit's job to its end; the job, and the account that owns it.

    At the end, twins are settled once more, since one may have appeared late. Where the job itself
    was cancelled as a twin, by another run, the one that was kept is followed.
    """
    while True:
        ended = _poll_until_finished(job.title, launched, log, poller, monitor)
        state = existing_job(ended, launched.account)
        kept = settle_twins(job, log, accounts, launched, monitor, ended=state)
        if kept.job == launched.job:
            return launched.account, ended
        launched = kept


def _poll_until_finished(
    title: str,
    launched: LaunchedJob[Account],
    log: LaunchLog,
    poller: JobPoller,
    monitor: Monitor,
) -> FineTuningJob:
    """Poll a job until it ends, log each change of its status, and report its steps."""
    entry = log.last_entry("status")
    status = entry["status"] if entry else None
    account, read_at, total, reported = launched.account, 0.0, 0, 0
    while True:
        job = poller.job(account, launched.job, monitor)
        if job.status != status:
            status = job.status
            log.append("status", job=job.id, status=status, estimated_finish=job.estimated_finish)
            if status not in _EXPECTED_STATES:
                monitor.message(_unexpected_state(title, job))
        if job.status in ENDED_STATES:
            return job
        if job.status == "running" and time.monotonic() - read_at > _EVENTS_INTERVAL:
            read_at = time.monotonic()
            newest = newest_metrics(account, job.id, monitor)
            if newest:
                if not total:
                    total = int(newest.get("total_steps", 0))
                    monitor.start("train", total, done=reported)
                step = int(newest["step"])
                monitor.advance(max(step - reported, 0), loss=float(newest.get("train_loss", 0.0)))
                reported = max(step, reported)
        poller.wait(account, monitor)


def _unexpected_state(title: str, job: FineTuningJob) -> str:
    """The message about a job that neither moves on nor has ended."""
    status: str = job.status
    if status == "paused":
        return f"{title}: {job.id} is paused; waiting until it is resumed at the provider"
    return (
        f"{title}: the provider says {status!r} of {job.id}, which is not known here; waiting for "
        "its end (`mi cancel` ends it)"
    )


def _training_error(job: FineTuningJob, accounts: Sequence[Account]) -> ProviderError:
    error = job.error
    code = (error.code if error else None) or job.status
    message = (error.message if error else None) or "no reason given"
    outcome = "was cancelled" if job.status == "cancelled" else "failed"
    text = redact(f"the training {job.id} {outcome}: {message} ({code})", accounts)
    text = text.replace("\n", " ")
    if job.status == "cancelled":
        return RequestRejected(text, hint="`--retry-failed` launches it again")
    if code in ("server_error", "internal_error"):
        return RequestRejected(
            text, hint="the provider's fault: `--retry-failed` launches it again"
        )
    return RequestRejected(text, hint=next_step(None, code, message))


def _write_lines(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    write_atomic(path, text)
