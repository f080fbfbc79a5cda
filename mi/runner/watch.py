"""Monitors of running units: one enforces the budget, one records progress for `mi status`."""

from __future__ import annotations

import os
import time
from typing import Any, Protocol

import attrs

from ..files import atomic
from ..files.clock import utc_timestamp
from ..providers.budget import Budget
from ..providers.pricing import PriceTable
from ..providers.spending import SpendingGate
from ..providers.types import Monitor
from ..providers.watch import ForwardingMonitor, NullMonitor
from ..store.base import Store

_WRITE_INTERVAL = 2.0
"""Seconds between two writes of a unit's progress."""
_LOOK_INTERVAL = 1.0
"""Seconds between two looks at the space on the disk."""


@attrs.frozen
class BudgetMonitor(ForwardingMonitor):
    """A monitor that also stops the work when the budget is spent.

    Args:
        budget: The run's budget.
        unit: Key of the unit that pays.
        prices: What tokens cost; None: requests are not admitted one by one.
    """

    budget: Budget
    unit: str = ""
    prices: PriceTable | None = None

    @property
    def spending_gate(self) -> object:
        return self.prices and SpendingGate(self.budget, self.unit, self.prices)

    def raise_if_stopped(self) -> None:
        self.monitor.raise_if_stopped()
        self.budget.raise_if_exceeded()


class Stoppable(Protocol):
    """What knows whether the run must stop."""

    def raise_if_stopped(self) -> None:
        """Raise `Interrupted` if the user has asked to stop."""


@attrs.frozen
class ObserverMonitor(NullMonitor):
    """A silent monitor, for work outside units, that stops where the observer of the run does."""

    observer: Stoppable

    def raise_if_stopped(self) -> None:
        self.observer.raise_if_stopped()


@attrs.define
class StoredMonitor:
    """Forwards to another monitor, and keeps a unit's progress and messages in the store.

    It also stops the work when this process has lost its lock on the unit, and while the disk still
    has room for what is in flight.

    Args:
        monitor: Receives all calls.
        store: Where the progress is kept.
        key: The unit's key.
        writes_log: Whether messages go to the unit's own log. False on a driver whose worker
            process writes that log.
    """

    monitor: Monitor
    store: Store
    key: str
    writes_log: bool = True
    _progress: dict[str, Any] = attrs.field(factory=dict)
    _last_write: float = float("-inf")
    _last_look: float = float("-inf")

    def start(self, phase: str, total: int, *, unit: str = "step", done: int = 0) -> None:
        """See `Monitor.start`, also for the arguments.

        Args:
            phase: What begins.
            total: Its length in units.
            unit: What is counted.
            done: Units done already.
        """
        self.monitor.start(phase, total, unit=unit, done=done)
        self._progress = {
            "what": phase,
            "unit": unit,
            "total": total,
            "done": done,
            "skipped": done,
            "began": time.time(),
            "pid": os.getpid(),
        }
        self._write_progress(force=True)
        self._append_log(f"{phase}: {done} of {total} {unit}s done")

    def advance(self, count: int = 1, **facts: float) -> None:
        self.monitor.advance(count, **facts)
        self._progress["done"] = self._progress.get("done", 0) + count
        self._progress.update(facts)
        self._write_progress()

    def message(self, text: str) -> None:
        self.monitor.message(text)
        self._progress["note"] = text
        self._write_progress(force=True)
        self._append_log(text)

    def raise_if_stopped(self) -> None:
        self.monitor.raise_if_stopped()
        self.store.assert_locked(self.key)
        if time.monotonic() - self._last_look >= _LOOK_INTERVAL:
            self._last_look = time.monotonic()
            atomic.require_space(self.store.root, reserve=atomic.LAST_RESERVE)

    def _append_log(self, text: str) -> None:
        """Add a line to the unit's own log. There is none before the unit has begun."""
        if self.writes_log:
            self.store.append_log(self.key, text)

    def _write_progress(self, *, force: bool = False) -> None:
        if force or time.monotonic() - self._last_write >= _WRITE_INTERVAL:
            self._last_write = time.monotonic()
            self.store.save_progress(self.key, {**self._progress, "at": utc_timestamp()})
