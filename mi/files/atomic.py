"""Atomic writes: after a crash a file holds either its old or its new content, never a part.

Content goes to a temporary file in the same directory, which is then renamed into place. Errors of
the file system become `StoreError`, which names the path and says what to do.
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


def temporary_path(path: Path) -> Path:
    """A path beside `path` that no other thread or process writes to."""
    return path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")


def write_atomic(path: Path, text: str) -> None:
    """Write a file, fsync it and rename it into place.

    Raises:
        StoreError: The disk is full or not writable; the previous content is intact.
    """
    part = temporary_path(path)
    with translate_write_errors(path):
        try:
            # An error's text may hold half a character, which must not keep a record from the disk.
            with part.open("w", encoding="utf-8", errors="replace") as file:
                file.write(text)
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
