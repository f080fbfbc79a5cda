"""Stores that several machines share: `file:///shared/mi`, `s3://bucket/mi`."""

from __future__ import annotations

from pathlib import Path

from ..spec import is_url
from .local import Store

SECONDS = 60.0
"""How long a process at a unit may be silent before others take the unit over."""

PATIENCE = 120.0
"""Seconds for which a place may be away."""


def open_store(place: str | Path, seconds: float = SECONDS, patience: float = PATIENCE) -> Store:
    """The store at a path, or at an address that several machines share.

    Args:
        seconds: How long a process that is at a unit may be silent before others take over.
        patience: Seconds for which the place may be away.

    Raises:
        UsageError: A package is missing for that kind of address.
        StoreError: The place cannot keep two runs from doing the same.
    """
    if not is_url(place):
        return Store(Path(place))
    from .shared.open import at

    return at(str(place).rstrip("/"), seconds, patience)
