"""Polls many fine-tuning jobs with few calls.

All jobs of an account are read with one list call, which all waiting trainings share. The interval
between polls grows while nothing changes, with a little jitter, so that two runs do not poll in
step.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from ..retry import sleep
from ..types import Monitor
from .accounts import Account
from .errors import retry_api_call
from .find import ENDED_STATES

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

MAX_INTERVAL_FACTOR = 12
"""The longest interval between polls, as a multiple of the first."""


@attrs.define
class _Snapshot:
    """An account's jobs at the last poll.

    Args:
        lock: Held during a poll, so that concurrent callers share one.
        checked_at: When the poll ended (monotonic clock).
        interval: Seconds until the next one.
        jobs: By id.
    """

    lock: threading.Lock = attrs.field(factory=threading.Lock)
    checked_at: float = float("-inf")
    interval: float = 0.0
    jobs: dict[str, FineTuningJob] = attrs.field(factory=dict)


@attrs.define
class JobPoller:
    """Shared by all trainings of a run.

    Args:
        interval: Seconds between two polls, at first.
    """

    interval: float
    _snapshots: dict[str, _Snapshot] = attrs.field(factory=dict)
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def job(self, account: Account, id: str, monitor: Monitor, *, tries: int = 12) -> FineTuningJob:
        """A job, as of a poll no older than the present interval.

        Args:
            account: The account that owns the job.
            id: The job's id.
            monitor: Raises when the run must stop.
            tries: The most attempts of a call.

        Raises:
            ProviderError: The job cannot be read.
        """
        snapshot = self._refresh(account, monitor, tries)
        job = snapshot.jobs.get(id)
        if job is None:
            job = retry_api_call(
                lambda: account.client.fine_tuning.jobs.retrieve(id),
                monitor,
                (account,),
                f"looking at {id}",
                tries=tries,
            )
            with snapshot.lock:
                snapshot.jobs.setdefault(id, job)
        return job

    def wait(self, account: Account, monitor: Monitor) -> None:
        """Wait until the account's next poll is due."""
        snapshot = self._snapshot(account)
        due = snapshot.checked_at + snapshot.interval
        sleep(max(due - time.monotonic(), 0.02), monitor)

    def sort_by_load(self, accounts: Sequence[Account], monitor: Monitor) -> list[Account]:
        """The accounts, the one with the fewest active jobs first."""
        if len(accounts) == 1:
            return list(accounts)
        loads = {
            account.fingerprint: sum(
                job.status not in ENDED_STATES
                for job in self._refresh(account, monitor).jobs.values()
            )
            for account in accounts
        }
        return sorted(accounts, key=lambda account: loads[account.fingerprint])

    def _snapshot(self, account: Account) -> _Snapshot:
        with self._lock:
            return self._snapshots.setdefault(
                account.fingerprint, _Snapshot(interval=self.interval)
            )

    def _refresh(self, account: Account, monitor: Monitor, tries: int = 12) -> _Snapshot:
        """The account's snapshot, polled again once its interval has passed."""
        snapshot = self._snapshot(account)
        with snapshot.lock:
            if time.monotonic() - snapshot.checked_at < snapshot.interval:
                return snapshot
            jobs = retry_api_call(
                lambda: account.client.fine_tuning.jobs.list(limit=100).data,
                monitor,
                (account,),
                "listing trainings",
                tries=tries,
            )
            previous = snapshot.jobs
            current = {job.id: job for job in jobs}
            has_changed = any(
                id not in previous or previous[id].status != job.status
                for id, job in current.items()
            )
            longer = min(snapshot.interval * 1.3, self.interval * MAX_INTERVAL_FACTOR)
            interval = self.interval if has_changed else longer
            snapshot.interval = interval * random.uniform(0.9, 1.1)
            # A job beyond the first page is known from an earlier poll only if it had ended then.
            ended = {id: job for id, job in previous.items() if job.status in ENDED_STATES}
            snapshot.jobs, snapshot.checked_at = {**ended, **current}, time.monotonic()
            return snapshot
