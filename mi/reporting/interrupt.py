"""Stopping a run on a signal.

The first Ctrl-C (or SIGTERM) requests a stop: the running units save their work at the next safe
point and the run ends. The second one exits at once; the next run resumes from the last save.
"""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

import attrs

from ..errors import Interrupted
from .console import say

if TYPE_CHECKING:
    from rich.console import Console

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@attrs.define
class StopSignal:
    """Whether the user has requested a stop. A context manager that handles signals.

    Args:
        console: Where to print that the run is stopping.
        remote_notice: A line about remote work that continues after a stop; empty for none.
        is_requested: Whether a signal has arrived.
    """

    console: Console
    remote_notice: str = ""
    is_requested: bool = False
    _previous_handlers: dict[int, Any] = attrs.field(factory=dict)

    def __enter__(self) -> StopSignal:
        for number in _SIGNALS:
            self._previous_handlers[number] = signal.signal(number, self._handle_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._previous_handlers.items():
            signal.signal(number, handler)

    def _handle_signal(self, number: int, frame: FrameType | None) -> None:
        if self.is_requested:
            raise KeyboardInterrupt
        self.is_requested = True
        say(self.console, "stopping at the next safe point; interrupt again to exit at once")
        if self.remote_notice:
            say(self.console, self.remote_notice)

    def raise_if_stopped(self) -> None:
        """Raise `Interrupted` if the user has requested a stop."""
        if self.is_requested:
            raise Interrupted("interrupted; completed work is kept")
