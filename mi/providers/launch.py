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
from ..store.provenance import now

LOG = "launch.jsonl"
UNIT = "mi_unit"
ATTEMPT = "mi_attempt"
STATES = ("intent", "rejected", "created", "ended")
"""The events that say how a launch stands."""


class Owner(Protocol):
    """An account: a key at a server, known in files by its fingerprint."""

    @property
    def fingerprint(self) -> str: ...


A = TypeVar("A", bound=Owner)


@attrs.frozen
class Launched(Generic[A]):
    """A job and the account it belongs to."""

    job: str
    account: A


@attrs.frozen(kw_only=True)
class Found(Generic[A]):
    """A job at a provider that carries a unit's key.

    Args:
        attempt: Which of the unit's launches it came from, counted from 1.
        over: It has failed or was cancelled: it is not taken up again.
        created: Unix time.
    """

    job: str
    account: A
    attempt: int
    over: bool
    created: float


@attrs.frozen
class Log:
    """What is known here of a unit's launches.

    Args:
        keep: Has what was written down outlive this machine.
    """

    path: Path
    keep: Callable[[], None] = lambda: None

    def add(self, event: str, **facts: Any) -> None:
        journal.append(self.path, [{"event": event, "at": now(), **facts}])

    def lines(self, *events: str) -> list[dict[str, Any]]:
        """The lines of these events, oldest first.

        Raises:
            CorruptError: The log is damaged: nothing is launched on a guess.
        """
        return [line for line in journal.read(self.path) if line["event"] in events]

    def last(self, *events: str) -> dict[str, Any] | None:
        """The newest line of one of these events."""
        found = self.lines(*events)
        return found[-1] if found else None


def handed(folder: Path) -> int:
    """Tokens that were sent to be trained on, where a training is driven batch by batch.

    Args:
        folder: The unit's folder; its log has a line `sent` for each batch.
    """
    return sum(line["tokens"] for line in Log(folder / LOG).lines("sent"))


def owner(fingerprint: str, accounts: Sequence[A]) -> A:
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


def launch(
    log: Log,
    accounts: Sequence[A],
    earlier: Sequence[str],
    find: Callable[[bool], Sequence[Found[A]]],
    create: Callable[[int], Launched[A]],
) -> Launched[A]:
    """The job of a unit: the one that is there, or a new one.

    Args:
        earlier: Jobs of this unit that were put aside: they are not taken up.
        find: Lists the jobs with the unit's key, the newest first; it is told whether one may be
            on its way, so that it looks more than once.
        create: Creates the unit's n-th job, by `once`.

    Raises:
        ProviderError: It cannot be created; `Refused` where asking again would not help.
    """
    line = log.last(*STATES)
    if line is not None and line["event"] == "created":
        return Launched(line["job"], owner(line["account"], accounts))
    unsure = line is not None and line["event"] == "intent"
    if unsure and line is not None:
        owner(line["account"], accounts)  # its key must be here: the job may be there
    there = find(unsure)
    for found in there:
        if not found.over and found.job not in earlier:
            _created(log, found, found=True)
            return Launched(found.job, found.account)
    return create(max((found.attempt for found in there), default=0) + 1)


@attrs.frozen(kw_only=True)
class Reading:
    """How an error of a create is read.

    Args:
        is_throttle: Nothing was created, for the moment there is no room.
        is_unsure: It may have been created.
        told: The error as a sentence.
    """

    is_throttle: Callable[[Exception], bool]
    is_unsure: Callable[[Exception], bool]
    told: Callable[[Exception], MiError]


class NotNow(Exception):
    """Nothing was created: there was no room."""


class NotThere(Exception):
    """The answer was lost, and nothing was created.

    Args:
        error: What a caller raises when it has tried often enough.
    """

    def __init__(self, error: MiError) -> None:
        self.error = error
        super().__init__(str(error))


def once(
    log: Log,
    attempt: int,
    account: A,
    make: Callable[[], str],
    find: Callable[[], Sequence[Found[A]]],
    reading: Reading,
    **facts: Any,
) -> Launched[A]:
    """One try to create a job: the intent, the create, the record.

    Args:
        make: Creates the job and gives its id; it does not retry.
        find: Lists the account's jobs with the unit's key, looking more than once.
        facts: Written down with the intent.

    Raises:
        NotNow, NotThere: Surely nothing was created; the caller may try again.
        ProviderError: It was refused.
    """
    log.add("intent", attempt=attempt, account=account.fingerprint, **facts)
    log.keep()
    try:
        job = make()
    except MiError:  # asked to stop: the intent stands, and the job is looked for the next time
        raise
    except Exception as error:
        if reading.is_throttle(error):
            log.add("rejected", reason="limit")
            raise NotNow from None
        if not reading.is_unsure(error):
            log.add("rejected", reason="refused")
            raise reading.told(error) from None
        again = [found for found in find() if found.attempt == attempt]
        if not again:
            log.add("rejected", reason="not there")
            raise NotThere(reading.told(error)) from None
        job = again[0].job
    made = Found(job=job, account=account, attempt=attempt, over=False, created=0.0)
    _created(log, made)
    return Launched(job, account)


def _created(log: Log, job: Found[A], **facts: Any) -> None:
    log.add("created", job=job.job, account=job.account.fingerprint, attempt=job.attempt, **facts)
    log.keep()
