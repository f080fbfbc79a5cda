"""A limit of requests in a sliding window, and the headers that tell of it."""

from __future__ import annotations

import time
from collections import defaultdict, deque

import attrs

UNLIMITED = (30_000, 60.0)


@attrs.define
class Limit:
    """When each account's latest requests came."""

    seen: defaultdict[str, deque[float]] = attrs.field(factory=lambda: defaultdict(deque))

    def wait(self, account: str, limit: tuple[int, float]) -> float:
        """Seconds until a request would be let in; 0 lets this one in."""
        most, window = limit
        now, seen = time.monotonic(), self.seen[account]
        while seen and seen[0] <= now - window:
            seen.popleft()
        if len(seen) < most:
            seen.append(now)
            return 0.0
        return seen[0] + window - now + 0.001

    def headers(self, account: str, limit: tuple[int, float] | None) -> dict[str, str]:
        most, window = limit or UNLIMITED
        left = most - len(self.seen[account])
        return {
            "x-ratelimit-limit-requests": str(most),
            "x-ratelimit-remaining-requests": str(left),
            "x-ratelimit-reset-requests": f"{1000 * window / most:.0f}ms",
            "x-ratelimit-limit-tokens": "150000000",
            "x-ratelimit-remaining-tokens": "149999000",
            "x-ratelimit-reset-tokens": "0s",
        }
