"""The state and cancellation of a unit's remote job and batches.

A job whose id was not logged, because the run died just then, is found by its unit's key, as a
launch would find it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import ProviderError
from ..launch import (
    LAUNCH_LOG,
    STATE_EVENTS,
    LaunchedJob,
    LaunchLog,
    choose_job,
    find_account,
)
from ..types import Monitor, RemoteJob
from . import batches
from .accounts import Account
from .batch_log import BATCH_LOG
from .errors import retry_api_call
from .find import ENDED_STATES, find_jobs
from .job_poller import JobPoller

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

_MAX_ATTEMPTS = 3


def remote_job(
    directory: Path, accounts: Sequence[Account], poller: JobPoller, monitor: Monitor
) -> RemoteJob | None:
    """The job of a unit, or else its last batch; None if it has neither.

    Args:
        directory: The unit's working directory.
        accounts: The configured accounts.
        poller: Reads the job.
        monitor: Raises when the run must stop.

    Raises:
        ProviderError: The job cannot be read.
    """
    launched = _find_launched(directory, accounts, monitor)
    if launched is not None:
        return _to_remote_job(
            poller.job(launched.account, launched.job, monitor, tries=_MAX_ATTEMPTS)
        )
    pending = [
        batch
        for log in _batch_logs(directory)
        for batch in batches.pending_batches(accounts, log, monitor)
    ]
    return pending[-1] if pending else None


def cancel_job(directory: Path, accounts: Sequence[Account], monitor: Monitor) -> RemoteJob | None:
    """Cancel a unit's job and its batches; what has ended stays as it is.

    Args:
        directory: The unit's working directory.
        accounts: The configured accounts.
        monitor: Raises when the run must stop.

    Raises:
        ProviderError: The job cannot be cancelled.
    """
    cancelled = [
        batch
        for log in _batch_logs(directory)
        for batch in batches.cancel_batches(accounts, log, monitor)
    ]
    launched = _find_launched(directory, accounts, monitor)
    if launched is None:
        return cancelled[-1] if cancelled else None
    log = LaunchLog(directory / LAUNCH_LOG)
    attempt = (log.last_entry("intent", "created") or {}).get("attempt", 1)
    for twin in find_jobs(
        directory.name, accounts, monitor
    ):  # before the job: none takes its place
        is_live = not (twin.has_failed or twin.has_succeeded)
        if is_live and twin.attempt == attempt and twin.job != launched.job:
            _cancel(LaunchedJob(twin.job, twin.account), monitor)
    job = _cancel(launched, monitor)
    if job.status == "cancelled":
        log.append("ended", job=job.id, status=job.status, by="user")
    return _to_remote_job(job)


def _cancel(launched: LaunchedJob[Account], monitor: Monitor) -> FineTuningJob:
    """Cancel a job unless it has ended."""
    job = _retrieve(launched, monitor)
    if job.status in ENDED_STATES:
        return job
    jobs, id = launched.account.client.fine_tuning.jobs, launched.job
    try:
        return retry_api_call(
            lambda: jobs.cancel(id), monitor, (launched.account,), f"cancelling {id}"
        )
    except ProviderError:
        job = _retrieve(launched, monitor)  # it may have ended just now
        if job.status not in ENDED_STATES:
            raise
        return job


def _find_launched(
    directory: Path, accounts: Sequence[Account], monitor: Monitor
) -> LaunchedJob[Account] | None:
    log = LaunchLog(directory / LAUNCH_LOG)
    entry = log.last_entry(*STATE_EVENTS)
    if entry is None or entry["event"] == "ended":
        return None
    if entry["event"] == "created":
        return LaunchedJob(entry["job"], find_account(entry["account"], accounts))
    # A create that returned no job may have made one, whatever the log says of it.
    owners = accounts
    if entry["event"] == "intent":
        owners = (find_account(entry["account"], accounts),)
    attempt = (log.last_entry("intent") or {}).get("attempt", 1)
    existing = [job for job in find_jobs(directory.name, owners, monitor) if job.attempt == attempt]
    job = choose_job(existing) or next(iter(existing), None)
    return None if job is None else LaunchedJob(job.job, job.account)


def _retrieve(launched: LaunchedJob[Account], monitor: Monitor) -> FineTuningJob:
    jobs, id = launched.account.client.fine_tuning.jobs, launched.job
    return retry_api_call(
        lambda: jobs.retrieve(id), monitor, (launched.account,), f"looking at {id}"
    )


def _batch_logs(directory: Path) -> list[Path]:
    return sorted(directory.glob(f"*/{BATCH_LOG}"))


def _to_remote_job(job: FineTuningJob) -> RemoteJob:
    return RemoteJob(
        job=job.id,
        status=job.status,
        is_finished=job.status in ENDED_STATES,
        created_at=job.created_at,
        estimated_finish=job.estimated_finish or None,
    )
