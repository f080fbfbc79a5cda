"""A watch in front of another one."""

from __future__ import annotations

import attrs

from .types import Monitor


@attrs.frozen
class ForwardingMonitor:
    """Passes on all that it hears; those made of it have a say in when to stop."""

    monitor: Monitor

    def start(self, phase: str, total: int, *, unit: str = "step", done: int = 0) -> None:
        self.monitor.start(phase, total, unit=unit, done=done)

    def advance(self, count: int = 1, **facts: float) -> None:
        self.monitor.advance(count, **facts)

    def message(self, text: str) -> None:
        self.monitor.message(text)

    def raise_if_stopped(self) -> None:
        self.monitor.raise_if_stopped()
