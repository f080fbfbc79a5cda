"""Folders in which this process works on units, and what is sent of them while it does.

Nobody else ever writes there, so a process that was taken for dead can wake up and do no harm. What
is sent, now and then and at the end, is what another machine goes on from.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import attrs

from ...errors import LeaseLost
from ...files import atomic
from .backend import Backend

_TEMPORARY_SUFFIXES = (".tmp", ".part")


@attrs.define
class Workspace:
    """This process's working folders.

    Args:
        root: Where they are; nobody else's.
        copies: Where others' are looked at.
    """

    backend: Backend
    root: Path
    snapshots: Path
    _uploaded: dict[str, dict[str, str]] = attrs.field(factory=dict)
    _lock: threading.RLock = attrs.field(factory=threading.RLock)

    def path(self, key: str) -> Path:
        """Where a unit is worked on here."""
        return self.root / "work" / key

    def restore(self, key: str) -> Path:
        """The folder of a unit that this process has claimed, with what was sent last."""
        folder = self.path(key)
        with self._lock:
            if key not in self._uploaded:
                self._uploaded[key] = self._download(key, folder)
        return folder

    def snapshot(self, key: str) -> Path:
        """What was last sent of a unit that somebody else is at, to be looked at."""
        folder = self.snapshots / key
        shutil.rmtree(folder, ignore_errors=True)
        if self.backend.versions(f"work/{key}/"):
            self._download(key, folder)
        return folder

    def upload(self, key: str) -> None:
        """Send what has changed, and take away there what is gone here."""
        folder = self.path(key)
        with self._lock:
            sent = self._uploaded.get(key)
            if sent is None or not folder.is_dir():
                return
            there = {}
            for path in sorted(folder.rglob("*")):
                if path.is_file() and not path.name.endswith(_TEMPORARY_SUFFIXES):
                    name = path.relative_to(folder).as_posix()
                    with suppress(FileNotFoundError):  # written and gone while this looked
                        there[name] = _version(path)
                        if sent.get(name) != there[name]:
                            self.backend.upload(path, f"work/{key}/{name}")
            gone = sent.keys() - there.keys()
            self.backend.delete([f"work/{key}/{name}" for name in gone])
            self._uploaded[key] = there

    def upload_all(self) -> None:
        """Send what has changed of all units at work."""
        for key in list(self._uploaded):
            self.upload(key)

    def release(self, key: str, assert_held: Callable[[], None]) -> None:
        """This process is done with the unit for now: what it has is sent, for others to go on.

        Args:
            sure: Raises `Lost` where the unit is another's by now, who goes on from what is there.
        """
        with self._lock:
            if key in self._uploaded:
                try:
                    with suppress(LeaseLost):
                        assert_held()
                        self.upload(key)
                finally:
                    self._uploaded.pop(key, None)
                    shutil.rmtree(self.path(key), ignore_errors=True)

    def clear(self, key: str) -> None:
        """The unit is published: nothing of its work is needed."""
        with self._lock:
            self._uploaded.pop(key, None)
            shutil.rmtree(self.path(key), ignore_errors=True)
        self.backend.delete(list(self.backend.versions(f"work/{key}/")))

    def _download(self, key: str, folder: Path) -> dict[str, str]:
        sent = {}
        with atomic.translate_write_errors(folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for name in self.backend.versions(f"work/{key}/"):
                path = folder / name.split("/", 2)[2]
                path.parent.mkdir(parents=True, exist_ok=True)
                with suppress(FileNotFoundError):
                    self.backend.download(name, path)
                    sent[path.relative_to(folder).as_posix()] = _version(path)
        return sent


def _version(path: Path) -> str:
    facts = os.stat(path)
    return f"{facts.st_ino}:{facts.st_size}:{facts.st_mtime_ns}"
