"""Launching a fine-tuning job exactly once: the shared order, in this API's words.

The unit's key is in the job's metadata, and a job is found by it. A create goes to the account with
the most free slots; where all are taken it waits.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import launch as shared
from ..launch import ATTEMPT, UNIT, Found, Launched, Log, NotNow, NotThere, Reading
from ..retry import pause
from ..types import TrainJob, Watch
from . import files
from .accounts import Account
from .errors import is_broken, is_lost, is_throttle, patiently, told
from .job_poller import SLOWEST, Follower

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

OVER = ("failed", "cancelled")
_LOOKS = (0.1, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0)
"""When to look for a job whose creation was lost, in polling intervals: a minute in all."""
_LOST = 3
"""Creates whose answer was lost, and that were not made, after which it is given up."""


def launch(
    job: TrainJob, log: Log, accounts: Sequence[Account], follower: Follower, watch: Watch
) -> Launched[Account]:
    """The job of a unit: the one that is there, or a new one.

    Raises:
        ProviderError: It cannot be created; `Refused` where asking again would not help.
    """
    return shared.launch(
        log,
        accounts,
        job.earlier,
        lambda unsure: find(job.key, accounts, watch, looks=_looks(follower) if unsure else ()),
        lambda attempt: _create(job, attempt, log, accounts, follower, watch),
    )


def find(
    key: str, accounts: Sequence[Account], watch: Watch, *, looks: Sequence[float] = ()
) -> list[Found[Account]]:
    """Jobs with this key, the newest first; looks again after pauses while there is none."""
    for wait in (0.0, *looks):
        pause(wait, watch)
        found = [
            one
            for account in accounts
            for one in patiently(
                lambda account=account: _listed(account, key),  # type: ignore[misc]
                watch,
                accounts,
                "looking for the job",
            )
        ]
        if found:
            return sorted(found, key=lambda one: one.created, reverse=True)
    return []


def _listed(account: Account, key: str) -> list[Found[Account]]:
    """The filter is the server's; not every server has it, so each job is looked at too."""
    listed = account.client.fine_tuning.jobs.list(limit=100, metadata={UNIT: key})
    return [_found(job, account) for job in listed if (job.metadata or {}).get(UNIT) == key]


def _found(job: FineTuningJob, account: Account) -> Found[Account]:
    return Found(
        job=job.id,
        account=account,
        attempt=int((job.metadata or {}).get(ATTEMPT, "1")),
        over=job.status in OVER,
        created=job.created_at,
    )


def _looks(follower: Follower) -> list[float]:
    return [look * follower.interval for look in _LOOKS]


def _create(
    job: TrainJob,
    attempt: int,
    log: Log,
    accounts: Sequence[Account],
    follower: Follower,
    watch: Watch,
) -> Launched[Account]:
    """Create the job on the first account with a free slot; waits for one."""
    lost, wait = 0, follower.interval
    sent: dict[str, str] = {}
    while True:
        for account in follower.by_load(accounts, watch):
            if account.fingerprint not in sent:
                sent[account.fingerprint] = files.upload(account, job.file, "fine-tune", watch)
            watch.check()
            file = sent[account.fingerprint]
            try:
                made = _once(job, attempt, log, account, file, follower, watch)
                if lost:
                    _end_twins(job, attempt, made, accounts, watch)
                return made
            except NotNow:
                continue
            except NotThere as nothing:
                lost += 1
                if lost > _LOST:
                    raise nothing.error from None
                break
        else:
            if wait == follower.interval:
                watch.note(
                    f"{job.title}: every slot for trainings is taken; waiting for a free one"
                )
            pause(wait * random.uniform(1.0, 1.5), watch)
            wait = min(wait * 1.5, follower.interval * SLOWEST)


def _end_twins(
    job: TrainJob,
    attempt: int,
    made: Launched[Account],
    accounts: Sequence[Account],
    watch: Watch,
) -> None:
    """Cancel jobs of this very launch that came after all, when they were given up for lost."""
    for one in find(job.key, accounts, watch):
        if one.attempt == attempt and one.job != made.job and not one.over:
            watch.note(f"{job.title}: {one.job} came late and was not needed; it is cancelled")
            patiently(
                lambda one=one: one.account.client.fine_tuning.jobs.cancel(one.job),  # type: ignore[misc]
                watch,
                accounts,
                "cancelling a job that is not needed",
            )


def _once(
    job: TrainJob,
    attempt: int,
    log: Log,
    account: Account,
    file: str,
    follower: Follower,
    watch: Watch,
) -> Launched[Account]:
    jobs = account.client.with_options(max_retries=0).fine_tuning.jobs
    reading = Reading(
        is_throttle=is_throttle,
        is_unsure=lambda error: is_lost(error) or is_broken(error),
        told=lambda error: told(error, (account,), f"creating the training {job.title}"),
    )
    return shared.once(
        log,
        attempt,
        account,
        lambda: jobs.create(**_request(job, file, attempt)).id,
        lambda: find(job.key, (account,), watch, looks=_looks(follower)),
        reading,
        file=file,
    )


def _request(job: TrainJob, file: str, attempt: int) -> dict[str, Any]:
    return {
        "model": job.model.name,
        "training_file": file,
        "method": job.hyperparameters.method(),
        "seed": job.seed,
        "suffix": suffix(job),
        "metadata": {UNIT: job.key, ATTEMPT: str(attempt)},
    }


def suffix(job: TrainJob) -> str:
    """What a trained model's name ends in, for people: at most 64 letters, digits and dashes."""
    plain = "".join(sign if sign.isalnum() else "-" for sign in f"{job.title}-{job.key[6:14]}")
    return "-".join(part for part in plain.lower().split("-") if part)[:64].strip("-")
