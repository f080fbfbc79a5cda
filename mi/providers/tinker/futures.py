"""Wait for the SDK's futures, and notice within a quarter of a second when the user stops a run."""

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
"""How long to wait for pending results when a run ends early."""


def standard_future(future: Any) -> concurrent.futures.Future[Any]:
    """The standard library's future inside one of the SDK's."""
    standard: concurrent.futures.Future[Any]
    standard = future if isinstance(future, concurrent.futures.Future) else future.future()
    return standard


def wait_result(future: Any, monitor: Monitor) -> Any:
    """Wait for a future and return its result.

    Raises:
        Exception: The future failed.
        Interrupted: The user asked to stop; the future continues.
    """
    while not wait_until_done(future, _POLL_SECONDS, monitor):
        pass
    return standard_future(future).result()


def wait_until_done(future: Any, seconds: float, monitor: Monitor) -> bool:
    """Wait for a future and return whether it is done.

    Args:
        future: One of the SDK's futures, or a standard one.
        seconds: Maximum wait.
        monitor: May stop the wait.

    Raises:
        Interrupted: The user asked to stop; the future continues.
    """
    standard, deadline = standard_future(future), time.monotonic() + seconds
    while not standard.done() and time.monotonic() < deadline:
        concurrent.futures.wait([standard], timeout=_POLL_SECONDS)
        monitor.raise_if_stopped()
    return standard.done()


def run_in_thread(call: Callable[[], T], monitor: Monitor) -> T:
    """The result of a blocking call, made in a daemon thread so that the user can stop the wait.

    Raises:
        Exception: The call failed.
        Interrupted: The user asked to stop; the thread continues.
    """
    future: concurrent.futures.Future[T] = concurrent.futures.Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # raised again in the waiting thread
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    result: T = wait_result(future, monitor)
    return result


def stream_results(
    jobs: Iterable[J], submit: Callable[[J], Any], max_concurrent: int, monitor: Monitor
) -> Iterator[list[tuple[J, Any]]]:
    """Yield groups of jobs with their results, as they complete.

    When a job fails or the user asks to stop, no more jobs are submitted, but pending results are
    awaited for `DRAIN_SECONDS` and yielded: they have been paid for.

    Args:
        jobs: Consumed only as jobs are submitted.
        submit: Starts a job and returns its future.
        max_concurrent: Maximum number of pending jobs.
        monitor: May stop the stream.

    Raises:
        Exception: A job failed; raised after all completed results were yielded.
        Interrupted: The user asked to stop; raised after all completed results were yielded.
    """
    remaining, pending = iter(jobs), dict[Any, J]()

    def pop_successful(seconds: float, condition: str) -> list[tuple[J, Any]]:
        done, _ = concurrent.futures.wait(pending, timeout=seconds, return_when=condition)
        successful = [future for future in pending if future in done and future.exception() is None]
        return [(pending.pop(future), future.result()) for future in successful]

    monitor.raise_if_stopped()
    try:
        while True:
            for job in islice(remaining, max_concurrent - len(pending)):
                pending[standard_future(submit(job))] = job
            if not pending:
                return
            if results := pop_successful(_POLL_SECONDS, concurrent.futures.FIRST_COMPLETED):
                yield results
            for future in pending:
                if future.done():
                    future.result()
            monitor.raise_if_stopped()
    except Exception:
        if results := pop_successful(DRAIN_SECONDS, concurrent.futures.ALL_COMPLETED):
            yield results
        raise
    finally:
        for future in pending:
            future.cancel()


@attrs.frozen
class DeadlineMonitor(ForwardingMonitor):
    """A monitor that ignores the user's request to stop and stops at a deadline instead.

    Args:
        deadline: A time of `time.monotonic`.
    """

    deadline: float

    def raise_if_stopped(self) -> None:
        if time.monotonic() > self.deadline:
            raise Interrupted("the time allowed for this ran out")
