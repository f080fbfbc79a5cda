"""Files that several machines share, in a folder or an object store.

A store needs little of them, and every kind of place can do it: a file is written completely or not
at all, and a file can be created only where none exists. Nothing is renamed, appended to or locked.
"""

from __future__ import annotations

import errno
import os
import stat
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import attrs

from ...errors import CorruptError
from ...files import atomic
from .retry import retry_io

T = TypeVar("T")


class Backend(Protocol):
    """The files at a shared place. Names are relative, with slashes.

    Every method raises StoreError if the place does not answer for long.
    """

    def read(self, name: str) -> bytes:
        """The content of a file.

        Raises:
            FileNotFoundError: No file has that name.
        """

    def write(self, name: str, data: bytes) -> None:
        """Write a file, replacing any that has that name."""

    def create(self, name: str, data: bytes) -> bool:
        """Write a file unless one has that name. Returns whether the file is this one."""

    def upload(self, path: Path, name: str) -> None:
        """Write a file with the content of a file of this machine."""

    def download(self, name: str, path: Path) -> None:
        """Copy a file to `path`, whose directory exists.

        Raises:
            FileNotFoundError: No file has that name.
        """

    def versions(self, directory: str) -> dict[str, str]:
        """All files below a directory: name → a text that changes when the file does."""

    def exists(self, name: str) -> bool:
        """Whether a file has that name."""

    def delete(self, names: Iterable[str]) -> None:
        """Delete files; those that do not exist are ignored."""


@attrs.frozen
class FolderBackend:
    """A folder that all machines see, such as one of a network file system.

    Args:
        root: The folder.
        retry_seconds: How long it may be unavailable before an operation gives up.
    """

    root: Path
    retry_seconds: float = 120.0

    def read(self, name: str) -> bytes:
        return self._retry(lambda: _read_regular(self.root / name))

    def write(self, name: str, data: bytes) -> None:
        path = self.root / name
        with _temporary_path(path) as temporary:

            def replace() -> None:
                _write_synced(temporary, data)
                os.replace(temporary, path)

            self._retry(replace)

    def create(self, name: str, data: bytes) -> bool:
        path = self.root / name
        with _temporary_path(path) as temporary:

            def link() -> bool:
                try:
                    # A link is complete from the start, and atomic over a network too.
                    os.link(temporary, path)
                except FileExistsError:
                    # An earlier try of this call may have created it, and its reply been lost.
                    return os.stat(temporary).st_nlink > 1
                return True

            self._retry(lambda: _write_synced(temporary, data))
            return self._retry(link)

    def upload(self, path: Path, name: str) -> None:
        self.write(name, path.read_bytes())

    def download(self, name: str, path: Path) -> None:
        path.write_bytes(self.read(name))

    def versions(self, directory: str) -> dict[str, str]:
        return self._retry(lambda: dict(self._versions(directory)))

    def exists(self, name: str) -> bool:
        def has_status() -> bool:
            try:
                os.stat(self.root / name)
            except (FileNotFoundError, NotADirectoryError):
                return False
            return True

        return self._retry(has_status)

    def delete(self, names: Iterable[str]) -> None:
        for name in names:
            self._retry(partial((self.root / name).unlink, missing_ok=True))

    def _versions(self, directory: str) -> Iterator[tuple[str, str]]:
        for parent, _, names in os.walk(self.root / directory, onerror=_raise_unlisted):
            for name in names:
                path = Path(parent, name)
                with suppress(FileNotFoundError):  # deleted since the directory was listed
                    if path.suffix != ".part":
                        facts = path.lstat()
                        if not stat.S_ISREG(facts.st_mode):
                            continue
                        version = f"{facts.st_ino}:{facts.st_size}:{facts.st_mtime_ns}"
                        yield path.relative_to(self.root).as_posix(), version

    def _retry(self, call: Callable[[], T]) -> T:
        return retry_io(call, self.retry_seconds, str(self.root))


def _read_regular(path: Path) -> bytes:
    """The content of a file. A link could lead anywhere, and a pipe would hang.

    Raises:
        CorruptError: It is something else.
        OSError: It cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise CorruptError("is a symbolic link", where=str(path)) from None
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise CorruptError("is not a regular file", where=str(path))
        return file.read()


def read_existing(backend: Backend, name: str) -> bytes | None:
    """The content of a file, or None if no file has that name."""
    try:
        return backend.read(name)
    except FileNotFoundError:
        return None


def _raise_unlisted(error: OSError) -> None:
    """Refuse to take a directory for empty that could not be listed: work would be paid twice."""
    if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
        raise error


@contextmanager
def _temporary_path(path: Path) -> Iterator[Path]:
    """A name beside `path` that no other writer on any machine uses; deleted at the end."""
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex[:12]}.part")
    with atomic.translate_write_errors(path):
        try:
            yield temporary
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def _write_synced(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
