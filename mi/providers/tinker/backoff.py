"""Waiting for room at a server that holds few trainings at a time."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeVar

import attrs

from ..retry import pause
from ..types import Watch
from .errors import is_full
from .futures import waited

T = TypeVar("T")

_FIRST = 5.0
_LONGEST = 60.0


@attrs.define
class Queue:
    """Somebody who waits for room, longer each time."""

    what: str
    watch: Watch
    _wait: float = _FIRST

    def rest(self) -> None:
        """Wait before the next try.

        Raises:
            Interrupted: The user asked to stop.
        """
        if self._wait == _FIRST:
            self.watch.note(f"{self.what}: the server has no room for it; waiting for some")
        pause(self._wait * random.uniform(1.0, 1.3), self.watch)
        self._wait = min(self._wait * 1.5, _LONGEST)


def with_room(call: Callable[[], T], what: str, watch: Watch) -> T:
    """What a call that blocks comes to, made again while the server has no room.

    Raises:
        Exception: What the call raised, for any other reason.
    """
    queue = Queue(what, watch)
    while True:
        try:
            return waited(call, watch)
        except Exception as error:
            if not is_full(error):
                raise
        queue.rest()
