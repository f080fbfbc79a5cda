"""Threads that are used again: starting one costs more than all else a unit costs its driver."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

import attrs


@attrs.define
class Hands:
    """Threads that make one call after the other, as many as there are calls at a time.

    They end with the process: a user who leaves at once waits for none of them.
    """

    ended: queue.SimpleQueue[Any] = attrs.field(factory=queue.SimpleQueue)
    _calls: queue.SimpleQueue[Callable[[], Any] | None] = attrs.field(factory=queue.SimpleQueue)
    _all: int = 0
    _idle: int = 0
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def call(self, function: Callable[[], Any]) -> None:
        """Have a thread call it; what it returns will be in `ended`."""
        with self._lock:
            if self._idle:
                self._idle -= 1
            else:
                self._all += 1
                threading.Thread(target=self._work, daemon=True).start()
        self._calls.put(function)

    def close(self) -> None:
        """No more calls will come."""
        for _ in range(self._all):
            self._calls.put(None)

    def _work(self) -> None:
        while (function := self._calls.get()) is not None:
            made = function()
            with self._lock:
                self._idle += 1
            self.ended.put(made)
