"""How many requests may be under way at an account: found out by asking, not configured.

A gate starts wide open. A 429 narrows it by a quarter and closes it for as long as the server says;
answers widen it again, four places for each round of answers (additive increase, multiplicative
decrease: Chiu and Jain 1989). Headers that say that nothing is left close it before a 429 has to.
All that ask an account go through its one gate, on one event loop.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from types import TracebackType

import attrs

_DURATION_PART = re.compile(r"([\d.]+)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_LIMIT_KINDS = ("requests", "tokens")
_STEP, _SHRINK = 4.0, 0.75


@attrs.define
class AdaptiveLimiter:
    """An asynchronous context manager: inside it a request may be made.

    Args:
        most: Requests under way at once, at most.
    """

    max_concurrent: int
    limit: float = attrs.field(default=attrs.Factory(lambda self: float(self.max_concurrent), True))
    in_flight: int = 0
    paused_until: float = 0.0
    throttled_since: float | None = None
    _changed: asyncio.Condition = attrs.field(factory=asyncio.Condition)
    _wake_task: asyncio.Future[None] | None = None
    _timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> None:
        async with self._changed:
            while True:
                left = self.paused_until - time.monotonic()
                if left > 0:
                    self._wake_in(left)
                elif self.in_flight < max(self.limit, 1.0):
                    self.in_flight += 1
                    return
                await self._changed.wait()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        async with self._changed:
            self.in_flight -= 1
            room = int(max(self.limit, 1.0)) - self.in_flight
            left = self.paused_until - time.monotonic()
            if left > 0:  # those who came while it was full have nobody else to wake them
                self._wake_in(left)
            elif room > 0:
                self._changed.notify(room)

    def _wake_in(self, seconds: float) -> None:
        """One timer for all that wait for the gate to open."""
        loop = asyncio.get_running_loop()
        if self._timer is None or self._timer.cancelled() or self._timer.when() <= loop.time():
            self._timer = loop.call_later(seconds + 0.005, self._wake)

    def _wake(self) -> None:
        async def wake() -> None:
            async with self._changed:
                self._changed.notify_all()

        self._wake_task = asyncio.ensure_future(wake())

    def throttled_seconds(self) -> float:
        """Seconds for which there were only refusals."""
        return 0.0 if self.throttled_since is None else time.monotonic() - self.throttled_since

    def on_success(self, headers: Mapping[str, str]) -> None:
        """A whole answer came."""
        self.throttled_since = None
        self.limit = min(self.limit + _STEP / max(self.limit, 1.0), float(self.max_concurrent))
        for kind in _LIMIT_KINDS:
            if headers.get(f"x-ratelimit-remaining-{kind}") == "0":
                reset = parse_duration(headers.get(f"x-ratelimit-reset-{kind}"))
                self.paused_until = max(self.paused_until, time.monotonic() + min(reset, 60.0))

    def on_throttle(self, headers: Mapping[str, str]) -> None:
        """A 429 came: narrow once for all those that were under way together, and close."""
        self.throttled_since = self.throttled_since or time.monotonic()
        wait = retry_after(headers)
        if time.monotonic() >= self.paused_until:
            self.limit = max(self.limit * _SHRINK, 1.0)
        self.paused_until = max(self.paused_until, time.monotonic() + wait)


def retry_after(headers: Mapping[str, str], default: float = 1.0) -> float:
    """Seconds a server asks to wait, from `retry-after-ms`, `retry-after` or the reset headers."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return min(float(headers[name]) * unit, 120.0)
        except (KeyError, ValueError):
            continue
    resets = [parse_duration(headers.get(f"x-ratelimit-reset-{kind}")) for kind in _LIMIT_KINDS]
    return min(max(resets), 120.0) or default


def parse_duration(text: str | None) -> float:
    """Seconds of `6m0s`, `120ms` or `1.5`; 0 for nothing."""
    if not text:
        return 0.0
    parts = _DURATION_PART.findall(text)
    if parts:
        return sum(float(number) * _SECONDS[unit] for number, unit in parts)
    try:
        return float(text)
    except ValueError:
        return 0.0
