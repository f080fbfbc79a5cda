"""Launching a training exactly once.

The order is: look for a job with the unit's key, write down the intent, create, write down the id.
Whatever is lost in between (the answer, this process, this machine's files) the job is found again
by the key in its metadata; only when there is none is one created. A create is never retried
blindly: it is not safe to make twice.

The log `launch.jsonl` has a line for each event: `intent`, `rejected` (surely not created),
`created` (with the job's id), `status`, `ended`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from ... import journal
from ...errors import ProviderError
from ...provenance import now
from ..base import TrainJob, Watch
from . import files
from .accounts import Account
from .follow import SLOWEST, Follower
from .trouble import is_broken, is_lost, is_throttle, patiently, pause, told

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

LOG = "launch.jsonl"
UNIT = "mi_unit"
ATTEMPT = "mi_attempt"
OVER = ("failed", "cancelled")
_LOOKS = (0.1, 0.3, 0.5, 1.0, 1.6)
"""When to look for a job whose creation was lost, in polling intervals: half a minute in all."""


@attrs.frozen
class Launched:
    """A job and the account it belongs to."""

    job: str
    account: Account


@attrs.frozen
class Log:
    """What is known here of a unit's launches."""

    path: Path

    def add(self, event: str, **facts: Any) -> None:
        journal.append(self.path, [{"event": event, "at": now(), **facts}])

    def last(self, *events: str) -> dict[str, Any] | None:
        """The newest line of one of these events.

        Raises:
            CorruptError: The log is damaged: nothing is launched on a guess.
        """
        found = [line for line in journal.read(self.path) if line["event"] in events]
        return found[-1] if found else None


def launch(
    job: TrainJob, folder: Path, accounts: Sequence[Account], follower: Follower, watch: Watch
) -> Launched:
    """The job of a unit: the one that is there, or a new one.

    Raises:
        ProviderError: It cannot be created; `Refused` where asking again would not help.
    """
    log = Log(folder / LOG)
    line = log.last("intent", "rejected", "created", "ended")
    if line is not None and line["event"] == "created":
        return Launched(line["job"], owner(line["account"], accounts))
    unsure = line is not None and line["event"] == "intent"
    if unsure and line is not None:
        owner(line["account"], accounts)  # its key must be here: the job may be there
    there = find(job.key, accounts, watch, looks=_looks(follower) if unsure else ())
    for found in there:
        if found.job.status not in OVER and found.job.id not in job.earlier:
            log.add("created", job=found.job.id, account=found.account.fingerprint, found=True)
            return Launched(found.job.id, found.account)
    attempt = max((found.attempt for found in there), default=0) + 1
    return _create(job, attempt, log, accounts, follower, watch)


@attrs.frozen
class Found:
    """A job that carries a unit's key."""

    job: FineTuningJob
    account: Account
    attempt: int


def find(
    key: str, accounts: Sequence[Account], watch: Watch, *, looks: Sequence[float] = ()
) -> list[Found]:
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
            return sorted(found, key=lambda one: one.job.created_at, reverse=True)
    return []


def _listed(account: Account, key: str) -> list[Found]:
    """The filter is the server's; not every server has it, so each job is looked at too."""
    found = []
    for job in account.client.fine_tuning.jobs.list(limit=100, metadata={UNIT: key}):
        metadata = job.metadata or {}
        if metadata.get(UNIT) == key:
            found.append(Found(job, account, int(metadata.get(ATTEMPT, "1"))))
    return found


def _looks(follower: Follower) -> list[float]:
    return [look * follower.interval for look in _LOOKS]


def owner(fingerprint: str, accounts: Sequence[Account]) -> Account:
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


def _create(
    job: TrainJob,
    attempt: int,
    log: Log,
    accounts: Sequence[Account],
    follower: Follower,
    watch: Watch,
) -> Launched:
    """Create the job on the first account with a free slot; waits for one."""
    said, doing = False, f"creating the training {job.title}"
    lost, wait = 0, follower.interval
    sent: dict[str, str] = {}
    while True:
        for account in follower.by_load(accounts, watch):
            if account.fingerprint not in sent:
                sent[account.fingerprint] = files.upload(account, job.file, "fine-tune", watch)
            file = sent[account.fingerprint]
            watch.check()
            log.add("intent", attempt=attempt, account=account.fingerprint, file=file)
            try:
                made = account.client.with_options(max_retries=0).fine_tuning.jobs.create(
                    **_request(job, file, attempt)
                )
            except Exception as error:
                if is_throttle(error):
                    log.add("rejected", reason="limit")
                    continue
                if not (is_lost(error) or is_broken(error)):
                    log.add("rejected", reason="refused")
                    raise told(error, accounts, doing) from None
                lost += 1
                again = find(job.key, (account,), watch, looks=_looks(follower))
                again = [one for one in again if one.attempt == attempt]
                if not again:
                    if lost > 3:
                        raise told(error, accounts, doing) from None
                    log.add("rejected", reason="not there")
                    break
                made = again[0].job
            log.add("created", job=made.id, account=account.fingerprint, attempt=attempt)
            return Launched(made.id, account)
        else:
            if not said:
                watch.note(
                    f"{job.title}: every slot for trainings is taken; waiting for a free one"
                )
                said = True
            pause(wait * random.uniform(1.0, 1.5), watch)
            wait = min(wait * 1.5, follower.interval * SLOWEST)


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
