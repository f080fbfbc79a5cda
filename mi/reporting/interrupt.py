"""Stopping a run on a signal.

The first Ctrl-C (or SIGTERM) requests a stop: the running units save their work at the next safe
point and the run ends. The second one exits at once; the next run resumes from the last save.

The handler only notes the request and wakes a thread that tells the user. It must not print itself:
another thread may hold the console while it waits for a module that the interrupted code imports.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

import attrs

from ..errors import Interrupted
from .console import say

if TYPE_CHECKING:
    from rich.console import Console

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_NOTICE = "stopping at the next safe point; interrupt again to exit at once"
_SPEAK_SECONDS = 2.0
"""How long the end of a run waits for the message to be printed."""


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
    _wake_fd: int = -1
    _speaker: threading.Thread | None = None

    def __enter__(self) -> StopSignal:
        read_fd, self._wake_fd = os.pipe()
        self._speaker = threading.Thread(target=self._speak, args=(read_fd,), daemon=True)
        self._speaker.start()
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
        wake_fd, self._wake_fd = self._wake_fd, -1
        os.close(wake_fd)
        if self._speaker is not None:
            self._speaker.join(timeout=_SPEAK_SECONDS)

    def _handle_signal(self, number: int, frame: FrameType | None) -> None:
        if self.is_requested:
            raise KeyboardInterrupt
        self.is_requested = True
        with suppress(OSError):
            os.write(self._wake_fd, b".")

    def _speak(self, read_fd: int) -> None:
        """Wait for the request, in a thread of its own, and tell the user what happens now."""
        try:
            if os.read(read_fd, 1):
                say(self.console, _NOTICE)
                if self.remote_notice:
                    say(self.console, self.remote_notice)
        finally:
            os.close(read_fd)

    def raise_if_stopped(self) -> None:
        """Raise `Interrupted` if the user has requested a stop."""
        if self.is_requested:
            raise Interrupted("interrupted; completed work is kept")
