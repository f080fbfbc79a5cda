"""Atomic writes: after a crash a file holds either its old or its new content, never a part.

Content goes to a temporary file in the same directory, which is then renamed into place. Errors of
the file system become `StoreError`, which names the path and says what to do.
"""

from __future__ import annotations

import os
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
