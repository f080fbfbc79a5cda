"""One try to create a job, and the look for it where the response holds no job.

A create must not be made twice, so it is never simply retried: whatever it raised, a job that
carries the unit's key and the number of this launch is the one it made.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import attrs

from ..errors import MiError, ProviderError
from .launch import (
    ExistingJob,
    LaunchedJob,
    LaunchLog,
    Owner,
    choose_job,
    record_created,
    unknown_outcome,
)

_log = logging.getLogger(__name__)
A = TypeVar("A", bound=Owner)


@attrs.frozen(kw_only=True)
class ErrorClassifier:
    """How the errors of a create are read.

    Args:
        is_throttle: Whether the server says that all slots are taken for now.
        is_uncertain: Whether no answer arrived or the server failed, so that another try is in
            order if no job is found.
        to_error: The error as one to show.
    """

    is_throttle: Callable[[Exception], bool]
    is_uncertain: Callable[[Exception], bool]
    to_error: Callable[[Exception], MiError]


class NoFreeSlot(Exception):
    """No job was found, and the server says that all slots are taken."""


class NotCreated(Exception):
    """The response was lost, and no job was found.

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
    find_jobs: Callable[[bool], Sequence[ExistingJob[A]]],
    classifier: ErrorClassifier,
    **facts: Any,
) -> LaunchedJob[A]:
    """Try once to create a job: log the intent, create, log the id.

    Whatever the create raised, a job that carries the key and the number of this launch is its job.

    Args:
        log: The unit's launch log.
        attempt: Number of the launch, from 1.
        account: The account that creates the job.
        create: Creates the job and returns its id, without retries.
        find_jobs: Lists the account's jobs with the unit's key, looking more than once. Its
            argument says whether the caller will create again if there is none, so that it should
            look for as long as a job may take to appear.
        classifier: How errors of `create` are read.
        facts: Logged with the intent.

    Raises:
        NoFreeSlot: No job was found; the caller may try again later.
        NotCreated: The response was lost and no job was found; the caller may try again.
        ProviderError: The provider refused the job, or it cannot be looked for.
    """
    log.append("intent", attempt=attempt, account=account.fingerprint, **facts)
    log.checkpoint()
    try:
        job = create()
    except MiError:  # the user asked to stop: the next run looks for the job, as the intent stands
        raise
    except Exception as error:
        job = _find_created(log, attempt, error, find_jobs, classifier)
    created = ExistingJob(
        job=job, account=account, attempt=attempt, has_failed=False, created_at=0.0
    )
    record_created(log, created)
    return LaunchedJob(job, account)


def _find_created(
    log: LaunchLog,
    attempt: int,
    error: Exception,
    find_jobs: Callable[[bool], Sequence[ExistingJob[A]]],
    classifier: ErrorClassifier,
) -> str:
    """The id of the job that a create made although it raised `error`; see `create_once`."""
    is_throttle = classifier.is_throttle(error)
    may_repeat = is_throttle or classifier.is_uncertain(error)
    try:
        matches = [job for job in find_jobs(may_repeat) if job.attempt == attempt]
    except ProviderError as failure:
        raise unknown_outcome(classifier.to_error(error).message, failure) from None
    job = choose_job(matches) or next(iter(matches), None)
    if job is not None:
        _log.info("the create raised %s and made the job %s", type(error).__name__, job.job)
        return job.job
    if is_throttle:
        log.append("rejected", reason="limit")
        raise NoFreeSlot from None
    if not may_repeat:
        log.append("rejected", reason="refused")
        raise classifier.to_error(error) from None
    log.append("rejected", reason="not there")
    raise NotCreated(classifier.to_error(error)) from None
