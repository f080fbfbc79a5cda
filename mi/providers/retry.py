"""Sleeps that can be interrupted, and calls that are retried while their errors are transient."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

import attrs

from .types import Monitor

T = TypeVar("T")
_log = logging.getLogger(__name__)

_ATTEMPTS_BEFORE_MESSAGE = 5
"""Attempts before the user is shown that a server does not answer."""
_FIRST_WAIT, _MAX_WAIT = 0.2, 20.0  # seconds


def sleep(seconds: float, monitor: Monitor) -> None:
    """Sleep, and notice a request to stop within half a second.

    Raises:
        Interrupted: The user asked to stop.
    """
    deadline = time.monotonic() + seconds
    while (remaining := deadline - time.monotonic()) > 0:
        monitor.raise_if_stopped()
        time.sleep(min(remaining, 0.5))
    monitor.raise_if_stopped()


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """How a server's errors are read.

    Args:
        is_transient: Whether another attempt may succeed.
        retry_after: Seconds the server asks to wait; 0 if it does not ask.
        describe: The error as a message that may be shown.
    """

    is_transient: Callable[[Exception], bool]
    retry_after: Callable[[Exception], float]
    describe: Callable[[Exception], str]


def retry_call(
    call: Callable[[], T], monitor: Monitor, policy: RetryPolicy, action: str, *, tries: int = 12
) -> T:
    """Make a call that is safe to repeat until it succeeds or fails permanently.

    The wait between attempts doubles from 0.2 to 20 seconds, or is as long as the server asks; 12
    attempts take about two minutes. The user sees a message once the fifth attempt has failed.

    Args:
        call: Makes the call.
        monitor: Raises when the run must stop, also during a wait.
        policy: How errors are read.
        action: What the call does, for messages: `listing files`.
        tries: The most attempts.

    Raises:
        Exception: The error of the last attempt.
        Interrupted: The user asked to stop.
    """
    import tenacity

    def wait(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        assert isinstance(error, Exception)
        description = policy.describe(error)
        _log.info("%s: attempt %d failed (%s)", action, state.attempt_number, description)
        if state.attempt_number == _ATTEMPTS_BEFORE_MESSAGE:
            monitor.message(f"{action}: no answer yet ({description}); trying again")
        backoff: float = min(_FIRST_WAIT * 2.0 ** (state.attempt_number - 1), _MAX_WAIT)
        return max(backoff * random.uniform(1.0, 1.5), policy.retry_after(error))

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
