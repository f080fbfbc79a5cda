"""An adaptive limit on the concurrent requests of an account, learned from the server's replies.

The limit starts at its maximum. A 429 lowers it by a quarter and pauses requests for as long as the
server asks; successes raise it again, by four for each round of answers (additive increase,
multiplicative decrease: Chiu and Jain 1989). Headers that report an exhausted quota pause requests
before a 429 has to. All requests of an account go through one limiter, on one event loop.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Mapping
from types import TracebackType

import attrs

_log = logging.getLogger(__name__)

_DURATION_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ms|s|m|h)", re.ASCII)
_DURATION = re.compile(rf"(?:{_DURATION_PART.pattern})+", re.ASCII)
_MAX_SECONDS = 86400.0
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_LIMIT_KINDS = ("requests", "tokens")
_INCREASE, _DECREASE_FACTOR = 4.0, 0.75
_TIMEOUT_FACTOR = 0.5
_SLOW_SHARE = 0.25
"""The share of the timeout from which on replies are slow."""


@attrs.define
class AdaptiveLimiter:
    """An asynchronous context manager around each request; entering it waits for a free place.

    Args:
        max_concurrent: The most concurrent requests.
        limit: Concurrent requests allowed at present, at least 1.
        in_flight: Requests inside the limiter.
        paused_until: No request may enter before this time (monotonic clock, seconds).
        throttled_since: When the current run of 429s without a success began.
        latency: Seconds that a reply takes at present; None before the first one.
    """

    max_concurrent: int
    limit: float = attrs.field(default=attrs.Factory(lambda self: float(self.max_concurrent), True))
    in_flight: int = 0
    paused_until: float = 0.0
    throttled_since: float | None = None
    latency: float | None = None
    _changed: asyncio.Condition = attrs.field(factory=asyncio.Condition)
    _wake_task: asyncio.Future[None] | None = None
    _timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> None:
        async with self._changed:
            while True:
                remaining = self.paused_until - time.monotonic()
                if remaining > 0:
                    self._wake_in(remaining)
                elif self.in_flight < max(self.limit, 1.0):
                    self.in_flight += 1
                    return
                await self._changed.wait()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        async with self._changed:
            self.in_flight -= 1
            free = int(max(self.limit, 1.0)) - self.in_flight
            remaining = self.paused_until - time.monotonic()
            if remaining > 0:  # requests that arrived while it was full have no timer of their own
                self._wake_in(remaining)
            elif free > 0:
                self._changed.notify(free)

    def _wake_in(self, seconds: float) -> None:
        """Wake all waiting requests when the pause ends; one timer serves them all."""
        loop = asyncio.get_running_loop()
        if self._timer is None or self._timer.cancelled() or self._timer.when() <= loop.time():
            self._timer = loop.call_later(seconds + 0.005, self._wake)

    def _wake(self) -> None:
        async def wake() -> None:
            async with self._changed:
                self._changed.notify_all()

        self._wake_task = asyncio.ensure_future(wake())

    def throttled_seconds(self) -> float:
        """Seconds during which every reply was a 429."""
        return 0.0 if self.throttled_since is None else time.monotonic() - self.throttled_since

    def on_success(self, headers: Mapping[str, str], seconds: float | None = None) -> None:
        """A complete answer arrived: raise the limit, and pause if the quota is exhausted.

        Args:
            headers: The reply's.
            seconds: How long it took; None if that is not known.
        """
        self.throttled_since = None
        if seconds is not None:
            self.latency = seconds if self.latency is None else (3 * self.latency + seconds) / 4
        self.limit = min(self.limit + _INCREASE / max(self.limit, 1.0), float(self.max_concurrent))
        for kind in _LIMIT_KINDS:
            if headers.get(f"x-ratelimit-remaining-{kind}") == "0":
                reset = parse_duration(headers.get(f"x-ratelimit-reset-{kind}"))
                self.paused_until = max(self.paused_until, time.monotonic() + min(reset, 60.0))

    def on_timeout(self, timeout: float) -> bool:
        """A reply did not come in time. Where replies are slow, half as many are requested at once.

        Args:
            timeout: Seconds that were waited.

        Returns:
            Whether the server is slow, and not one reply alone.
        """
        is_slow = self.latency is None or self.latency > timeout * _SLOW_SHARE
        if is_slow and self.in_flight <= self.limit:  # once for all requests that were in flight
            self.limit = max(self.limit * _TIMEOUT_FACTOR, 1.0)
            self.max_concurrent = max(int(self.limit), 1)
            _log.info("replies are slow: %.1f concurrent requests", self.limit)
        return is_slow

    def on_throttle(self, headers: Mapping[str, str]) -> None:
        """A 429 arrived: pause, and lower the limit once for all requests that were in flight."""
        self.throttled_since = self.throttled_since or time.monotonic()
        wait = retry_after(headers)
        if time.monotonic() >= self.paused_until:
            self.limit = max(self.limit * _DECREASE_FACTOR, 1.0)
        self.paused_until = max(self.paused_until, time.monotonic() + wait)
        _log.info("rate limited: paused %.1f s, then %.1f concurrent requests", wait, self.limit)


def retry_after(headers: Mapping[str, str], default: float = 1.0) -> float:
    """Seconds a server asks to wait, at most two minutes.

    The headers are `retry-after-ms`, `retry-after` and the resets of the rate limits; `default`
    applies if there are none.
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) * unit
        except (KeyError, ValueError):
            continue
        if seconds >= 0:  # neither negative nor NaN
            return min(seconds, 120.0)
    resets = [parse_duration(headers.get(f"x-ratelimit-reset-{kind}")) for kind in _LIMIT_KINDS]
    return min(max(resets), 120.0) or default


def parse_duration(text: str | None) -> float:
    """Seconds of `6m0s`, `120ms` or `1.5`; 0 for anything else."""
    if not text:
        return 0.0
    if _DURATION.fullmatch(text):
        parts = _DURATION_PART.findall(text)
        return min(sum(float(number) * _SECONDS[unit] for number, unit in parts), _MAX_SECONDS)
    try:
        seconds = float(text)
    except ValueError:
        return 0.0
    return min(seconds, _MAX_SECONDS) if seconds > 0 else 0.0
