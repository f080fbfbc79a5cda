"""Launching a fine-tuning job exactly once: the shared protocol on this API.

A job carries its unit's key in its metadata and is found by it. A create goes to the account with
the fewest active jobs, and waits while every slot is taken. Before it is repeated, for whatever
reason, the job is looked for until the list can no longer lag behind.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import Any

import attrs

from ...errors import ProviderError
from ..create import ErrorClassifier, NoFreeSlot, NotCreated, create_once
from ..launch import (
    ATTEMPT_METADATA,
    UNIT_METADATA,
    ExistingJob,
    LaunchedJob,
    LaunchLog,
    adopt_or_create,
)
from ..retry import sleep
from ..trained_model import read_trained_model
from ..types import Monitor, TrainJob
from . import files
from .accounts import Account
from .errors import is_lost, is_server_error, is_throttle, retry_api_call, to_provider_error
from .find import FAILED_STATES, find_jobs
from .job_poller import MAX_INTERVAL_FACTOR, JobPoller
from .lookup import created_id, metadata
from .twins import settle_twins

_LOOKUP_INTERVALS = (0.1, 0.4, 1.0, 2.0, 3.0, 5.5)
"""Waits before each further look for a job that may still appear, in polling intervals: a minute in
all. Another create follows if there is none, so the look must outlast a list that lags behind."""
_REFUSAL_INTERVALS = (0.1, 0.4, 1.0)
"""The same after a refusal, which no create follows: the next run looks again."""
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
    launched = adopt_or_create(log, accounts, job.archived_jobs, launch.find_earlier, launch.create)
    created = log.last_entry("created") or {}
    if created.get("found") or len(log.entries("intent")) > 1:  # several jobs may have been made
        return settle_twins(job, log, accounts, launched, monitor)
    return launched


@attrs.frozen
class _Launch:
    """A launch in progress, with everything it needs."""

    job: TrainJob
    log: LaunchLog
    accounts: Sequence[Account]
    poller: JobPoller
    monitor: Monitor

    def find_earlier(self, age: float | None) -> list[ExistingJob[Account]]:
        """The unit's jobs of earlier runs; see `adopt_or_create`."""
        return self._find(self.accounts, () if age is None else _LOOKUP_INTERVALS, age or 0.0)

    def _find(
        self, accounts: Sequence[Account], intervals: Sequence[float], age: float = 0.0
    ) -> list[ExistingJob[Account]]:
        """The unit's jobs, looked for once and then after each interval that is not over yet."""
        delays, elapsed = [], 0.0
        for interval in intervals:
            elapsed += interval * self.poller.interval
            if elapsed > age:
                delays.append(interval * self.poller.interval)
        jobs = find_jobs(self.job.key, accounts, self.monitor, delays=delays)
        if intervals and not jobs:
            self._check_metadata(accounts)
        return jobs

    def _check_metadata(self, accounts: Sequence[Account]) -> None:
        """Check that the server keeps the metadata by which a job would have been found.

        Raises:
            ProviderError: There is a job without metadata that trains on this unit's file.
        """
        uploads = {entry.get("file") for entry in self.log.entries("intent")}
        for account in accounts:
            page = retry_api_call(
                lambda account=account: account.client.fine_tuning.jobs.list(limit=100),  # type: ignore[misc]
                self.monitor,
                accounts,
                "looking for the job",
            )
            for job in page.data:
                is_live = job.status not in FAILED_STATES
                if job.training_file in uploads and not metadata(job) and is_live:
                    raise ProviderError(
                        f"{job.id} trains on the file of {self.job.title}, but the server keeps no "
                        "metadata, so whether it is this unit's job cannot be told",
                        hint="nothing more was created. Cancel that job at the provider, then run "
                        "the same command again",
                    )

    def create(self, attempt: int) -> LaunchedJob[Account]:
        """Create the job on the first account with a free slot, waiting for one if need be."""
        lost, wait = 0, self.poller.interval
        uploads: dict[str, str] = {}
        while True:
            started = time.monotonic()
            for account in self.poller.sort_by_load(self.accounts, self.monitor):
                if account.fingerprint not in uploads:
                    file = files.upload(account, self.job.file, "fine-tune", self.monitor)
                    uploads[account.fingerprint] = file
                self.monitor.raise_if_stopped()
                try:
                    return self._create_on(account, uploads[account.fingerprint], attempt)
                except NoFreeSlot:
                    continue
                except NotCreated as failure:
                    lost += 1
                    if lost > _MAX_LOST:
                        raise failure.error from None
                    break
            else:
                if wait == self.poller.interval:
                    text = "every slot for trainings is taken; waiting for a free one"
                    self.monitor.message(f"{self.job.title}: {text}")
                elapsed = time.monotonic() - started  # it looked for a job that was made after all
                sleep(max(wait * random.uniform(1.0, 1.5) - elapsed, 0.0), self.monitor)
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
            lambda: created_id(jobs.create(**_request(self.job, file, attempt)), "training"),
            lambda may_repeat: self._find(
                (account,), _LOOKUP_INTERVALS if may_repeat else _REFUSAL_INTERVALS
            ),
            classifier,
            file=file,
        )


def _request(job: TrainJob, file: str, attempt: int) -> dict[str, Any]:
    return {
        "model": model_to_train(job),
        "training_file": file,
        "method": job.hyperparameters.method(),
        "seed": job.seed,
        "suffix": model_suffix(job),
        "metadata": {UNIT_METADATA: job.key, ATTEMPT_METADATA: str(attempt)},
    }


def model_to_train(job: TrainJob) -> str:
    """What the API calls the model that a job trains: the base model, or one trained before.

    Raises:
        CorruptError: The record of the one trained before is damaged.
    """
    return job.model.name if job.previous is None else read_trained_model(job.previous).model


def model_suffix(job: TrainJob) -> str:
    """The end of a trained model's name, for people: at most 64 letters, digits and dashes."""
    text = f"{job.title}-{job.key[6:14]}".lower()
    dashed = "".join(character if character.isalnum() else "-" for character in text)
    return "-".join(part for part in dashed.split("-") if part)[:64].strip("-")
