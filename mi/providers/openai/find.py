"""Finding the fine-tuning jobs of a unit by the key in their metadata."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..launch import ATTEMPT_METADATA, UNIT_METADATA, ExistingJob
from ..retry import sleep
from ..types import Monitor
from .accounts import Account
from .errors import retry_api_call
from .lookup import list_all, metadata, unix_time

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

FAILED_STATES = ("failed", "cancelled")
ENDED_STATES = ("succeeded", *FAILED_STATES)
"""A job in any other state, a paused one or one that is not known here, is live: it is waited for,
adopted and cancelled like a running one."""


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
    jobs = account.client.fine_tuning.jobs
    listed = list_all(lambda: jobs.list(limit=100, metadata={UNIT_METADATA: key}), "trainings")
    return [existing_job(job, account) for job in listed if metadata(job).get(UNIT_METADATA) == key]


def existing_job(job: FineTuningJob, account: Account) -> ExistingJob[Account]:
    """A job as the shared protocol sees it."""
    attempt = str(metadata(job).get(ATTEMPT_METADATA, ""))
    return ExistingJob(
        job=job.id,
        account=account,
        attempt=int(attempt) if attempt.isascii() and attempt.isdigit() else 1,
        has_failed=job.status in FAILED_STATES,
        created_at=unix_time(job.created_at),
        has_succeeded=job.status == "succeeded",
        trained_tokens=job.trained_tokens,
        epochs=getattr(job.hyperparameters, "n_epochs", None),
    )
