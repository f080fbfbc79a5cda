"""Waiting for the SDK's futures in a way that hears a wish to stop."""

from __future__ import annotations

import concurrent.futures
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

import attrs

from ...errors import Interrupted
from ..types import Monitor
from ..watch import ForwardingMonitor

T = TypeVar("T")
J = TypeVar("J")

_POLL_SECONDS = 0.25
DRAIN_SECONDS = 15.0
"""Seconds for which answers under way are waited for when a run ends early."""


def standard_future(future: Any) -> concurrent.futures.Future[Any]:
    """The standard future in one of the SDK's."""
    found: concurrent.futures.Future[Any]
    found = future if isinstance(future, concurrent.futures.Future) else future.future()
    return found


def wait_result(future: Any, monitor: Monitor) -> Any:
    """What the future comes to.

    Raises:
        Interrupted: The user asked to stop; the future goes on.
    """
    while not wait_until_done(future, _POLL_SECONDS, monitor):
        pass
    return standard_future(future).result()


def wait_until_done(future: Any, seconds: float, monitor: Monitor) -> bool:
    """Whether the future has come to something within this time."""
    there, until = standard_future(future), time.monotonic() + seconds
    while not there.done() and time.monotonic() < until:
        concurrent.futures.wait([there], timeout=_POLL_SECONDS)
        monitor.raise_if_stopped()
    return there.done()


def run_in_thread(call: Callable[[], T], monitor: Monitor) -> T:
    """What a call that blocks comes to; it is made in a thread of its own."""
    found: concurrent.futures.Future[T] = concurrent.futures.Future()

    def run() -> None:
        try:
            found.set_result(call())
        except BaseException as error:  # told to the thread that waits
            found.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    there: T = wait_result(found, monitor)
    return there


def stream_results(
    jobs: Iterable[J], submit: Callable[[J], Any], max_concurrent: int, monitor: Monitor
) -> Iterator[list[tuple[J, Any]]]:
    """Jobs with their results, in groups, as they come; at most `width` are under way.

    When one fails, or the user asks to stop, nothing more is begun, and what is under way is waited
    for a while: it is paid for.

    Raises:
        Exception: What a job raised, after all that came.
    """
    waiting, under = iter(jobs), dict[Any, J]()

    def good(seconds: float, when: str) -> list[tuple[J, Any]]:
        done, _ = concurrent.futures.wait(under, timeout=seconds, return_when=when)
        fine = [one for one in under if one in done and one.exception() is None]
        return [(under.pop(future), future.result()) for future in fine]

    monitor.raise_if_stopped()
    try:
        while True:
            for job in islice(waiting, max_concurrent - len(under)):
                under[standard_future(submit(job))] = job
            if not under:
                return
            if came := good(_POLL_SECONDS, concurrent.futures.FIRST_COMPLETED):
                yield came
            for future in under:
                if future.done():
                    future.result()
            monitor.raise_if_stopped()
    except Exception:
        if came := good(DRAIN_SECONDS, concurrent.futures.ALL_COMPLETED):
            yield came
        raise
    finally:
        for future in under:
            future.cancel()


@attrs.frozen
class DeadlineMonitor(ForwardingMonitor):
    """A watch that hears no wish to stop, and raises when time is up."""

    deadline: float

    def raise_if_stopped(self) -> None:
        if time.monotonic() > self.deadline:
            raise Interrupted("there was no time")
