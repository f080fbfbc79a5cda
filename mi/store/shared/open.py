"""Opening a store at an address: its files, its claims, and folders of this process."""

from __future__ import annotations

import os
import shutil
import time
import uuid
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ...files.cache import cache_root
from ...units.identity import digest
from . import process
from .backend import Backend, FolderBackend
from .leases import Leases
from .mirror import Mirror
from .object_backend import ObjectBackend
from .published import PublishedUnits
from .segmented_log import SegmentedLogs
from .store import SharedStore
from .workspace import Workspace

_STALE_SECONDS = 4 * 7 * 86400.0  # seconds after which another machine's folder is nobody's


def open_shared_store(url: str, lease_seconds: float, retry_seconds: float) -> SharedStore:
    """The store at an address; see `open_store`."""
    files = _open_backend(url, retry_seconds)
    mirror = cache_root() / "stores" / digest(url)[:16]
    own = _process_dir(mirror / "desks")
    logs = SegmentedLogs(files, mirror, own)
    desk = Workspace(files, own, own / "copies")
    store = SharedStore(
        root=mirror,
        url=url,
        backend=files,
        leases=Leases(files, lease_seconds),
        published_units=PublishedUnits(files, mirror),
        logs=logs,
        workspace=desk,
        mirror=Mirror(files, mirror, logs),
    )
    store.leases.on_heartbeat = store.upload_pending
    return store


def _open_backend(url: str, retry_seconds: float) -> Backend:
    parts = urlsplit(url)
    if parts.scheme == "file":
        return FolderBackend(Path(unquote(parts.path)), retry_seconds)
    objects = ObjectBackend.from_url(url, retry_seconds)
    objects.probe()
    return objects


def _process_dir(workspaces: Path) -> Path:
    """A folder for this process; those that nobody can be at any more are taken away.

    Whether a process runs is seen on its own machine alone, and machines may share this folder.
    """
    for path in workspaces.glob("*-*"):
        host, pid, _ = f"{path.name}--".split("-", 2)
        gone = (
            not process.is_running(int(pid))
            if host == process.host_digest() and pid.isdigit()
            else _is_stale(path)
        )
        if gone:
            shutil.rmtree(path, ignore_errors=True)
    return workspaces / f"{process.host_digest()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


def _is_stale(folder: Path) -> bool:
    """Whether nothing was written there for very long."""
    with suppress(OSError):
        paths = (folder, *folder.rglob("*"))
        return all(time.time() - path.stat().st_mtime > _STALE_SECONDS for path in paths)
    return False
