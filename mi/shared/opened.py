"""Opening a store at an address: its files, its claims, and folders of this process."""

from __future__ import annotations

import os
import shutil
import uuid
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..cache import root
from ..identity import digest
from .claims import Claims
from .desk import Desk
from .files import Files, Folder
from .logs import Logs
from .mirror import Mirror
from .objects import Objects
from .store import SharedStore
from .units import Units


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
        return Folder(Path(unquote(parts.path)))
    objects = Objects.at(url, patience)
    objects.probe()
    return objects


def _own(desks: Path) -> Path:
    """A folder for this process; those of processes that are gone are taken away."""
    for path in desks.glob("*-*"):
        with suppress(ValueError):
            if not _runs(int(path.name.partition("-")[0])):
                shutil.rmtree(path, ignore_errors=True)
    return desks / f"{os.getpid()}-{uuid.uuid4().hex[:8]}"


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
