"""Waiting for room at a server that holds few trainings at a time."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeVar

import attrs

from ..retry import sleep
from ..types import Monitor
from .errors import is_at_capacity
from .futures import run_in_thread

T = TypeVar("T")

_INITIAL_DELAY = 5.0
_MAX_DELAY = 60.0


@attrs.define
class Backoff:
    """Somebody who waits for room, longer each time."""

    title: str
    monitor: Monitor
    _delay: float = _INITIAL_DELAY

    def wait(self) -> None:
        """Wait before the next try.

        Raises:
            Interrupted: The user asked to stop.
        """
        if self._delay == _INITIAL_DELAY:
            self.monitor.message(f"{self.title}: the server has no room for it; waiting for some")
        sleep(self._delay * random.uniform(1.0, 1.3), self.monitor)
        self._delay = min(self._delay * 1.5, _MAX_DELAY)


def retry_while_full(call: Callable[[], T], title: str, monitor: Monitor) -> T:
    """What a call that blocks comes to, made again while the server has no room.

    Raises:
        Exception: What the call raised, for any other reason.
    """
    queue = Backoff(title, monitor)
    while True:
        try:
            return run_in_thread(call, monitor)
        except Exception as error:
            if not is_at_capacity(error):
                raise
        queue.wait()
