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

from ..retry import pause
from ..types import Watch
from .accounts import Account
from .errors import patiently

if TYPE_CHECKING:
    from openai.types.fine_tuning import FineTuningJob

ACTIVE = ("validating_files", "queued", "running")
SLOWEST = 12
"""How much longer than at first a pause between looks becomes, at most."""


@attrs.define
class _Seen:
    """An account's jobs when last looked at."""

    lock: threading.Lock = attrs.field(factory=threading.Lock)
    at: float = float("-inf")
    wait: float = 0.0
    jobs: dict[str, FineTuningJob] = attrs.field(factory=dict)


@attrs.define
class Follower:
    """Shared by all trainings of a run.

    Args:
        interval: Seconds between two looks at first.
    """

    interval: float
    _seen: dict[str, _Seen] = attrs.field(factory=dict)
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def job(self, account: Account, id: str, watch: Watch, *, tries: int = 12) -> FineTuningJob:
        """The job as it stands, not older than the present interval."""
        seen = self._look(account, watch, tries)
        found = seen.jobs.get(id)
        if found is None:
            found = patiently(
                lambda: account.client.fine_tuning.jobs.retrieve(id),
                watch,
                (account,),
                f"looking at {id}",
                tries=tries,
            )
            with seen.lock:
                seen.jobs.setdefault(id, found)
        return found

    def wait(self, account: Account, watch: Watch) -> None:
        """Wait until the next look is due."""
        seen = self._of(account)
        pause(max(seen.at + seen.wait - time.monotonic(), 0.02), watch)

    def by_load(self, accounts: Sequence[Account], watch: Watch) -> list[Account]:
        """The accounts, the one with the fewest active jobs first."""
        if len(accounts) == 1:
            return list(accounts)
        loads = {
            account.fingerprint: sum(
                job.status in ACTIVE for job in self._look(account, watch).jobs.values()
            )
            for account in accounts
        }
        return sorted(accounts, key=lambda account: loads[account.fingerprint])

    def _of(self, account: Account) -> _Seen:
        with self._lock:
            return self._seen.setdefault(account.fingerprint, _Seen(wait=self.interval))

    def _look(self, account: Account, watch: Watch, tries: int = 12) -> _Seen:
        seen = self._of(account)
        with seen.lock:
            if time.monotonic() - seen.at < seen.wait:
                return seen
            listed = patiently(
                lambda: account.client.fine_tuning.jobs.list(limit=100).data,
                watch,
                (account,),
                "listing trainings",
                tries=tries,
            )
            before = {id: job.status for id, job in seen.jobs.items()}
            now = {job.id: job for job in listed}
            changed = any(before.get(id) != job.status for id, job in now.items())
            slower = min(seen.wait * 1.3, self.interval * SLOWEST)
            seen.wait = (self.interval if changed else slower) * random.uniform(0.9, 1.1)
            # A job beyond the first page keeps what was last seen only if it was over then.
            kept = {id: job for id, job in seen.jobs.items() if job.status not in ACTIVE}
            seen.jobs, seen.at = {**kept, **now}, time.monotonic()
            return seen
