"""Simulated crashes: an exception that nothing handles, raised at a named call.

What follows starts anew from what is on the disk. Real kills are in `tests.support.kill`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Crash(BaseException):
    """The machine goes away."""


def crash_before(number: int, then: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap `then` so that it crashes at its `number`-th call, before doing anything."""
    calls = 0

    def call(*args: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == number:
            raise Crash
        return then(*args, **more)

    return call


def crash_after(number: int, then: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap `then` so that it crashes at its `number`-th call, when all is done."""
    calls = 0

    def call(*args: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        done = then(*args, **more)
        if calls == number:
            raise Crash
        return done

    return call
