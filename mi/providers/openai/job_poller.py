"""Following many jobs with few calls.

All jobs of an account are read with one list call, which every waiting training shares. Looks come
further apart while nothing changes, with a little chance in it, so that two runs do not knock at
the same moment.
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

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

ACTIVE = ("validating_files", "queued", "running")
MAX_INTERVAL_FACTOR = 12
"""How much longer than at first a pause between looks becomes, at most."""


@attrs.define
class _Snapshot:
    """An account's jobs when last looked at."""

    lock: threading.Lock = attrs.field(factory=threading.Lock)
    checked_at: float = float("-inf")
    interval: float = 0.0
    jobs: dict[str, FineTuningJob] = attrs.field(factory=dict)


@attrs.define
class JobPoller:
    """Shared by all trainings of a run.

    Args:
        interval: Seconds between two looks at first.
    """

    interval: float
    _snapshots: dict[str, _Snapshot] = attrs.field(factory=dict)
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def job(self, account: Account, id: str, monitor: Monitor, *, tries: int = 12) -> FineTuningJob:
        """The job as it stands, not older than the present interval."""
        seen = self._refresh(account, monitor, tries)
        found = seen.jobs.get(id)
        if found is None:
            found = retry_api_call(
                lambda: account.client.fine_tuning.jobs.retrieve(id),
                monitor,
                (account,),
                f"looking at {id}",
                tries=tries,
            )
            with seen.lock:
                seen.jobs.setdefault(id, found)
        return found

    def wait(self, account: Account, monitor: Monitor) -> None:
        """Wait until the next look is due."""
        seen = self._snapshot(account)
        sleep(max(seen.checked_at + seen.interval - time.monotonic(), 0.02), monitor)

    def sort_by_load(self, accounts: Sequence[Account], monitor: Monitor) -> list[Account]:
        """The accounts, the one with the fewest active jobs first."""
        if len(accounts) == 1:
            return list(accounts)
        loads = {
            account.fingerprint: sum(
                job.status in ACTIVE for job in self._refresh(account, monitor).jobs.values()
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
        seen = self._snapshot(account)
        with seen.lock:
            if time.monotonic() - seen.checked_at < seen.interval:
                return seen
            listed = retry_api_call(
                lambda: account.client.fine_tuning.jobs.list(limit=100).data,
                monitor,
                (account,),
                "listing trainings",
                tries=tries,
            )
            before = {id: job.status for id, job in seen.jobs.items()}
            now = {job.id: job for job in listed}
            changed = any(before.get(id) != job.status for id, job in now.items())
            slower = min(seen.interval * 1.3, self.interval * MAX_INTERVAL_FACTOR)
            seen.interval = (self.interval if changed else slower) * random.uniform(0.9, 1.1)
            # A job beyond the first page keeps what was last seen only if it was over then.
            kept = {id: job for id, job in seen.jobs.items() if job.status not in ACTIVE}
            seen.jobs, seen.checked_at = {**kept, **now}, time.monotonic()
            return seen
