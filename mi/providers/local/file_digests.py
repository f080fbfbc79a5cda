"""Cached digests of model files, and a lock that several processes share.

The cache only saves time: deleting it changes no result.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ...files import atomic
from ...files.cache import cache_root, file_digest
from ..types import Monitor

logger = logging.getLogger(__name__)


def cached_digest(path: Path) -> str:
    """`file_digest`, cached until the file's size or modification time changes."""
    stat = path.stat()
    key = f"{path.resolve()}\0{stat.st_size}\0{stat.st_mtime_ns}"
    entry = cache_root() / "digests" / hashlib.sha256(key.encode()).hexdigest()
    try:
        digest = entry.read_text(encoding="ascii")
        if len(digest) == 64:
            return digest
    except (OSError, ValueError):
        pass
    digest = file_digest(path)
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        temporary = atomic.temporary_path(entry)
        temporary.write_text(digest, encoding="ascii")
        os.replace(temporary, entry)
    except OSError as error:  # a cache that cannot be written costs time, nothing else
        logger.info("cannot cache the digest of %s: %s", path, error)
    return digest


@contextmanager
def file_lock(path: Path, monitor: Monitor) -> Iterator[None]:
    """Hold the lock file `path`, waiting while another process holds it.

    Raises:
        Interrupted: The user asked to stop while this process waited.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    is_announced = False
    while True:
        try:
            lock.acquire(timeout=1.0)
            break
        except Timeout:
            monitor.raise_if_stopped()
            if not is_announced:
                monitor.message("another process is fetching the model; waiting for it")
                is_announced = True
    try:
        yield
    finally:
        lock.release()
