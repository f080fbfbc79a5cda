"""Atomic writes: after a crash a file holds either its old or its new content, never a part.

Content goes to a temporary file in the same directory, which is then renamed into place. Errors of
the file system become `StoreError`, which names the path and says what to do.

What is created in a directory that is closed to others (0700) is closed to them too.
"""

from __future__ import annotations

import errno
import os
import resource
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import StoreError
from . import secrets

_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
"""Errors that say nothing about a file: this process, or the machine, has too much open."""
_UNWRITABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})


@contextmanager
def translate_write_errors(path: Path) -> Iterator[None]:
    """Raise `StoreError` for an `OSError` in the block, which writes `path`."""
    try:
        yield
    except OSError as error:
        raise write_error(error, path) from None


def write_error(error: OSError, path: Path) -> StoreError:
    """An error in writing a path, as a sentence."""
    return system_error(error, path) or StoreError(
        f"cannot be written ({error.strerror})",
        where=str(path),
        hint="free some space or fix the permissions, then run the same command again",
    )


def system_error(error: OSError, path: Path | str | None = None) -> StoreError | None:
    """An error as a sentence, if it is about the system: a full disk, or too many open files.

    Such an error says nothing about a file that was read: it may be whole.

    Args:
        error: The error.
        path: What was read or written; None: what the error names.
    """
    where = str(path or error.filename or "") or None
    if error.errno in _EXHAUSTED:
        return StoreError(
            f"cannot be opened ({error.strerror})",
            where=where,
            hint="allow more open files (`ulimit -n 4096`) or end other processes, then run the "
            "same command again",
        )
    if error.errno in _UNWRITABLE:
        return StoreError(
            f"cannot be written ({error.strerror})",
            where=where,
            hint="free some space, then run the same command again: what was paid for is kept",
        )
    return None


RESERVE = 64 << 20
"""Bytes that must be free on a disk before a run begins."""
LAST_RESERVE = 32 << 20
"""Bytes that stay free: a run stops before, and what is in flight still fits there."""
MIN_OPEN_FILES = 256
"""Files and connections that a run may have to open at the same time."""


def require_space(directory: Path, size: int = 0, reserve: int = RESERVE) -> None:
    """Check that a number of bytes can be written to a disk, and a reserve on top.

    Args:
        directory: A directory on the disk, which may not exist yet.
        size: The bytes.
        reserve: What has to stay free.

    Raises:
        StoreError: They do not fit.
    """
    free, needed = free_space(directory), size + reserve
    if free is not None and free < needed:
        raise StoreError(
            f"its disk has {free >> 20} MiB left, and {needed >> 20} MiB are needed",
            where=str(directory),
            hint="free some space (`mi gc` shows what nothing needs), then run the same command "
            "again",
        )


def free_space(directory: Path) -> int | None:
    """Bytes that this process can write to the disk of a directory; None if that is not known."""
    largest, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    for parent in (directory, *directory.parents):
        try:
            free = shutil.disk_usage(parent).free
        except FileNotFoundError:
            continue
        except OSError:
            break
        return free if largest == resource.RLIM_INFINITY else min(free, largest)
    return None


def require_open_files(number: int = MIN_OPEN_FILES) -> None:
    """Check that this process may open a number of files, and raise its own limit if it can.

    Raises:
        StoreError: It may not.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < number:
        if hard != resource.RLIM_INFINITY and hard < number:
            raise StoreError(
                f"this process may open {hard} files, and a run may need {number}",
                hint=f"allow more (`ulimit -n {number}`), then run the same command again",
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (number, hard))


def is_private(directory: Path) -> bool:
    """Whether only the owner of a directory may look into it."""
    try:
        return not directory.stat().st_mode & 0o077
    except OSError:
        return False


def make_dir(directory: Path, *, is_closed: bool = False) -> None:
    """Create a directory with its parents; below a private one they are private.

    Args:
        directory: The directory. Nothing is changed if it exists.
        is_closed: Whether the directory itself is to be private, wherever it is.

    Raises:
        OSError: It cannot be created.
    """
    if directory.is_dir():
        return
    if directory.parent != directory:
        make_dir(directory.parent)
    is_closed = is_closed or is_private(directory.parent)
    directory.mkdir(0o700 if is_closed else 0o777, exist_ok=True)


def open_private(path: str | Path, flags: int) -> int:
    """Open a file as `os.open` does; a new one in a private directory is private (an `opener`)."""
    return os.open(path, flags, 0o600 if is_private(Path(path).parent) else 0o666)


def close_to_others(directory: Path) -> None:
    """Make everything below a private directory private, whoever wrote it.

    Raises:
        OSError: A mode cannot be changed.
    """
    if is_private(directory):
        for path in directory.rglob("*"):
            if not path.is_symlink():
                path.chmod(0o700 if path.is_dir() else 0o600)


def write_private(path: Path, text: str) -> None:
    """Write a file whose loss costs nothing; in a private directory it is private.

    Raises:
        OSError: It cannot be written.
    """
    with open(path, "w", encoding="utf-8", opener=open_private) as file:
        file.write(text)


def temporary_path(path: Path) -> Path:
    """A path beside `path` that no other thread or process writes to."""
    return path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")


def write_atomic(path: Path, text: str) -> None:
    """Write a file without secrets, fsync it and rename it into place.

    Raises:
        StoreError: The disk is full or not writable; the previous content is intact.
    """
    part = temporary_path(path)
    with translate_write_errors(path):
        try:
            # An error's text may hold half a character, which must not keep a record from the disk.
            with open(part, "w", encoding="utf-8", errors="replace", opener=open_private) as file:
                file.write(secrets.redact_document(text))
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)


def fsync_directory(directory: Path) -> None:
    """Flush a directory's entries to the disk, so that a rename in it survives a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
