"""A monitor that forwards everything to another one."""

from __future__ import annotations

import attrs

from .types import Monitor


@attrs.frozen
class ForwardingMonitor:
    """Forwards all calls to `monitor`. Subclasses override when to stop."""

    monitor: Monitor

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

    def start(self, phase: str, total: int, *, unit: str = "step", done: int = 0) -> None: ...

    def advance(self, count: int = 1, **facts: float) -> None: ...

    def message(self, text: str) -> None: ...

    def raise_if_stopped(self) -> None: ...
