"""The folder of what can be fetched or computed again.

Nothing in it is needed for a result to stand: deleting it costs time only.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

ByteProgress = Callable[[int, int | None], None]
"""Hears how many bytes of a file are there, and of how many; None: not known."""


def cache_root() -> Path:
    """`MI_CACHE`, else `$XDG_CACHE_HOME/mi`, else `~/.cache/mi`."""
    if named := os.environ.get("MI_CACHE"):
        return Path(named).expanduser()
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "mi"


def file_digest(path: Path) -> str:
    """sha256 of a file's bytes, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
