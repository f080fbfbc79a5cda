"""Atomic writes: after a crash a file holds either its old or its new content, never a part.

Content goes to a temporary file in the same directory, which is then renamed into place. Errors of
the file system become `StoreError`, which names the path and says what to do.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import StoreError


@contextmanager
def translate_write_errors(path: Path) -> Iterator[None]:
    """Raise `StoreError` for an `OSError` in the block, which writes `path`."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"cannot be written ({error.strerror})",
            where=str(path),
            hint="free some space or fix the permissions, then run the same command again",
        ) from None


RESERVE = 64 << 20
"""Bytes that stay free on a disk. What is paid for has to fit there when it arrives."""


def require_space(directory: Path, size: int = 0) -> None:
    """Check that a number of bytes can be written to a disk, and a reserve on top.

    Args:
        directory: A directory on the disk, which may not exist yet.
        size: The bytes.

    Raises:
        StoreError: They do not fit.
    """
    free = free_space(directory)
    if free is not None and free < size + RESERVE:
        raise StoreError(
            f"its disk has {free >> 20} MiB left, and {(size + RESERVE) >> 20} MiB are needed",
            where=str(directory),
            hint="free some space (`mi gc` shows what nothing needs), then run the same command "
            "again",
        )


def free_space(directory: Path) -> int | None:
    """Bytes that this process can write to the disk of a directory; None if that is not known."""
    for parent in (directory, *directory.parents):
        try:
            return shutil.disk_usage(parent).free
        except FileNotFoundError:
            continue
        except OSError:
            break
    return None


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
