"""The clock as records show it: UTC timestamps that sort as text."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_timestamp() -> str:
    """The current time in UTC, to the millisecond: `2026-01-31T12:00:00.000Z`."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def timestamp_digits(timestamp: str) -> str:
    """The digits of a timestamp, for the names of files and runs."""
    return "".join(character for character in timestamp if character.isdigit())
