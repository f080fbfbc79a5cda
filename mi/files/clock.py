"""The clock as records show it: UTC timestamps that sort as text."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta


def utc_timestamp(*, days_ago: float = 0.0) -> str:
    """The current time in UTC, to the millisecond: `2026-01-31T12:00:00.000Z`.

    Args:
        days_ago: The time so many days earlier.
    """
    moment = datetime.now(UTC) - timedelta(days=days_ago)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def utc_today() -> date:
    """The present day in UTC."""
    return datetime.now(UTC).date()


def timestamp_digits(timestamp: str) -> str:
    """The digits of a timestamp, for the names of files and runs."""
    return "".join(character for character in timestamp if character.isdigit())
