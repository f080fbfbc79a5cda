"""Monitors: how a provider reports progress, and learns that it should stop."""

from __future__ import annotations

from typing import Protocol

import attrs


class Monitor(Protocol):
    """Receives the progress of a unit; raises when the run must stop."""

    def start(self, phase: str, total: int, *, unit: str = "step", done: int = 0) -> None:
        """Begin a phase.

        Args:
            phase: What begins: `train`, `sample`.
            total: Its length in units.
            unit: What is counted.
            done: Units done already, if the phase is resumed.
        """

    def advance(self, count: int = 1, **facts: float) -> None:
        """Report `count` more units done; `facts` are shown beside the bar (`loss=1.21`)."""

    def message(self, text: str) -> None:
        """Show the user a sentence."""

    def raise_if_stopped(self) -> None:
        """Call this where stopping is safe. Requests that are in flight then are paid for: still
        yield their results, as far as they arrive soon.

        Raises:
            Interrupted: The user asked to stop.
            BudgetExceeded: Nothing more may be spent.
        """


@attrs.frozen
class ForwardingMonitor:
    """Forwards all calls to `monitor`. Subclasses add reasons to stop."""

    monitor: Monitor

    @property
    def spending_gate(self) -> object:
        """The gate of the unit, if the monitor has one; see `mi.providers.spending`."""
        return getattr(self.monitor, "spending_gate", None)

    def start(self, phase: str, total: int, *, unit: str = "step", done: int = 0) -> None:
        """See `Monitor.start`, also for the arguments.

        Args:
            phase: What begins.
            total: Its length in units.
            unit: What is counted.
            done: Units done already.
        """
        self.monitor.start(phase, total, unit=unit, done=done)

    def advance(self, count: int = 1, **facts: float) -> None:
        self.monitor.advance(count, **facts)

    def message(self, text: str) -> None:
        self.monitor.message(text)

    def raise_if_stopped(self) -> None:
        self.monitor.raise_if_stopped()


class NullMonitor:
    """Ignores all calls and never stops the work."""

    def start(self, phase: str, total: int, *, unit: str = "step", done: int = 0) -> None:
        """Ignore a phase.

        Args:
            phase: What begins.
            total: Its length in units.
            unit: What is counted.
            done: Units done already.
        """

    def advance(self, count: int = 1, **facts: float) -> None: ...

    def message(self, text: str) -> None: ...

    def raise_if_stopped(self) -> None: ...
