"""Attempts of runs on their way to the shared place.

Each upload becomes a segment of its own, so events are collected and go out together: within a
second while more arrive, and with the next heartbeat otherwise.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

import attrs

from ..run_files import AttemptEvent
from .segmented_log import SegmentedLogs

_FLUSH_SECONDS = 1.0


@attrs.define
class AttemptBuffer:
    """Events that were logged and not yet uploaded, in order."""

    logs: SegmentedLogs
    _pending: list[tuple[str, AttemptEvent]] = attrs.field(factory=list)
    _last_flush: float = float("-inf")
    _lock: threading.RLock = attrs.field(factory=threading.RLock)

    def add(self, run: str, events: Sequence[AttemptEvent]) -> None:
        """Add events of a run, and upload all if the last upload is more than a second ago."""
        with self._lock:
            self._pending.extend((run, event) for event in events)
            if time.monotonic() - self._last_flush >= _FLUSH_SECONDS:
                self.flush()

    def flush(self) -> None:
        """Upload all events. Those of a run whose upload fails stay for the next flush.

        Raises:
            StoreError: The shared place does not answer.
        """
        with self._lock:
            self._last_flush = time.monotonic()
            while self._pending:
                run = self._pending[0][0]
                events = [event for owner, event in self._pending if owner == run]
                self.logs.append(f"runs/{run}/attempts", events)
                self._pending = [entry for entry in self._pending if entry[0] != run]
