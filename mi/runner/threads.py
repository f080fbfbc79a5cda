"""Threads that are used again: starting one costs more than all else a unit costs its driver."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

import attrs


@attrs.define
class DaemonThreadPool:
    """Threads that make one call after the other, as many as there are calls at a time.

    They end with the process: a user who leaves at once waits for none of them.
    """

    results: queue.SimpleQueue[Any] = attrs.field(factory=queue.SimpleQueue)
    _tasks: queue.SimpleQueue[Callable[[], Any] | None] = attrs.field(factory=queue.SimpleQueue)
    _thread_count: int = 0
    _idle_count: int = 0
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def submit(self, function: Callable[[], Any]) -> None:
        """Have a thread call it; what it returns will be in `ended`."""
        with self._lock:
            if self._idle_count:
                self._idle_count -= 1
            else:
                self._thread_count += 1
                threading.Thread(target=self._run_tasks, daemon=True).start()
        self._tasks.put(function)

    def shutdown(self) -> None:
        """No more calls will come."""
        for _ in range(self._thread_count):
            self._tasks.put(None)

    def _run_tasks(self) -> None:
        while (function := self._tasks.get()) is not None:
            made = function()
            with self._lock:
                self._idle_count += 1
            self.results.put(made)
