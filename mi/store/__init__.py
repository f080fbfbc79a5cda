"""Stores that several machines share: `file:///shared/mi`, `s3://bucket/mi`."""

from __future__ import annotations

from pathlib import Path

from ..spec import is_url
from .local import Store

LEASE_SECONDS = 60.0
"""How long a process at a unit may be silent before others take the unit over."""

RETRY_SECONDS = 120.0
"""Seconds for which a place may be away."""


def open_store(
    location: str | Path, lease_seconds: float = LEASE_SECONDS, retry_seconds: float = RETRY_SECONDS
) -> Store:
    """The store at a path, or at an address that several machines share.

    Args:
        seconds: How long a process that is at a unit may be silent before others take over.
        patience: Seconds for which the place may be away.

    Raises:
        UsageError: A package is missing for that kind of address.
        StoreError: The place cannot keep two runs from doing the same.
    """
    if not is_url(location):
        return Store(Path(location))
    from .shared.open import open_shared_store

    return open_shared_store(str(location).rstrip("/"), lease_seconds, retry_seconds)
