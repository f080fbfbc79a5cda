"""Launching a training exactly once, at any provider.

The order is: look for a job with the unit's key, log the intent, create, log the id. Whatever is
lost in between (the response, this process, this machine's files), the job carries the unit's key
and is found by it; a job is created only if there is none. A create is never retried blindly,
because it is not safe to make twice. Where another machine could take over the unit, the intent is
saved where that machine sees it, before anything is created.

A response says that a job was created if it holds the job, and nothing else says that none was: a
refusal may come from a proxy, a gateway or a limiter behind which the job was created all the same.
So every create that did not return a job is followed by a look for it, whatever the status was. A
look that fails proves nothing: the intent stands, and the next run looks again.

The log `launch.jsonl` has a line for each event: `intent`, `rejected` (no job was found after a
create that did not return one), `created` (with the job's id), `ended`, and the provider's own
events. `create.create_once` is the step that creates.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import attrs

from ..errors import MiError, ProviderError
from ..files import journal
from ..files.clock import utc_timestamp

_log = logging.getLogger(__name__)

LAUNCH_LOG = "launch.jsonl"
UNIT_METADATA = "mi_unit"
ATTEMPT_METADATA = "mi_attempt"
STATE_EVENTS = ("intent", "rejected", "created", "ended")
"""The events that determine the state of a launch."""


class Owner(Protocol):
    """An account: a key at a server. Files identify it by its fingerprint."""

    @property
    def fingerprint(self) -> str: ...


A = TypeVar("A", bound=Owner)


@attrs.frozen
class LaunchedJob(Generic[A]):
    """A job and the account that owns it."""

    job: str
    account: A


@attrs.frozen(kw_only=True)
class ExistingJob(Generic[A]):
    """A job at a provider that carries a unit's key.

    Args:
        job: The provider's id.
        account: The account that owns it.
        attempt: Which of the unit's launches created it, from 1.
        has_failed: Whether it failed or was cancelled; such a job is not adopted by a later run.
        created_at: Unix time.
        has_succeeded: Whether it has ended well.
        trained_tokens: Tokens it was trained on, as the provider states them: of any type.
        epochs: The number of epochs, as the provider states it.
    """

    job: str
    account: A
    attempt: int
    has_failed: bool
    created_at: float
    has_succeeded: bool = False
    trained_tokens: Any = None
    epochs: Any = None


def choose_job(jobs: Iterable[ExistingJob[A]]) -> ExistingJob[A] | None:
    """The job of a launch to keep where there are several; None where all have failed.

    Every run that sees the same jobs keeps the same one: one that has succeeded, else the oldest.
    """
    return min(
        (job for job in jobs if not job.has_failed),
        key=lambda job: (not job.has_succeeded, job.created_at, job.job),
        default=None,
    )


@attrs.frozen
class LaunchLog:
    """The log of a unit's launches.

    Args:
        path: The log file.
        checkpoint: Saves the log where it survives this machine.
    """

    path: Path
    checkpoint: Callable[[], None] = lambda: None

    def append(self, event: str, **facts: Any) -> None:
        """Append an event with the time and its facts."""
        journal.append_records(self.path, [{"event": event, "at": utc_timestamp(), **facts}])

    def entries(self, *events: str) -> list[dict[str, Any]]:
        """The entries of these events, oldest first.

        Raises:
            CorruptError: The log is damaged. It is never ignored, since a job could be launched
                a second time.
        """
        return [entry for entry in journal.read_records(self.path) if entry["event"] in events]

    def last_entry(self, *events: str) -> dict[str, Any] | None:
        """The newest entry of any of these events."""
        entries = self.entries(*events)
        return entries[-1] if entries else None


def sent_tokens(directory: Path) -> int:
    """Tokens sent for training so far, by a provider that sends a training batch by batch.

    Args:
        directory: The unit's directory; its launch log has an event `sent` for each batch.
    """
    return sum(entry["tokens"] for entry in LaunchLog(directory / LAUNCH_LOG).entries("sent"))


def find_account(fingerprint: str, accounts: Sequence[A]) -> A:
    """The account with this fingerprint.

    Raises:
        ProviderError: No configured key has it.
    """
    for account in accounts:
        if account.fingerprint == fingerprint:
            return account
    raise ProviderError(
        f"this training was launched with the key {fingerprint}…, which is not among those set",
        hint="set that key again; nothing is launched a second time",
    )


def adopt_or_create(
    log: LaunchLog,
    accounts: Sequence[A],
    archived_jobs: Sequence[str],
    find_jobs: Callable[[float | None], Sequence[ExistingJob[A]]],
    create_job: Callable[[int], LaunchedJob[A]],
) -> LaunchedJob[A]:
    """The job of a unit: an existing one, or else a new one.

    Args:
        log: The unit's launch log.
        accounts: The configured accounts.
        archived_jobs: Jobs of this unit that were archived; none of them is adopted.
        find_jobs: Lists the jobs with the unit's key. Its argument is the age in seconds of a
            create that returned no job, which may still appear, so that it should look more than
            once; None if there is no such create.
        create_job: Creates the unit's n-th job, through `create.create_once`.

    Raises:
        ProviderError: The job cannot be looked for, or cannot be created; `RequestRejected` where
            a retry would fail alike.
    """
    entry = log.last_entry(*STATE_EVENTS)
    if entry is not None and entry["event"] == "created":
        return LaunchedJob(entry["job"], find_account(entry["account"], accounts))
    age = None
    if entry is not None and entry["event"] == "intent":
        find_account(entry["account"], accounts)  # without its key, the job could not be found
        age = 0.0
    elif entry is not None and entry["event"] == "rejected":
        age = entry_age(entry)
    try:
        existing_jobs = find_jobs(age)
    except ProviderError as failure:
        if age is None:  # nothing was sent, so a server that cannot be asked is simply refused
            raise
        raise unknown_outcome("a launch returned no job", failure) from None
    candidates = [
        job for job in existing_jobs if not job.has_failed and job.job not in archived_jobs
    ]
    newest = max((job.attempt for job in candidates), default=0)
    job = choose_job(job for job in candidates if job.attempt == newest)
    if job is not None:
        _log.info("adopted the existing job %s of launch %d", job.job, job.attempt)
        return record_adopted(log, job)
    return create_job(max((job.attempt for job in existing_jobs), default=0) + 1)


def entry_age(entry: dict[str, Any]) -> float:
    """Seconds since an entry was written; 0 where clocks disagree."""
    written = datetime.fromisoformat(entry["at"])
    return max((datetime.now(written.tzinfo) - written).total_seconds(), 0.0)


def unknown_outcome(problem: str, failure: MiError) -> ProviderError:
    """The error where a create returned no job and the look for one failed."""
    return ProviderError(
        f"{problem}, and whether the job was created all the same is not known: {failure.message}",
        hint="the same command looks for it again and creates nothing before it could look. If "
        "that keeps failing, look at the provider's own page: cancel the job there if it exists",
    )


def record_adopted(log: LaunchLog, job: ExistingJob[A]) -> LaunchedJob[A]:
    """Log that an existing job is the unit's job from now on."""
    record_created(log, job, found=True)
    return LaunchedJob(job.job, job.account)


def record_created(log: LaunchLog, job: ExistingJob[A], **facts: Any) -> None:
    """Log that the unit's job exists, and save the log where it survives this machine.

    Args:
        log: The unit's launch log.
        job: The job.
        facts: Logged with it.
    """
    log.append(
        "created", job=job.job, account=job.account.fingerprint, attempt=job.attempt, **facts
    )
    log.checkpoint()
