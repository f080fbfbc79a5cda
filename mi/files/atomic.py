"""Writing files: an error of the file system is a sentence, and a cut leaves what stood before."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import StoreError


@contextmanager
def translate_write_errors(path: Path) -> Iterator[None]:
    """Turn an error of the file system, met while writing `path`, into a sentence."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"cannot be written ({error.strerror})",
            where=str(path),
            hint="free some space or mend the permissions, then run the same command again",
        ) from None


def temporary_path(path: Path) -> Path:
    """Where this thread writes what is then renamed to `path`: a name no other writer has."""
    return path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")


def write_atomic(path: Path, text: str) -> None:
    """Write a file aside and rename it into place.

    Raises:
        StoreError: The disk is full or cannot be written; what stood there before still does.
    """
    part = temporary_path(path)
    with translate_write_errors(path):
        try:
            with part.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)


def fsync_directory(directory: Path) -> None:
    """Flush a folder's names to the disk."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
