"""Launching a fine-tuning job exactly once: the shared order, in this API's words.

The unit's key is in the job's metadata, and a job is found by it. A create goes to the account with
the most free slots; where all are taken it waits.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import launch as shared
from ..launch import (
    ATTEMPT_METADATA,
    UNIT_METADATA,
    ErrorClassifier,
    ExistingJob,
    LaunchedJob,
    LaunchLog,
    NoFreeSlot,
    NotCreated,
)
from ..retry import sleep
from ..types import Monitor, TrainJob
from . import files
from .accounts import Account
from .errors import is_lost, is_server_error, is_throttle, retry_api_call, to_provider_error
from .job_poller import MAX_INTERVAL_FACTOR, JobPoller

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

FAILED_STATES = ("failed", "cancelled")
_LOOKUP_INTERVALS = (0.1, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0)
"""When to look for a job whose creation was lost, in polling intervals: a minute in all."""
_MAX_LOST = 3
"""Creates whose answer was lost, and that were not made, after which it is given up."""


def launch_job(
    job: TrainJob, log: LaunchLog, accounts: Sequence[Account], poller: JobPoller, monitor: Monitor
) -> LaunchedJob[Account]:
    """The job of a unit: the one that is there, or a new one.

    Raises:
        ProviderError: It cannot be created; `Refused` where asking again would not help.
    """
    return shared.adopt_or_create(
        log,
        accounts,
        job.archived_jobs,
        lambda unsure: find_jobs(
            job.key, accounts, monitor, delays=_lookup_delays(poller) if unsure else ()
        ),
        lambda attempt: _create_job(job, attempt, log, accounts, poller, monitor),
    )


def find_jobs(
    key: str, accounts: Sequence[Account], monitor: Monitor, *, delays: Sequence[float] = ()
) -> list[ExistingJob[Account]]:
    """Jobs with this key, the newest first; looks again after pauses while there is none."""
    for wait in (0.0, *delays):
        sleep(wait, monitor)
        found = [
            one
            for account in accounts
            for one in retry_api_call(
                lambda account=account: _list_jobs(account, key),  # type: ignore[misc]
                monitor,
                accounts,
                "looking for the job",
            )
        ]
        if found:
            return sorted(found, key=lambda one: one.created_at, reverse=True)
    return []


def _list_jobs(account: Account, key: str) -> list[ExistingJob[Account]]:
    """The filter is the server's; not every server has it, so each job is looked at too."""
    listed = account.client.fine_tuning.jobs.list(limit=100, metadata={UNIT_METADATA: key})
    return [
        _existing_job(job, account)
        for job in listed
        if (job.metadata or {}).get(UNIT_METADATA) == key
    ]


def _existing_job(job: FineTuningJob, account: Account) -> ExistingJob[Account]:
    return ExistingJob(
        job=job.id,
        account=account,
        attempt=int((job.metadata or {}).get(ATTEMPT_METADATA, "1")),
        has_failed=job.status in FAILED_STATES,
        created_at=job.created_at,
    )


def _lookup_delays(poller: JobPoller) -> list[float]:
    return [look * poller.interval for look in _LOOKUP_INTERVALS]


def _create_job(
    job: TrainJob,
    attempt: int,
    log: LaunchLog,
    accounts: Sequence[Account],
    poller: JobPoller,
    monitor: Monitor,
) -> LaunchedJob[Account]:
    """Create the job on the first account with a free slot; waits for one."""
    lost, wait = 0, poller.interval
    sent: dict[str, str] = {}
    while True:
        for account in poller.sort_by_load(accounts, monitor):
            if account.fingerprint not in sent:
                sent[account.fingerprint] = files.upload(account, job.file, "fine-tune", monitor)
            monitor.raise_if_stopped()
            file = sent[account.fingerprint]
            try:
                made = _attempt_create(job, attempt, log, account, file, poller, monitor)
                if lost:
                    _cancel_duplicates(job, attempt, made, accounts, monitor)
                return made
            except NoFreeSlot:
                continue
            except NotCreated as nothing:
                lost += 1
                if lost > _MAX_LOST:
                    raise nothing.error from None
                break
        else:
            if wait == poller.interval:
                monitor.message(
                    f"{job.title}: every slot for trainings is taken; waiting for a free one"
                )
            sleep(wait * random.uniform(1.0, 1.5), monitor)
            wait = min(wait * 1.5, poller.interval * MAX_INTERVAL_FACTOR)


def _cancel_duplicates(
    job: TrainJob,
    attempt: int,
    launched: LaunchedJob[Account],
    accounts: Sequence[Account],
    monitor: Monitor,
) -> None:
    """Cancel jobs of this very launch that came after all, when they were given up for lost."""
    for one in find_jobs(job.key, accounts, monitor):
        if one.attempt == attempt and one.job != launched.job and not one.has_failed:
            monitor.message(f"{job.title}: {one.job} came late and was not needed; it is cancelled")
            retry_api_call(
                lambda one=one: one.account.client.fine_tuning.jobs.cancel(one.job),  # type: ignore[misc]
                monitor,
                accounts,
                "cancelling a job that is not needed",
            )


def _attempt_create(
    job: TrainJob,
    attempt: int,
    log: LaunchLog,
    account: Account,
    file: str,
    poller: JobPoller,
    monitor: Monitor,
) -> LaunchedJob[Account]:
    jobs = account.client.with_options(max_retries=0).fine_tuning.jobs
    reading = ErrorClassifier(
        is_throttle=is_throttle,
        is_uncertain=lambda error: is_lost(error) or is_server_error(error),
        to_error=lambda error: to_provider_error(
            error, (account,), f"creating the training {job.title}"
        ),
    )
    return shared.create_once(
        log,
        attempt,
        account,
        lambda: jobs.create(**_request(job, file, attempt)).id,
        lambda: find_jobs(job.key, (account,), monitor, delays=_lookup_delays(poller)),
        reading,
        file=file,
    )


def _request(job: TrainJob, file: str, attempt: int) -> dict[str, Any]:
    return {
        "model": job.model.name,
        "training_file": file,
        "method": job.hyperparameters.method(),
        "seed": job.seed,
        "suffix": model_suffix(job),
        "metadata": {UNIT_METADATA: job.key, ATTEMPT_METADATA: str(attempt)},
    }


def model_suffix(job: TrainJob) -> str:
    """What a trained model's name ends in, for people: at most 64 letters, digits and dashes."""
    plain = "".join(sign if sign.isalnum() else "-" for sign in f"{job.title}-{job.key[6:14]}")
    return "-".join(part for part in plain.lower().split("-") if part)[:64].strip("-")
