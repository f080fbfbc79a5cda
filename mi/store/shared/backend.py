"""Files that several machines share, of a folder or an object store.

The little that a store needs of them, and what every such place can do: a file is written whole or
not at all, and one can be made only where there is none. Nothing is renamed, appended to or locked.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import attrs

from ...files import atomic
from .retry import retry_io

T = TypeVar("T")


class Backend(Protocol):
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

    def upload(self, path: Path, name: str) -> None:
        """`write` of a file of this machine."""

    def download(self, name: str, path: Path) -> None:
        """A copy at `path`, whose folder is there; otherwise as `read`."""

    def versions(self, directory: str) -> dict[str, str]:
        """The names of all files below a folder, each with what changes when it does."""

    def exists(self, name: str) -> bool:
        """Whether there is one of that name."""

    def delete(self, names: Iterable[str]) -> None:
        """Take away those that are there."""


@attrs.frozen
class FolderBackend:
    """A folder that all machines see, such as one of a network file system.

    Args:
        patience: Seconds for which it may be away.
    """

    root: Path
    retry_seconds: float = 120.0

    def read(self, name: str) -> bytes:
        return self._retry((self.root / name).read_bytes)

    def write(self, name: str, data: bytes) -> None:
        path = self.root / name
        with _temporary_path(path) as aside:

            def put() -> None:
                _write_synced(aside, data)
                os.replace(aside, path)

            self._retry(put)

    def create(self, name: str, data: bytes) -> bool:
        path = self.root / name
        with _temporary_path(path) as aside:

            def linked() -> bool:
                try:
                    os.link(aside, path)  # whole from the start, and atomic over a network too
                except FileExistsError:  # perhaps by this very call: its answer may be lost
                    return os.stat(aside).st_nlink > 1
                return True

            self._retry(lambda: _write_synced(aside, data))
            return self._retry(linked)

    def upload(self, path: Path, name: str) -> None:
        self.write(name, path.read_bytes())

    def download(self, name: str, path: Path) -> None:
        path.write_bytes(self.read(name))

    def versions(self, directory: str) -> dict[str, str]:
        return self._retry(lambda: dict(self._versions(directory)))

    def exists(self, name: str) -> bool:
        def there() -> bool:
            try:
                os.stat(self.root / name)
            except (FileNotFoundError, NotADirectoryError):
                return False
            return True

        return self._retry(there)

    def delete(self, names: Iterable[str]) -> None:
        for name in names:
            self._retry(partial((self.root / name).unlink, missing_ok=True))

    def _versions(self, directory: str) -> Iterator[tuple[str, str]]:
        for at, _, names in os.walk(self.root / directory, onerror=_raise_unlisted):
            for name in names:
                path = Path(at, name)
                with suppress(FileNotFoundError):  # taken away while this looked
                    if path.suffix != ".part":
                        facts = path.stat()
                        stamp = f"{facts.st_ino}:{facts.st_size}:{facts.st_mtime_ns}"
                        yield path.relative_to(self.root).as_posix(), stamp

    def _retry(self, call: Callable[[], T]) -> T:
        return retry_io(call, self.retry_seconds, str(self.root))


def _raise_unlisted(error: OSError) -> None:
    """A folder that could not be listed is not an empty one: what hangs on that is paid for."""
    if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
        raise error


@contextmanager
def _temporary_path(path: Path) -> Iterator[Path]:
    """A name beside `path` that no writer on any machine has; nothing is there afterwards."""
    aside = path.with_name(f"{path.name}.{uuid.uuid4().hex[:12]}.part")
    with atomic.translate_write_errors(path):
        try:
            yield aside
        finally:
            with suppress(OSError):
                aside.unlink(missing_ok=True)


def _write_synced(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
