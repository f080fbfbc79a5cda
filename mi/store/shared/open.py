"""Opening a shared store: its backend, its leases, and directories of this process."""

from __future__ import annotations

import os
import shutil
import time
import uuid
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ...errors import UsageError
from ...files.cache import cache_root
from ...files.secrets import hide_credentials, restore_credentials
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

_STALE_SECONDS = 4 * 7 * 86400.0
"""Age of the newest file from which another machine's directory counts as abandoned."""


def open_shared_store(url: str, lease_seconds: float, retry_seconds: float) -> SharedStore:
    """The store at an address; see `open_store`.

    Args:
        url: `file:///…`, `s3://…` or another address that fsspec knows.
        lease_seconds: How long a process may send no heartbeat before others take over its units.
        retry_seconds: How long the place may fail to answer before an operation gives up.

    Raises:
        UsageError: A package for this kind of address is not installed.
        StoreError: The place cannot keep two runs from doing the same unit.
    """
    try:
        url = hide_credentials(url)
    except ValueError as error:
        raise UsageError(str(error), where="the store's address") from None
    backend = _open_backend(url, retry_seconds)
    root = cache_root() / "stores" / digest(url)[:16]
    process_dir = _process_dir(root / "desks")
    logs = SegmentedLogs(backend, root, process_dir)
    store = SharedStore(
        root=root,
        url=url,
        backend=backend,
        leases=Leases(backend, lease_seconds),
        published_units=PublishedUnits(backend, root),
        logs=logs,
        workspace=Workspace(backend, process_dir, process_dir / "copies"),
        mirror=Mirror(backend, root, logs),
    )
    store.leases.on_heartbeat = store.upload_pending
    return store


def _open_backend(url: str, retry_seconds: float) -> Backend:
    parts = urlsplit(url)
    if parts.scheme == "file":
        return FolderBackend(Path(unquote(parts.path)), retry_seconds)
    backend = ObjectBackend.from_url(url, retry_seconds, address=restore_credentials(url))
    backend.probe()
    return backend


def _process_dir(workspaces: Path) -> Path:
    """A directory for this process. Deletes those of processes that are certainly gone.

    Whether a process runs can be seen only on its own machine, and machines may share `workspaces`.
    """
    for path in workspaces.glob("*-*"):
        host, pid, _ = f"{path.name}--".split("-", 2)
        if host == process.host_digest() and pid.isdigit():
            is_abandoned = not process.is_running(int(pid))
        else:
            is_abandoned = _is_stale(path)
        if is_abandoned:
            shutil.rmtree(path, ignore_errors=True)
    return workspaces / f"{process.host_digest()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


def _is_stale(directory: Path) -> bool:
    """Whether nothing was written in a directory for four weeks."""
    with suppress(OSError):
        paths = (directory, *directory.rglob("*"))
        return all(time.time() - path.stat().st_mtime > _STALE_SECONDS for path in paths)
    return False
