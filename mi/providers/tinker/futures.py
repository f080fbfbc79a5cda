"""Wait for the SDK's futures, and notice within a quarter of a second when the user stops a run."""

from __future__ import annotations

import concurrent.futures
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import attrs

from ...errors import Interrupted
from ..spending import Reservation, find_gate
from ..types import Monitor, Usage
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
    jobs: Iterable[J],
    submit: Callable[[J], Any],
    max_concurrent: int,
    monitor: Monitor,
    worst_usage: Callable[[J], Usage],
) -> Iterator[list[tuple[J, Any]]]:
    """Yield groups of jobs with their results, as they complete.

    When a job fails or the user asks to stop, no more jobs are submitted, but pending results are
    awaited for `DRAIN_SECONDS` and yielded: they have been paid for.

    Args:
        jobs: Consumed only as jobs are submitted.
        submit: Starts a job and returns its future.
        max_concurrent: Maximum number of pending jobs.
        monitor: May stop the stream; its gate admits jobs within the budget.
        worst_usage: The most tokens that a job can use.

    Raises:
        Exception: A job failed; raised after all completed results were yielded.
        Interrupted: The user asked to stop; raised after all completed results were yielded.
    """
    remaining, pending = iter(jobs), dict[Any, tuple[J, Reservation]]()
    gate = find_gate(monitor)
    waiting: J | None = None
    yielded: list[Reservation] = []

    def submit_admitted() -> None:
        """Submit jobs while there is room for them, at the server and in the budget."""
        nonlocal waiting
        while len(pending) < max_concurrent:
            waiting = next(remaining, None) if waiting is None else waiting
            if waiting is None:
                return
            reservation = gate.reserve(worst_usage(waiting))
            if reservation is None:
                return
            pending[standard_future(submit(waiting))] = (waiting, reservation)
            waiting = None

    def pop_successful(seconds: float, condition: str) -> list[tuple[J, Any]]:
        done, _ = concurrent.futures.wait(pending, timeout=seconds, return_when=condition)
        successful = [future for future in pending if future in done and future.exception() is None]
        results = []
        for future in successful:
            job, reservation = pending.pop(future)
            yielded.append(reservation)
            results.append((job, future.result()))
        return results

    def release_yielded() -> None:
        """Release what was reserved for results that the caller has booked meanwhile."""
        while yielded:
            yielded.pop().cancel()

    monitor.raise_if_stopped()
    try:
        while True:
            submit_admitted()
            if not pending and waiting is None:
                return
            if not pending:
                time.sleep(_POLL_SECONDS)
            elif results := pop_successful(_POLL_SECONDS, concurrent.futures.FIRST_COMPLETED):
                yield results
                release_yielded()
            for future in pending:
                if future.done():
                    future.result()
            monitor.raise_if_stopped()
    except Exception:
        if results := pop_successful(DRAIN_SECONDS, concurrent.futures.ALL_COMPLETED):
            yield results
            release_yielded()
        raise
    finally:
        release_yielded()
        for future, (_, reservation) in pending.items():
            if future.done():
                reservation.cancel()
            else:
                reservation.lose()
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
