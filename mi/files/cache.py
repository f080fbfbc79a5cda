"""The cache directory: files that can be downloaded or computed again.

No result depends on it: deleting it only costs time.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

ByteProgress = Callable[[int, int | None], None]
"""Called with the number of bytes that have arrived, and of all bytes (None: unknown)."""


def cache_root() -> Path:
    """`MI_CACHE`, else `$XDG_CACHE_HOME/mi`, else `~/.cache/mi`."""
    if configured := os.environ.get("MI_CACHE"):
        return Path(configured).expanduser()
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "mi"


def file_digest(path: Path) -> str:
    """sha256 of a file's bytes, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
