"""From coroutines that tell results as they come to iterators of groups of them.

One event loop runs in a thread for all requests of a provider, so that they share its connections
and limits. A group is whatever has come since the last one: under load many results share one write
to the disk, and a single one does not wait for others.

Where work ends early, what is under way is waited for: it is paid for.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import attrs

from ...errors import MiError
from ..types import Monitor

T = TypeVar("T")

_GROUP_SECONDS = 0.02
_POLL_SECONDS = 0.5
_SENTINEL = object()
DRAIN_SECONDS = 60.0
"""Seconds for which answers under way are waited for when a run ends early."""


@attrs.define(eq=False)
class StopSignal:
    """A wish that work on a loop ends soon: nothing is begun, what is under way comes to its end.

    All of it is for the loop's own thread.
    """

    is_set: bool = False
    _cancellable: set[asyncio.Task[Any]] = attrs.field(factory=set)

    def set(self) -> None:
        """End whatever only waits for its turn."""
        self.is_set = True
        for task in list(self._cancellable):
            task.cancel()

    @contextmanager
    def cancellable(self) -> Iterator[None]:
        """Where a task waits for its turn, and may be ended."""
        task = asyncio.current_task()
        assert task is not None
        self._cancellable.add(task)
        try:
            yield
        finally:
            self._cancellable.discard(task)


class EventLoopThread:
    """An event loop in a thread of its own, started when first used."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin a coroutine on the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._running_loop())

    def call_soon(self, callback: Callable[[], None]) -> None:
        """Have something done on the loop."""
        self._running_loop().call_soon_threadsafe(callback)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=self._loop.run_forever, name="mi-requests", daemon=True
                ).start()
        return self._loop


def stream(
    loop: EventLoopThread,
    work: Callable[[Callable[[list[T]], None], StopSignal], Coroutine[Any, Any, None]],
    monitor: Monitor,
) -> Iterator[list[T]]:
    """The results `work` puts, in groups, in the order they came.

    Args:
        work: Called with `put`, to be called with results as they come, and with what says that it
            should end soon.
        watch: Asked at least twice a second whether to stop. When it says so, what still comes
            within `LATE` seconds is given before its error is raised.

    Raises:
        Exception: Whatever `work` raised, after everything it had put.
    """
    results: queue.SimpleQueue[Any] = queue.SimpleQueue()
    halt = StopSignal()
    running = loop.submit(work(results.put, halt))
    running.add_done_callback(lambda _: results.put(_SENTINEL))
    stop: MiError | None = None
    until, over = float("inf"), False
    try:
        while not over and time.monotonic() < until:
            if stop is None:
                try:
                    monitor.raise_if_stopped()
                except MiError as error:
                    stop, until = error, time.monotonic() + DRAIN_SECONDS
                    loop.call_soon(halt.set)
            group, over = _next_group(results)
            if group:
                yield group
        if stop is not None:
            raise stop
        running.result()
    finally:
        if not running.done():
            running.cancel()
            with suppress(BaseException):
                running.result(timeout=10)


def _next_group(results: queue.SimpleQueue[Any]) -> tuple[list[Any], bool]:
    """What has come, and whether it was the last; nothing where nothing came for a while."""
    try:
        came = results.get(timeout=_POLL_SECONDS)
    except queue.Empty:
        return [], False
    time.sleep(_GROUP_SECONDS)
    group: list[Any] = []
    while came is not _SENTINEL:
        group += came
        if results.empty():
            return group, False
        came = results.get()
    return group, True
