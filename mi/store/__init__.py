"""Stores of units: a folder, or a place that several machines share.

`base.py` is the interface. A path opens a `LocalStore`; an address such as `file:///shared/mi` or
`s3://bucket/mi` opens a `SharedStore`.
"""

from __future__ import annotations

from pathlib import Path

from ..spec import is_url
from ..spec.options import LEASE_SECONDS
from .base import Store
from .local import LocalStore

RETRY_SECONDS = 120.0
"""How long a shared place may fail to answer before an operation gives up."""


def open_store(
    location: str | Path,
    lease_seconds: float = LEASE_SECONDS,
    retry_seconds: float = RETRY_SECONDS,
) -> Store:
    """The store at a path, or at an address that several machines share.

    Args:
        location: A path, or a URL such as `s3://bucket/mi`.
        lease_seconds: How long a process may send no heartbeat before others take over its units.
        retry_seconds: How long the place may fail to answer before an operation gives up.

    Raises:
        UsageError: A package for this kind of address is not installed.
        StoreError: The place cannot keep two runs from doing the same unit.
    """
    if not is_url(location):
        return LocalStore(Path(location))
    from .shared.open import open_shared_store

    return open_shared_store(str(location).rstrip("/"), lease_seconds, retry_seconds)


__all__ = ["LEASE_SECONDS", "RETRY_SECONDS", "LocalStore", "Store", "open_store"]
