"""This machine's copy of what a database is made of, units aside.

A copy is written aside and renamed and only where the content is another one, so that any number of
processes read it, and its time of change tells whether there is something to load.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import attrs

from ...files import atomic
from ..checksums import RECORD_FILE
from .backend import Backend
from .segmented_log import SegmentedLogs

MAX_DOWNLOADS = 16
"""Fetches of small files."""


@attrs.define
class Mirror:
    """The copy.

    Args:
        parts: Of each log that was there when this was last looked at, its parts.
    """

    backend: Backend
    root: Path
    logs: SegmentedLogs
    segments: dict[str, dict[str, str]] = attrs.field(factory=dict)

    def refresh(self) -> None:
        """Have what runs selected, said and did, and journals, as they are now."""
        small: dict[str, str] = {}
        logs: dict[str, dict[str, str]] = {}
        for folder in ("journals", "runs", "cells", "retired"):
            for name, stamp in self.backend.versions(folder).items():
                log, _, part = name.rpartition("/")
                if folder == "journals" or (folder == "runs" and part != "run.json"):
                    logs.setdefault(log, {})[name] = stamp
                elif (
                    folder != "retired" or name.endswith(f"/{RECORD_FILE}") or "/journals/" in name
                ):
                    small[name] = stamp
        self.segments = logs
        self.download({name: stamp for name, stamp in small.items() if self._differs(name, stamp)})
        with ThreadPoolExecutor(MAX_DOWNLOADS) as pool:
            list(pool.map(self.logs.update_copy, logs, logs.values()))
        self._remove_stale({*small, *(f"{log}.jsonl" for log in logs)})

    def _differs(self, name: str, stamp: str) -> bool:
        """Whether the copy here is of another content."""
        with suppress(OSError):
            noted = (self.root / "stamps" / name).read_text(encoding="utf-8")
            return noted != stamp or not (self.root / name).exists()
        return True

    def download(self, names: Mapping[str, str]) -> None:
        """Fetch files of these names, each with its stamp."""
        with ThreadPoolExecutor(MAX_DOWNLOADS) as pool:
            list(pool.map(self._download, names, names.values()))

    def _download(self, name: str, stamp: str) -> None:
        path, note = self.root / name, self.root / "stamps" / name
        with atomic.translate_write_errors(path), suppress(FileNotFoundError):
            data = self.backend.read(name)
            for target, content in ((path, data), (note, stamp.encode())):
                target.parent.mkdir(parents=True, exist_ok=True)
                aside = atomic.temporary_path(target)
                aside.write_bytes(content)
                os.replace(aside, target)

    def _remove_stale(self, names: set[str]) -> None:
        """Take away copies of what is not there any more."""
        for folder in ("journals", "runs", "retired"):
            for path in (self.root / folder).rglob("*.json*"):
                if path.relative_to(self.root).as_posix() not in names:
                    path.unlink(missing_ok=True)
