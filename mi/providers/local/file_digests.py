"""The folder of what can be fetched or computed again, and the digests of files.

Nothing in it is needed for a result to stand: deleting it costs time only.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ...files import atomic
from ...files.cache import cache_root, file_digest
from ..types import Monitor


def cached_digest(path: Path) -> str:
    """`file_digest`, remembered while the file's size and time of change stay what they were."""
    stat = path.stat()
    key = f"{path.resolve()}\0{stat.st_size}\0{stat.st_mtime_ns}"
    note = cache_root() / "digests" / hashlib.sha256(key.encode()).hexdigest()
    try:
        known = note.read_text(encoding="ascii")
        if len(known) == 64:
            return known
    except (OSError, ValueError):
        pass
    digest = file_digest(path)
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        aside = atomic.temporary_path(note)
        aside.write_text(digest, encoding="ascii")
        os.replace(aside, note)
    except OSError:
        pass  # a cache that cannot be written costs time, nothing else
    return digest


@contextmanager
def file_lock(path: Path, monitor: Monitor) -> Iterator[None]:
    """Hold the lock `path`, waiting for other processes; stops waiting when the user does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    told = False
    while True:
        try:
            lock.acquire(timeout=1.0)
            break
        except Timeout:
            monitor.raise_if_stopped()
            if not told:
                monitor.message("another process is fetching the model; waiting for it")
                told = True
    try:
        yield
    finally:
        lock.release()
