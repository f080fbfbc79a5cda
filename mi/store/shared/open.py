"""Opening a store at an address: its files, its claims, and folders of this process."""

from __future__ import annotations

import os
import shutil
import time
import uuid
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ...files.cache import root
from ...units.identity import digest
from . import process
from .backend import Files, Folder
from .leases import Claims
from .mirror import Mirror
from .object_backend import Objects
from .published import Units
from .segmented_log import Logs
from .store import SharedStore
from .workspace import Desk

_OLD = 4 * 7 * 86400.0  # seconds after which another machine's folder is nobody's


def at(url: str, seconds: float, patience: float) -> SharedStore:
    """The store at an address; see `open_store`."""
    files = _files(url, patience)
    mirror = root() / "stores" / digest(url)[:16]
    own = _own(mirror / "desks")
    logs = Logs(files, mirror, own)
    desk = Desk(files, own, own / "copies")
    store = SharedStore(
        root=mirror,
        url=url,
        files=files,
        claims=Claims(files, seconds),
        units=Units(files, mirror),
        logs=logs,
        desk=desk,
        mirror=Mirror(files, mirror, logs),
    )
    store.claims.beating = store.beat
    return store


def _files(url: str, patience: float) -> Files:
    parts = urlsplit(url)
    if parts.scheme == "file":
        return Folder(Path(unquote(parts.path)), patience)
    objects = Objects.at(url, patience)
    objects.probe()
    return objects


def _own(desks: Path) -> Path:
    """A folder for this process; those that nobody can be at any more are taken away.

    Whether a process runs is seen on its own machine alone, and machines may share this folder.
    """
    for path in desks.glob("*-*"):
        host, pid, _ = f"{path.name}--".split("-", 2)
        gone = (
            not process.runs(int(pid)) if host == process.short() and pid.isdigit() else _old(path)
        )
        if gone:
            shutil.rmtree(path, ignore_errors=True)
    return desks / f"{process.short()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


def _old(folder: Path) -> bool:
    """Whether nothing was written there for very long."""
    with suppress(OSError):
        paths = (folder, *folder.rglob("*"))
        return all(time.time() - path.stat().st_mtime > _OLD for path in paths)
    return False
