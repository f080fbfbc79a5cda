"""Files that several machines share, of a folder or an object store.

The little that a store needs of them, and what every such place can do: a file is written whole or
not at all, and one can be made only where there is none. Nothing is renamed, appended to or locked.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import attrs

from .. import journal


class Files(Protocol):
    """Names are relative, with slashes."""

    def read(self, name: str) -> bytes:
        """The content.

        Raises:
            FileNotFoundError: There is none of that name.
            StoreError: The place did not answer for long.
        """

    def write(self, name: str, data: bytes) -> None:
        """Put a file there, in place of what was there."""

    def create(self, name: str, data: bytes) -> bool:
        """Put a file there unless there is one; whether this one is it."""

    def send(self, path: Path, name: str) -> None:
        """`write` of a file of this machine."""

    def fetch(self, name: str, path: Path) -> None:
        """A copy at `path`, whose folder is there; otherwise as `read`."""

    def stamps(self, folder: str) -> dict[str, str]:
        """The names of all files below a folder, each with what changes when it does."""

    def exists(self, name: str) -> bool:
        """Whether there is one of that name."""

    def delete(self, names: Iterable[str]) -> None:
        """Take away those that are there."""


@attrs.frozen
class Folder:
    """A folder that all machines see, such as one of a network file system."""

    root: Path

    def read(self, name: str) -> bytes:
        return (self.root / name).read_bytes()

    def write(self, name: str, data: bytes) -> None:
        path = self.root / name
        with journal.written(path):
            os.replace(self._aside(path, data), path)

    def create(self, name: str, data: bytes) -> bool:
        path = self.root / name
        with journal.written(path):
            aside = self._aside(path, data)
            try:
                os.link(aside, path)  # whole from the start, and atomic over a network too
                return True
            except FileExistsError:
                return False
            finally:
                aside.unlink()

    def send(self, path: Path, name: str) -> None:
        self.write(name, path.read_bytes())

    def fetch(self, name: str, path: Path) -> None:
        path.write_bytes(self.read(name))

    def stamps(self, folder: str) -> dict[str, str]:
        found = {}
        for at, _, names in os.walk(self.root / folder):
            for name in names:
                path = Path(at, name)
                with suppress(FileNotFoundError):  # taken away while this looked
                    if path.suffix != ".part":
                        facts = path.stat()
                        stamp = f"{facts.st_ino}:{facts.st_size}:{facts.st_mtime_ns}"
                        found[path.relative_to(self.root).as_posix()] = stamp
        return found

    def exists(self, name: str) -> bool:
        return (self.root / name).exists()

    def delete(self, names: Iterable[str]) -> None:
        for name in names:
            (self.root / name).unlink(missing_ok=True)

    def _aside(self, path: Path, data: bytes) -> Path:
        aside = journal.aside(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        return aside
