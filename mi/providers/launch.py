"""Launching a training exactly once, whoever trains.

The order is: look for a job with the unit's key, write down the intent, create, write down the id.
Whatever is lost in between (the answer, this process, this machine's files) the job is found again
by the key that it carries; only when there is none is one created. A create is never retried
blindly: it is not safe to make twice. Where other machines could go on with the unit, they know of
the intent before anything is created.

The log `launch.jsonl` has a line for each event: `intent`, `rejected` (surely not created),
`created` (with the job's id), `ended`, and what a provider notes besides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import attrs

from ..errors import MiError, ProviderError
from ..files import journal
from ..store.provenance import utc_timestamp

LAUNCH_LOG = "launch.jsonl"
UNIT_METADATA = "mi_unit"
ATTEMPT_METADATA = "mi_attempt"
STATE_EVENTS = ("intent", "rejected", "created", "ended")
"""The events that say how a launch stands."""


class Owner(Protocol):
    """An account: a key at a server, known in files by its fingerprint."""

    @property
    def fingerprint(self) -> str: ...


A = TypeVar("A", bound=Owner)


@attrs.frozen
class LaunchedJob(Generic[A]):
    """A job and the account it belongs to."""

    job: str
    account: A


@attrs.frozen(kw_only=True)
class ExistingJob(Generic[A]):
    """A job at a provider that carries a unit's key.

    Args:
        attempt: Which of the unit's launches it came from, counted from 1.
        over: It has failed or was cancelled: it is not taken up again.
        created: Unix time.
    """

    job: str
    account: A
    attempt: int
    has_failed: bool
    created_at: float


@attrs.frozen
class LaunchLog:
    """What is known here of a unit's launches.

    Args:
        keep: Has what was written down outlive this machine.
    """

    path: Path
    checkpoint: Callable[[], None] = lambda: None

    def append(self, event: str, **facts: Any) -> None:
        journal.append_records(self.path, [{"event": event, "at": utc_timestamp(), **facts}])

    def entries(self, *events: str) -> list[dict[str, Any]]:
        """The lines of these events, oldest first.

        Raises:
            CorruptError: The log is damaged: nothing is launched on a guess.
        """
        return [line for line in journal.read_records(self.path) if line["event"] in events]

    def last_entry(self, *events: str) -> dict[str, Any] | None:
        """The newest line of one of these events."""
        entries = self.entries(*events)
        return entries[-1] if entries else None


def sent_tokens(directory: Path) -> int:
    """Tokens that were sent to be trained on, where a training is driven batch by batch.

    Args:
        folder: The unit's folder; its log has a line `sent` for each batch.
    """
    return sum(line["tokens"] for line in LaunchLog(directory / LAUNCH_LOG).entries("sent"))


def find_account(fingerprint: str, accounts: Sequence[A]) -> A:
    """The account with this fingerprint.

    Raises:
        ProviderError: Its key is not set.
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
    """The job of a unit: the one that is there, or a new one.

    Args:
        earlier: Jobs of this unit that were put aside: they are not taken up.
        find: Lists the jobs with the unit's key, the newest first; it is told whether one may be
            on its way, so that it looks more than once.
        create: Creates the unit's n-th job, by `once`.

    Raises:
        ProviderError: It cannot be created; `Refused` where asking again would not help.
    """
    entry = log.last_entry(*STATE_EVENTS)
    if entry is not None and entry["event"] == "created":
        return LaunchedJob(entry["job"], find_account(entry["account"], accounts))
    is_uncertain = entry is not None and entry["event"] == "intent"
    if is_uncertain and entry is not None:
        find_account(entry["account"], accounts)  # its key must be here: the job may be there
    existing_jobs = find_jobs(is_uncertain)
    for job in existing_jobs:
        if not job.has_failed and job.job not in archived_jobs:
            _record_created(log, job, found=True)
            return LaunchedJob(job.job, job.account)
    return create_job(max((job.attempt for job in existing_jobs), default=0) + 1)


@attrs.frozen(kw_only=True)
class ErrorClassifier:
    """How an error of a create is read.

    Args:
        is_throttle: Nothing was created, for the moment there is no room.
        is_unsure: It may have been created.
        told: The error as a sentence.
    """

    is_throttle: Callable[[Exception], bool]
    is_uncertain: Callable[[Exception], bool]
    to_error: Callable[[Exception], MiError]


class NoFreeSlot(Exception):
    """Nothing was created: there was no room."""


class NotCreated(Exception):
    """The answer was lost, and nothing was created.

    Args:
        error: What a caller raises when it has tried often enough.
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
    """One try to create a job: the intent, the create, the record.

    Args:
        make: Creates the job and gives its id; it does not retry.
        find: Lists the account's jobs with the unit's key, looking more than once.
        facts: Written down with the intent.

    Raises:
        NotNow, NotThere: Surely nothing was created; the caller may try again.
        ProviderError: It was refused.
    """
    log.append("intent", attempt=attempt, account=account.fingerprint, **facts)
    log.checkpoint()
    try:
        job = create()
    except MiError:  # asked to stop: the intent stands, and the job is looked for the next time
        raise
    except Exception as error:
        if classifier.is_throttle(error):
            log.append("rejected", reason="limit")
            raise NoFreeSlot from None
        if not classifier.is_uncertain(error):
            log.append("rejected", reason="refused")
            raise classifier.to_error(error) from None
        matches = [found for found in find_jobs() if found.attempt == attempt]
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
