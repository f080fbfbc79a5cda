"""Turns coroutines that report results into iterators over groups of results.

One event loop runs in a thread for all requests of a provider, so that they share its connections
and limits. A group is whatever has arrived since the last one: under load many results share one
write to disk, and a single result does not wait for others.

If work is stopped early, requests in flight are awaited, because they are paid for.
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
"""Seconds to wait for answers in flight when a run is stopped."""


@attrs.define(eq=False)
class StopFlag:
    """A request that work on a loop ends: it starts nothing new and finishes what is in flight.

    Use it only from the loop's own thread.
    """

    is_set: bool = False
    _cancellable: set[asyncio.Task[Any]] = attrs.field(factory=set)

    def set(self) -> None:
        """Request the end, and cancel tasks that only wait for their turn."""
        self.is_set = True
        for task in list(self._cancellable):
            task.cancel()

    @contextmanager
    def cancellable(self) -> Iterator[None]:
        """The current task waits for its turn, so it may be cancelled."""
        task = asyncio.current_task()
        assert task is not None
        self._cancellable.add(task)
        try:
            yield
        finally:
            self._cancellable.discard(task)


class EventLoopThread:
    """An event loop in its own daemon thread, started on first use."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start a coroutine on the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._running_loop())

    def call_soon(self, callback: Callable[[], None]) -> None:
        """Call a function on the loop."""
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
    work: Callable[[Callable[[list[T]], None], StopFlag], Coroutine[Any, Any, None]],
    monitor: Monitor,
) -> Iterator[list[T]]:
    """The results that `work` reports, in groups, in order of arrival.

    Args:
        loop: Runs `work`.
        work: Receives a function to report results with, and the signal to end early.
        monitor: Asked at least twice a second whether to stop. If so, the results that still arrive
            within `DRAIN_SECONDS` are yielded before its error is raised.

    Raises:
        Exception: Whatever `work` raised, after everything it had reported.
    """
    results: queue.SimpleQueue[Any] = queue.SimpleQueue()
    stop = StopFlag()
    future = loop.submit(work(results.put, stop))
    future.add_done_callback(lambda _: results.put(_SENTINEL))
    stop_error: MiError | None = None
    deadline, is_last = float("inf"), False
    try:
        while not is_last and time.monotonic() < deadline:
            if stop_error is None:
                try:
                    monitor.raise_if_stopped()
                except MiError as error:
                    stop_error, deadline = error, time.monotonic() + DRAIN_SECONDS
                    loop.call_soon(stop.set)
            group, is_last = _next_group(results)
            if group:
                yield group
        if stop_error is not None:
            raise stop_error
        future.result()
    finally:
        if not future.done():
            future.cancel()
            with suppress(BaseException):
                future.result(timeout=10)


def wait_for(loop: EventLoopThread, work: Coroutine[Any, Any, T], monitor: Monitor) -> T:
    """The result of a coroutine.

    Args:
        loop: Runs it.
        work: The coroutine; it is cancelled if the run must stop.
        monitor: Asked at least twice a second whether to stop.

    Raises:
        Exception: Whatever the coroutine raised, or the monitor.
    """
    future = loop.submit(work)
    try:
        while True:
            monitor.raise_if_stopped()
            with suppress(TimeoutError):
                return future.result(timeout=_POLL_SECONDS)
            if future.done():  # the coroutine itself ran into a timeout
                return future.result()
    finally:
        if not future.done():
            future.cancel()
            with suppress(BaseException):
                future.result(timeout=10)


def _next_group(results: queue.SimpleQueue[Any]) -> tuple[list[Any], bool]:
    """What has arrived, and whether it was the last; empty if nothing arrives for a while."""
    try:
        arrived = results.get(timeout=_POLL_SECONDS)
    except queue.Empty:
        return [], False
    time.sleep(_GROUP_SECONDS)
    group: list[Any] = []
    while arrived is not _SENTINEL:
        group += arrived
        if results.empty():
            return group, False
        arrived = results.get()
    return group, True
