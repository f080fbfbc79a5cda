"""Numbers and durations as text."""

from __future__ import annotations


def pluralize(number: int, noun: str) -> str:
    """`1 unit`, `2 units`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def format_duration(seconds: float) -> str:
    """A duration, no more precise than an estimate is: `40 s`, `6 min`, `3.5 h`."""
    if seconds < 90:
        return f"{max(round(seconds, -1), 1):.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def format_clock(seconds: float) -> str:
    """`0:08:12`."""
    total = round(seconds)
    return f"{total // 3600}:{total // 60 % 60:02}:{total % 60:02}"
