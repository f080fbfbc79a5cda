"""A pool of reusable daemon threads.

`concurrent.futures.ThreadPoolExecutor` joins its threads when the interpreter exits, so a user who
interrupts a second time would still wait for a request that takes minutes. Daemon threads end with
the process. They are reused because starting a thread costs more than everything else the scheduler
does for a unit.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

import attrs


@attrs.define
class DaemonThreadPool:
    """Threads that run one task after another; there are as many as tasks run at a time.

    Args:
        results: Receives what each task returns. Tasks must not raise.
    """

    results: queue.SimpleQueue[Any] = attrs.field(factory=queue.SimpleQueue)
    _tasks: queue.SimpleQueue[Callable[[], Any] | None] = attrs.field(factory=queue.SimpleQueue)
    _thread_count: int = 0
    _idle_count: int = 0
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def submit(self, task: Callable[[], Any]) -> None:
        """Have an idle or a new thread run a task."""
        with self._lock:
            if self._idle_count:
                self._idle_count -= 1
            else:
                self._thread_count += 1
                threading.Thread(target=self._run_tasks, daemon=True).start()
        self._tasks.put(task)

    def shutdown(self) -> None:
        """Let every thread end after its current task. No task may be submitted afterwards."""
        for _ in range(self._thread_count):
            self._tasks.put(None)

    def _run_tasks(self) -> None:
        while (task := self._tasks.get()) is not None:
            result = task()
            with self._lock:
                self._idle_count += 1
            self.results.put(result)
