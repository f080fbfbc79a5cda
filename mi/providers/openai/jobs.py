"""Jobs and batches of units under way: how they stand, and ending them.

A job whose creation was not written down, because the run died just then, is found by its unit's
key, as launching it would find it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import ProviderError
from ..launch import LOG, STATES, Launched, Log, owner
from ..types import Remote, Watch
from . import batches
from .accounts import Account
from .errors import patiently
from .job_poller import ACTIVE, Follower
from .launch import find

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

_TRIES = 3


def remote(
    folder: Path, accounts: Sequence[Account], follower: Follower, watch: Watch
) -> Remote | None:
    """The job, or else the batch, of the unit worked on in `folder`; None where there is none."""
    launched = _launched(folder, accounts, watch)
    if launched is not None:
        return _seen(follower.job(launched.account, launched.job, watch, tries=_TRIES))
    found = [one for log in _logs(folder) for one in batches.remote(accounts, log, watch)]
    return found[-1] if found else None


def cancel(folder: Path, accounts: Sequence[Account], watch: Watch) -> Remote | None:
    """Cancel the unit's job and its batches; one that is over stays as it is."""
    cancelled = [one for log in _logs(folder) for one in batches.cancel(accounts, log, watch)]
    launched = _launched(folder, accounts, watch)
    if launched is None:
        return cancelled[-1] if cancelled else None
    job = _looked(launched, watch)
    if job.status in ACTIVE:
        jobs, id = launched.account.client.fine_tuning.jobs, launched.job
        try:
            job = patiently(lambda: jobs.cancel(id), watch, accounts, f"cancelling {id}")
        except ProviderError:
            job = _looked(launched, watch)  # it may have ended just now
            if job.status in ACTIVE:
                raise
    if job.status == "cancelled":
        Log(folder / LOG).add("ended", job=job.id, status=job.status, by="user")
    return _seen(job)


def _launched(folder: Path, accounts: Sequence[Account], watch: Watch) -> Launched[Account] | None:
    line = Log(folder / LOG).last(*STATES)
    if line is None or line["event"] in ("rejected", "ended"):
        return None
    account = owner(line["account"], accounts)
    if line["event"] == "created":
        return Launched(line["job"], account)
    there = find(folder.name, (account,), watch)
    return Launched(there[0].job, account) if there else None


def _looked(launched: Launched[Account], watch: Watch) -> FineTuningJob:
    jobs, id = launched.account.client.fine_tuning.jobs, launched.job
    return patiently(lambda: jobs.retrieve(id), watch, (launched.account,), f"looking at {id}")


def _logs(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*/{batches.LOG}"))


def _seen(job: FineTuningJob) -> Remote:
    return Remote(
        job=job.id,
        status=job.status,
        over=job.status not in ACTIVE,
        created=job.created_at,
        finish=job.estimated_finish or None,
    )
