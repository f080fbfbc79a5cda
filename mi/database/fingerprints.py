"""What the store holds, by name, with a stamp that changes when it does.

A published unit is a folder that is never written to again, so its own time stamp is enough: a
listing takes one look at each thing and reads nothing. The mark of a listing is one digest over
all of it; a database that carries the mark of its store has nothing to catch up with.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from hashlib import sha256

from ..store.local import Store

ABSENT = "absent"
UNITS = ("mix-", "train-", "eval-")


def listing(store: Store) -> dict[str, str]:
    """Everything there is to load: name → stamp, sorted by name.

    Units and selections are called by their keys; logs, runs and what was put aside begin with
    `journal:`, `attempts:`, `run:` and `retired:`.
    """
    return dict(sorted(_everything(store)))


def mark(there: Mapping[str, str]) -> str:
    """The digest of a listing."""
    return sha256(
        "\n".join(f"{name} {stamp}" for name, stamp in there.items()).encode()
    ).hexdigest()


def _everything(store: Store) -> Iterator[tuple[str, str]]:
    root = store.root
    for key, stamp in store.stamps():
        if key.startswith(UNITS):
            yield key, stamp
    for entry in _entries(f"{root}/cells"):
        if entry.name.endswith(".json"):
            yield entry.name.removesuffix(".json"), _stamp(entry)
    for entry in _entries(f"{root}/runs"):
        facts = _stamp_of(f"{entry.path}/run.json")
        if facts != ABSENT:
            yield f"run:{entry.name}", facts
            yield f"attempts:{entry.name}", _stamp_of(f"{entry.path}/attempts.jsonl")
    for name, stamp in _journals(f"{root}/journals"):
        yield f"journal:{name.removesuffix('.jsonl')}", stamp
    for aside in _entries(f"{root}/retired"):
        for unit in _entries(f"{aside.path}/units"):
            record = _stamp_of(f"{unit.path}/unit.json")
            if record != ABSENT:
                yield f"retired:{aside.name}/units/{unit.name}/unit.json", record
        for name, stamp in _journals(f"{aside.path}/journals"):
            yield f"retired:{aside.name}/journals/{name}", stamp


def _journals(folder: str) -> Iterator[tuple[str, str]]:
    for entry in _entries(folder):
        if entry.name.endswith(".jsonl"):
            yield entry.name, _stamp(entry)


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except (FileNotFoundError, NotADirectoryError):
        return


def _stamp(entry: os.DirEntry[str]) -> str:
    try:
        facts = entry.stat()
    except FileNotFoundError:
        return ABSENT
    return f"{facts.st_size}:{facts.st_mtime_ns}"


def _stamp_of(path: str) -> str:
    try:
        facts = os.stat(path)
    except FileNotFoundError:
        return ABSENT
    return f"{facts.st_size}:{facts.st_mtime_ns}"
