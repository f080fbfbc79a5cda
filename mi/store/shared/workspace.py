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

from ...errors import Lost
from ...files import atomic
from .backend import Files

_ASIDE = (".tmp", ".part")


@attrs.define
class Desk:
    """This process's working folders.

    Args:
        root: Where they are; nobody else's.
        copies: Where others' are looked at.
    """

    files: Files
    root: Path
    copies: Path
    _sent: dict[str, dict[str, str]] = attrs.field(factory=dict)
    _lock: threading.RLock = attrs.field(factory=threading.RLock)

    def folder(self, key: str) -> Path:
        """Where a unit is worked on here."""
        return self.root / "work" / key

    def take(self, key: str) -> Path:
        """The folder of a unit that this process has claimed, with what was sent last."""
        folder = self.folder(key)
        with self._lock:
            if key not in self._sent:
                self._sent[key] = self._fetch(key, folder)
        return folder

    def copy(self, key: str) -> Path:
        """What was last sent of a unit that somebody else is at, to be looked at."""
        folder = self.copies / key
        shutil.rmtree(folder, ignore_errors=True)
        if self.files.stamps(f"work/{key}/"):
            self._fetch(key, folder)
        return folder

    def send(self, key: str) -> None:
        """Send what has changed, and take away there what is gone here."""
        folder = self.folder(key)
        with self._lock:
            sent = self._sent.get(key)
            if sent is None or not folder.is_dir():
                return
            there = {}
            for path in sorted(folder.rglob("*")):
                if path.is_file() and not path.name.endswith(_ASIDE):
                    name = path.relative_to(folder).as_posix()
                    with suppress(FileNotFoundError):  # written and gone while this looked
                        there[name] = _stamp(path)
                        if sent.get(name) != there[name]:
                            self.files.send(path, f"work/{key}/{name}")
            gone = sent.keys() - there.keys()
            self.files.delete([f"work/{key}/{name}" for name in gone])
            self._sent[key] = there

    def send_all(self) -> None:
        """Send what has changed of all units at work."""
        for key in list(self._sent):
            self.send(key)

    def leave(self, key: str, sure: Callable[[], None]) -> None:
        """This process is done with the unit for now: what it has is sent, for others to go on.

        Args:
            sure: Raises `Lost` where the unit is another's by now, who goes on from what is there.
        """
        with self._lock:
            if key in self._sent:
                try:
                    with suppress(Lost):
                        sure()
                        self.send(key)
                finally:
                    self._sent.pop(key, None)
                    shutil.rmtree(self.folder(key), ignore_errors=True)

    def clear(self, key: str) -> None:
        """The unit is published: nothing of its work is needed."""
        with self._lock:
            self._sent.pop(key, None)
            shutil.rmtree(self.folder(key), ignore_errors=True)
        self.files.delete(list(self.files.stamps(f"work/{key}/")))

    def _fetch(self, key: str, folder: Path) -> dict[str, str]:
        sent = {}
        with atomic.written(folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for name in self.files.stamps(f"work/{key}/"):
                path = folder / name.split("/", 2)[2]
                path.parent.mkdir(parents=True, exist_ok=True)
                with suppress(FileNotFoundError):
                    self.files.fetch(name, path)
                    sent[path.relative_to(folder).as_posix()] = _stamp(path)
        return sent


def _stamp(path: Path) -> str:
    facts = os.stat(path)
    return f"{facts.st_ino}:{facts.st_size}:{facts.st_mtime_ns}"
