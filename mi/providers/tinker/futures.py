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
from ..types import Watch
from ..watch import Passing

T = TypeVar("T")
J = TypeVar("J")

_LISTEN = 0.25
LATE = 15.0
"""Seconds for which answers under way are waited for when a run ends early."""


def plain(future: Any) -> concurrent.futures.Future[Any]:
    """The standard future in one of the SDK's."""
    found: concurrent.futures.Future[Any]
    found = future if isinstance(future, concurrent.futures.Future) else future.future()
    return found


def result(future: Any, watch: Watch) -> Any:
    """What the future comes to.

    Raises:
        Interrupted: The user asked to stop; the future goes on.
    """
    while not ready(future, _LISTEN, watch):
        pass
    return plain(future).result()


def ready(future: Any, seconds: float, watch: Watch) -> bool:
    """Whether the future has come to something within this time."""
    there, until = plain(future), time.monotonic() + seconds
    while not there.done() and time.monotonic() < until:
        concurrent.futures.wait([there], timeout=_LISTEN)
        watch.check()
    return there.done()


def waited(call: Callable[[], T], watch: Watch) -> T:
    """What a call that blocks comes to; it is made in a thread of its own."""
    found: concurrent.futures.Future[T] = concurrent.futures.Future()

    def run() -> None:
        try:
            found.set_result(call())
        except BaseException as error:  # told to the thread that waits
            found.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    there: T = result(found, watch)
    return there


def arriving(
    jobs: Iterable[J], begin: Callable[[J], Any], width: int, watch: Watch
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

    watch.check()
    try:
        while True:
            for job in islice(waiting, width - len(under)):
                under[plain(begin(job))] = job
            if not under:
                return
            if came := good(_LISTEN, concurrent.futures.FIRST_COMPLETED):
                yield came
            for future in under:
                if future.done():
                    future.result()
            watch.check()
    except Exception:
        if came := good(LATE, concurrent.futures.ALL_COMPLETED):
            yield came
        raise
    finally:
        for future in under:
            future.cancel()


@attrs.frozen
class Deaf(Passing):
    """A watch that hears no wish to stop, and raises when time is up."""

    until: float

    def check(self) -> None:
        if time.monotonic() > self.until:
            raise Interrupted("there was no time")
