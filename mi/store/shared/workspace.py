"""Directories in which this process works on units, and what it uploads of them.

Only this process writes there, so a process that was taken for dead can wake up and do no harm.
Another machine resumes from what was uploaded, at intervals and at the end.
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
from ..layout import WORK
from .backend import Backend

_TEMPORARY_SUFFIXES = (".tmp", ".part")


@attrs.define
class Workspace:
    """The working directories of this process.

    Args:
        backend: The files at the shared place.
        root: Where the directories are; no other process uses it.
        snapshots: Where the directories of other processes are downloaded to, to look at.
        _uploaded: Key of a unit under way → name and version of each file that was uploaded.
    """

    backend: Backend
    root: Path
    snapshots: Path
    _uploaded: dict[str, dict[str, str]] = attrs.field(factory=dict)
    _lock: threading.RLock = attrs.field(factory=threading.RLock)

    def path(self, key: str) -> Path:
        """The working directory of a unit in this process; it may not exist."""
        return self.root / WORK / key

    def restore(self, key: str) -> Path:
        """Create the directory of a unit that this process has locked, with the last upload."""
        directory = self.path(key)
        with self._lock:
            if key not in self._uploaded:
                self._uploaded[key] = self._download(key, directory)
        return directory

    def snapshot(self, key: str) -> Path:
        """Download the last upload of a unit that another process works on, to look at."""
        directory = self.snapshots / key
        shutil.rmtree(directory, ignore_errors=True)
        if self.backend.versions(f"{WORK}/{key}/"):
            self._download(key, directory)
        return directory

    def upload(self, key: str) -> None:
        """Upload the files that have changed, and delete those uploaded that are gone."""
        directory = self.path(key)
        with self._lock:
            uploaded = self._uploaded.get(key)
            if uploaded is None or not directory.is_dir():
                return
            current = {}
            for path in sorted(directory.rglob("*")):
                if path.is_file() and not path.name.endswith(_TEMPORARY_SUFFIXES):
                    name = path.relative_to(directory).as_posix()
                    with suppress(FileNotFoundError):  # deleted since the directory was listed
                        current[name] = _version(path)
                        if uploaded.get(name) != current[name]:
                            self.backend.upload(path, f"{WORK}/{key}/{name}")
            removed = uploaded.keys() - current.keys()
            self.backend.delete([f"{WORK}/{key}/{name}" for name in removed])
            self._uploaded[key] = current

    def upload_all(self) -> None:
        """Upload the changed files of all units under way."""
        for key in list(self._uploaded):
            self.upload(key)

    def release(self, key: str, assert_held: Callable[[], None]) -> None:
        """Upload this process's work on a unit and delete it here, so that another can resume.

        Args:
            key: The unit.
            assert_held: Raises LeaseLost if another process has taken over the unit. Then nothing
                is uploaded, because that process resumes from what was uploaded before.
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
        """Delete all work on a unit, here and at the shared place, because it is published."""
        with self._lock:
            self._uploaded.pop(key, None)
            shutil.rmtree(self.path(key), ignore_errors=True)
        self.backend.delete(list(self.backend.versions(f"{WORK}/{key}/")))

    def _download(self, key: str, directory: Path) -> dict[str, str]:
        """Download the last upload of a unit. Returns the version of each file."""
        versions = {}
        with atomic.translate_write_errors(directory):
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir(parents=True)
            for name in self.backend.versions(f"{WORK}/{key}/"):
                path = directory / name.split("/", 2)[2]
                path.parent.mkdir(parents=True, exist_ok=True)
                with suppress(FileNotFoundError):  # deleted since the directory was listed
                    self.backend.download(name, path)
                    versions[path.relative_to(directory).as_posix()] = _version(path)
        return versions


def _version(path: Path) -> str:
    facts = os.stat(path)
    return f"{facts.st_ino}:{facts.st_size}:{facts.st_mtime_ns}"
