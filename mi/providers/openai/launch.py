"""Launching a fine-tuning job exactly once: the shared protocol on this API.

A job carries its unit's key in its metadata and is found by it. A create goes to the account with
the fewest active jobs, and waits while every slot is taken.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ..launch import (
    ATTEMPT_METADATA,
    UNIT_METADATA,
    ErrorClassifier,
    ExistingJob,
    LaunchedJob,
    LaunchLog,
    NoFreeSlot,
    NotCreated,
    adopt_or_create,
    create_once,
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
"""Waits before each look for a job whose create was lost, in polling intervals: a minute in all."""
_MAX_LOST = 3
"""Lost creates that created nothing after which the launch fails."""


def launch_job(
    job: TrainJob, log: LaunchLog, accounts: Sequence[Account], poller: JobPoller, monitor: Monitor
) -> LaunchedJob[Account]:
    """The job of a unit: an existing one, or else a new one.

    Args:
        job: The training.
        log: The unit's launch log.
        accounts: The configured accounts.
        poller: Knows the load of each account.
        monitor: Raises when the run must stop.

    Raises:
        ProviderError: The job cannot be created; `RequestRejected` where a retry would fail alike.
        Interrupted: The user asked to stop.
    """
    launch = _Launch(job, log, accounts, poller, monitor)
    return adopt_or_create(
        log,
        accounts,
        job.archived_jobs,
        lambda is_uncertain: launch.find(accounts, look_again=is_uncertain),
        launch.create,
    )


def find_jobs(
    key: str, accounts: Sequence[Account], monitor: Monitor, *, delays: Sequence[float] = ()
) -> list[ExistingJob[Account]]:
    """The jobs of a unit, newest first.

    Args:
        key: The unit's key.
        accounts: Where to look.
        monitor: Raises when the run must stop.
        delays: Seconds to wait before each further look, while there are none.

    Raises:
        ProviderError: The jobs cannot be listed.
    """
    for delay in (0.0, *delays):
        sleep(delay, monitor)
        jobs = [
            job
            for account in accounts
            for job in retry_api_call(
                lambda account=account: _list_jobs(account, key),  # type: ignore[misc]
                monitor,
                accounts,
                "looking for the job",
            )
        ]
        if jobs:
            return sorted(jobs, key=lambda job: job.created_at, reverse=True)
    return []


def _list_jobs(account: Account, key: str) -> list[ExistingJob[Account]]:
    """The account's jobs with this key. Some servers ignore the filter, so it is applied again."""
    jobs = account.client.fine_tuning.jobs.list(limit=100, metadata={UNIT_METADATA: key})
    return [
        _existing_job(job, account)
        for job in jobs
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


@attrs.frozen
class _Launch:
    """A launch in progress, with everything it needs."""

    job: TrainJob
    log: LaunchLog
    accounts: Sequence[Account]
    poller: JobPoller
    monitor: Monitor

    def find(self, accounts: Sequence[Account], *, look_again: bool) -> list[ExistingJob[Account]]:
        """The unit's jobs; looks several times if a create may still appear."""
        intervals = _LOOKUP_INTERVALS if look_again else ()
        delays = [interval * self.poller.interval for interval in intervals]
        return find_jobs(self.job.key, accounts, self.monitor, delays=delays)

    def create(self, attempt: int) -> LaunchedJob[Account]:
        """Create the job on the first account with a free slot, waiting for one if need be."""
        lost, wait = 0, self.poller.interval
        uploads: dict[str, str] = {}
        while True:
            for account in self.poller.sort_by_load(self.accounts, self.monitor):
                if account.fingerprint not in uploads:
                    file = files.upload(account, self.job.file, "fine-tune", self.monitor)
                    uploads[account.fingerprint] = file
                self.monitor.raise_if_stopped()
                try:
                    launched = self._create_on(account, uploads[account.fingerprint], attempt)
                except NoFreeSlot:
                    continue
                except NotCreated as failure:
                    lost += 1
                    if lost > _MAX_LOST:
                        raise failure.error from None
                    break
                if lost:
                    self._cancel_duplicates(attempt, launched)
                return launched
            else:
                if wait == self.poller.interval:
                    text = "every slot for trainings is taken; waiting for a free one"
                    self.monitor.message(f"{self.job.title}: {text}")
                sleep(wait * random.uniform(1.0, 1.5), self.monitor)
                wait = min(wait * 1.5, self.poller.interval * MAX_INTERVAL_FACTOR)

    def _create_on(self, account: Account, file: str, attempt: int) -> LaunchedJob[Account]:
        jobs = account.client.with_options(max_retries=0).fine_tuning.jobs
        action = f"creating the training {self.job.title}"
        classifier = ErrorClassifier(
            is_throttle=is_throttle,
            is_uncertain=lambda error: is_lost(error) or is_server_error(error),
            to_error=lambda error: to_provider_error(error, (account,), action),
        )
        return create_once(
            self.log,
            attempt,
            account,
            lambda: jobs.create(**_request(self.job, file, attempt)).id,
            lambda: self.find((account,), look_again=True),
            classifier,
            file=file,
        )

    def _cancel_duplicates(self, attempt: int, launched: LaunchedJob[Account]) -> None:
        """Cancel jobs of this launch that appeared after they had been given up as lost."""
        for twin in self.find(self.accounts, look_again=False):
            if twin.attempt == attempt and twin.job != launched.job and not twin.has_failed:
                self.monitor.message(
                    f"{self.job.title}: {twin.job} came late and was not needed; it is cancelled"
                )
                retry_api_call(
                    lambda twin=twin: twin.account.client.fine_tuning.jobs.cancel(twin.job),  # type: ignore[misc]
                    self.monitor,
                    self.accounts,
                    "cancelling a job that is not needed",
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
    """The end of a trained model's name, for people: at most 64 letters, digits and dashes."""
    text = f"{job.title}-{job.key[6:14]}".lower()
    dashed = "".join(character if character.isalnum() else "-" for character in text)
    return "-".join(part for part in dashed.split("-") if part)[:64].strip("-")
