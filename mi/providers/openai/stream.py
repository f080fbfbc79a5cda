"""From coroutines that tell results as they come to iterators of groups of them.

One event loop runs in a thread for all requests of a provider, so that they share its connections
and limits. A group is whatever has come since the last one: under load many results share one write
to the disk, and a single one does not wait for others.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")

_GATHER = 0.02
_LISTEN = 0.5
_END = object()


class Loop:
    """An event loop in a thread of its own, started when first used."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin a coroutine on the loop."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=self._loop.run_forever, name="mi-requests", daemon=True
                ).start()
        return asyncio.run_coroutine_threadsafe(work, self._loop)


def stream(
    loop: Loop,
    work: Callable[[Callable[[list[T]], None]], Coroutine[Any, Any, None]],
    check: Callable[[], None],
) -> Iterator[list[T]]:
    """The results `work` puts, in groups, in the order they came.

    Args:
        work: Called with `put`, to be called with results as they come.
        check: Called at least twice a second; may raise, and ends the work then.

    Raises:
        Exception: Whatever `work` raised, after everything it had put.
    """
    results: queue.SimpleQueue[Any] = queue.SimpleQueue()
    running = loop.submit(work(results.put))
    running.add_done_callback(lambda _: results.put(_END))
    try:
        yield from _groups(results, check)
        running.result()
    finally:
        if not running.done():
            running.cancel()
            with suppress(BaseException):
                running.result(timeout=10)


def _groups(results: queue.SimpleQueue[Any], check: Callable[[], None]) -> Iterator[list[Any]]:
    while True:
        check()
        try:
            came = results.get(timeout=_LISTEN)
        except queue.Empty:
            continue
        time.sleep(_GATHER)
        group: list[Any] = []
        while came is not _END:
            group += came
            if results.empty():
                break
            came = results.get()
        if group:
            yield group
        if came is _END:
            return
