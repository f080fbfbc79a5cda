"""Waiting that hears a wish to stop, and calls that are made again while their trouble may pass."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

import attrs

from .types import Monitor

T = TypeVar("T")

_ATTEMPTS_BEFORE_MESSAGE = 5
"""Tries after which the user hears that there is trouble."""


def sleep(seconds: float, monitor: Monitor) -> None:
    """Wait, hearing a wish to stop within half a second."""
    deadline = time.monotonic() + seconds
    while (remaining := deadline - time.monotonic()) > 0:
        monitor.raise_if_stopped()
        time.sleep(min(remaining, 0.5))
    monitor.raise_if_stopped()


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """How a server's errors are read.

    Args:
        passes: Whether it may be gone the next time.
        asked: Seconds the server asks to wait; 0 where it does not.
        said: The error in words that may be shown.
    """

    is_transient: Callable[[Exception], bool]
    retry_after: Callable[[Exception], float]
    describe: Callable[[Exception], str]


def retry_call(
    call: Callable[[], T], monitor: Monitor, policy: RetryPolicy, action: str, *, tries: int = 12
) -> T:
    """Make a call that is safe to make twice, again and again while its trouble may pass.

    Between two tries it waits for twice as long as before, or as long as the server asks; all in
    all for two minutes, and says so when it is not the first hiccup.

    Raises:
        Exception: What the call raised, when it failed for good or too often.
        Interrupted: The user asked to stop while it waited.
    """
    import tenacity

    def wait(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        assert isinstance(error, Exception)
        if state.attempt_number == _ATTEMPTS_BEFORE_MESSAGE:
            monitor.message(f"{action}: no answer yet ({policy.describe(error)}); trying again")
        growing: float = min(0.2 * 2.0 ** (state.attempt_number - 1), 20.0)
        return max(growing * random.uniform(1.0, 1.5), policy.retry_after(error))

    def attempt() -> T:
        monitor.raise_if_stopped()
        return call()

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(
            lambda error: isinstance(error, Exception) and policy.is_transient(error)
        ),
        wait=wait,
        stop=tenacity.stop_after_attempt(tries),
        sleep=lambda seconds: sleep(seconds, monitor),
        reraise=True,
    )
    return retrying(attempt)
