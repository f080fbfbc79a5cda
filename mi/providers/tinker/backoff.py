"""Back off while a server has no capacity for another training.

A server holds few trainings in memory at a time, and capacity returns when one of them ends.
"""

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

_INITIAL_DELAY = 5.0  # seconds
_MAX_DELAY = 60.0


@attrs.define
class Backoff:
    """Waits that grow from 5 seconds to a minute.

    Args:
        title: What waits, for messages.
        monitor: Receives a message at the first wait, and may stop it.
    """

    title: str
    monitor: Monitor
    _delay: float = _INITIAL_DELAY

    def wait(self) -> None:
        """Wait before the next attempt.

        Raises:
            Interrupted: The user asked to stop.
        """
        if self._delay == _INITIAL_DELAY:
            self.monitor.message(f"{self.title}: the server is at capacity; waiting for a slot")
        sleep(self._delay * random.uniform(1.0, 1.3), self.monitor)
        self._delay = min(self._delay * 1.5, _MAX_DELAY)


def retry_while_full(call: Callable[[], T], title: str, monitor: Monitor) -> T:
    """The result of a blocking call, retried while the server is at capacity.

    Args:
        call: Must be safe to repeat after the server has refused it.
        title: What waits, for messages.
        monitor: May stop the wait.

    Raises:
        Exception: The call failed for another reason.
        Interrupted: The user asked to stop.
    """
    backoff = Backoff(title, monitor)
    while True:
        try:
            return run_in_thread(call, monitor)
        except Exception as error:
            if not is_at_capacity(error):
                raise
        backoff.wait()
