"""The state and cancellation of a unit's remote job and batches.

A job whose id was not logged, because the run died just then, is found by its unit's key, as a
launch would find it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import ProviderError
from ..launch import LAUNCH_LOG, STATE_EVENTS, LaunchedJob, LaunchLog, find_account
from ..types import Monitor, RemoteJob
from . import batches
from .accounts import Account
from .batch_jobs import BATCH_LOG
from .errors import retry_api_call
from .job_poller import ACTIVE, JobPoller
from .launch import find_jobs

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
    job = _retrieve(launched, monitor)
    if job.status in ACTIVE:
        jobs, id = launched.account.client.fine_tuning.jobs, launched.job
        try:
            job = retry_api_call(lambda: jobs.cancel(id), monitor, accounts, f"cancelling {id}")
        except ProviderError:
            job = _retrieve(launched, monitor)  # it may have ended just now
            if job.status in ACTIVE:
                raise
    if job.status == "cancelled":
        LaunchLog(directory / LAUNCH_LOG).append("ended", job=job.id, status=job.status, by="user")
    return _to_remote_job(job)


def _find_launched(
    directory: Path, accounts: Sequence[Account], monitor: Monitor
) -> LaunchedJob[Account] | None:
    entry = LaunchLog(directory / LAUNCH_LOG).last_entry(*STATE_EVENTS)
    if entry is None or entry["event"] in ("rejected", "ended"):
        return None
    account = find_account(entry["account"], accounts)
    if entry["event"] == "created":
        return LaunchedJob(entry["job"], account)
    existing = find_jobs(directory.name, (account,), monitor)
    return LaunchedJob(existing[0].job, account) if existing else None


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
        is_finished=job.status not in ACTIVE,
        created_at=job.created_at,
        estimated_finish=job.estimated_finish or None,
    )
