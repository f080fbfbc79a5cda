"""Launching a training exactly once, at any provider.

The order is: look for a job with the unit's key, log the intent, create, log the id. Whatever is
lost in between (the response, this process, this machine's files), the job carries the unit's key
and is found by it; a job is created only if there is none. A create is never retried blindly,
because it is not safe to make twice. Where another machine could take over the unit, the intent is
saved where that machine sees it, before anything is created.

The log `launch.jsonl` has a line for each event: `intent`, `rejected` (certainly not created),
`created` (with the job's id), `ended`, and the provider's own events.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
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
        has_failed: Whether it failed or was cancelled; such a job is never adopted.
        created_at: Unix time.
    """

    job: str
    account: A
    attempt: int
    has_failed: bool
    created_at: float


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
    find_jobs: Callable[[bool], Sequence[ExistingJob[A]]],
    create_job: Callable[[int], LaunchedJob[A]],
) -> LaunchedJob[A]:
    """The job of a unit: an existing one, or else a new one.

    Args:
        log: The unit's launch log.
        accounts: The configured accounts.
        archived_jobs: Jobs of this unit that were archived; none of them is adopted.
        find_jobs: Lists the jobs with the unit's key, newest first. Its argument says whether a
            create is still unconfirmed, so that it should look more than once.
        create_job: Creates the unit's n-th job, through `create_once`.

    Raises:
        ProviderError: The job cannot be created; `RequestRejected` where a retry would fail alike.
    """
    entry = log.last_entry(*STATE_EVENTS)
    if entry is not None and entry["event"] == "created":
        return LaunchedJob(entry["job"], find_account(entry["account"], accounts))
    is_uncertain = entry is not None and entry["event"] == "intent"
    if is_uncertain and entry is not None:
        find_account(entry["account"], accounts)  # without its key, the job could not be found
    existing_jobs = find_jobs(is_uncertain)
    for job in existing_jobs:
        if not job.has_failed and job.job not in archived_jobs:
            _log.info("adopted the existing job %s of launch %d", job.job, job.attempt)
            _record_created(log, job, found=True)
            return LaunchedJob(job.job, job.account)
    return create_job(max((job.attempt for job in existing_jobs), default=0) + 1)


@attrs.frozen(kw_only=True)
class ErrorClassifier:
    """How the errors of a create are read.

    Args:
        is_throttle: Whether nothing was created because all slots are taken for now.
        is_uncertain: Whether the job may have been created.
        to_error: The error as one to show.
    """

    is_throttle: Callable[[Exception], bool]
    is_uncertain: Callable[[Exception], bool]
    to_error: Callable[[Exception], MiError]


class NoFreeSlot(Exception):
    """Nothing was created: all slots are taken."""


class NotCreated(Exception):
    """The response was lost, and nothing was created.

    Args:
        error: What the caller raises once it gives up.
    """

    def __init__(self, error: MiError) -> None:
        self.error = error
        super().__init__(str(error))


def create_once(
    log: LaunchLog,
    attempt: int,
    account: A,
    create: Callable[[], str],
    find_jobs: Callable[[], Sequence[ExistingJob[A]]],
    classifier: ErrorClassifier,
    **facts: Any,
) -> LaunchedJob[A]:
    """Try once to create a job: log the intent, create, log the id.

    Args:
        log: The unit's launch log.
        attempt: Number of the launch, from 1.
        account: The account that creates the job.
        create: Creates the job and returns its id, without retries.
        find_jobs: Lists the account's jobs with the unit's key, looking more than once.
        classifier: How errors of `create` are read.
        facts: Logged with the intent.

    Raises:
        NoFreeSlot: Nothing was created; the caller may try again later.
        NotCreated: The response was lost and nothing was created; the caller may try again.
        ProviderError: The provider refused the job.
    """
    log.append("intent", attempt=attempt, account=account.fingerprint, **facts)
    log.checkpoint()
    try:
        job = create()
    except MiError:  # the user asked to stop: the next run looks for the job, as the intent stands
        raise
    except Exception as error:
        if classifier.is_throttle(error):
            log.append("rejected", reason="limit")
            raise NoFreeSlot from None
        if not classifier.is_uncertain(error):
            log.append("rejected", reason="refused")
            raise classifier.to_error(error) from None
        matches = [existing for existing in find_jobs() if existing.attempt == attempt]
        if not matches:
            log.append("rejected", reason="not there")
            raise NotCreated(classifier.to_error(error)) from None
        job = matches[0].job
    created = ExistingJob(
        job=job, account=account, attempt=attempt, has_failed=False, created_at=0.0
    )
    _record_created(log, created)
    return LaunchedJob(job, account)


def _record_created(log: LaunchLog, job: ExistingJob[A], **facts: Any) -> None:
    log.append(
        "created", job=job.job, account=job.account.fingerprint, attempt=job.attempt, **facts
    )
    log.checkpoint()
