"""How far units under way are, in files on this machine that may be lost without harm.

A run writes them every few seconds, so that `mi status` in another terminal can show them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ..errors import StoreError
from ..files import atomic, gate
from .layout import PROGRESS, StoreLayout

_PROGRESS = gate.Shape(
    noun="a progress",
    required={},
    allowed={
        "what": gate.text,
        "unit": gate.text,
        "note": gate.text,
        "at": gate.timestamp,
        "pid": gate.count,
        **dict.fromkeys(("total", "done", "skipped", "began"), gate.number),
    },
)


def save_progress(layout: StoreLayout, key: str, progress: Mapping[str, Any]) -> None:
    """Replace the progress of a unit; a full disk is ignored.

    Args:
        layout: The store on this machine.
        key: The unit.
        progress: JSON values such as phase, steps done and steps in total.
    """
    with suppress(StoreError):
        layout.ensure_dir(PROGRESS)
    path = layout.progress_file(key)
    temporary = atomic.temporary_path(path)
    with suppress(OSError):
        atomic.write_private(temporary, json.dumps(progress))
        os.replace(temporary, path)


def load_progress(layout: StoreLayout, key: str) -> dict[str, Any] | None:
    """The last progress of a unit, or None if no run is working on it."""
    try:
        return _PROGRESS.parse(gate.read_file(layout.progress_file(key)))
    except (OSError, gate.Refused):
        return None


def clear_progress(layout: StoreLayout, key: str) -> None:
    """Remove the progress of a unit that no run is working on any more."""
    with suppress(OSError):  # a store that cannot be written keeps it
        layout.progress_file(key).unlink(missing_ok=True)
