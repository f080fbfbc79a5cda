"""What the store holds, by name, with a stamp that changes when it does.

A published unit is a folder that is never written to again, so its own time stamp is enough: a
listing takes one look at each thing and reads nothing. The mark of a listing is one digest over
all of it; a database that carries the mark of its store has nothing to catch up with.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from hashlib import sha256

from ..store.base import Store

ABSENT = "absent"
UNIT_PREFIXES = ("mix-", "train-", "eval-")


def list_fingerprints(store: Store) -> dict[str, str]:
    """Everything there is to load: name → stamp, sorted by name.

    Units and selections are called by their keys; logs, runs and what was put aside begin with
    `journal:`, `attempts:`, `run:` and `retired:`.
    """
    return dict(sorted(_fingerprints(store)))


def listing_digest(fingerprints: Mapping[str, str]) -> str:
    """The digest of a listing."""
    return sha256(
        "\n".join(f"{name} {stamp}" for name, stamp in fingerprints.items()).encode()
    ).hexdigest()


def _fingerprints(store: Store) -> Iterator[tuple[str, str]]:
    root = store.root
    for key, stamp in store.published_versions():
        if key.startswith(UNIT_PREFIXES):
            yield key, stamp
    for entry in _scan(f"{root}/cells"):
        if entry.name.endswith(".json"):
            yield entry.name.removesuffix(".json"), _entry_fingerprint(entry)
    for entry in _scan(f"{root}/runs"):
        facts = _path_fingerprint(f"{entry.path}/run.json")
        if facts != ABSENT:
            yield f"run:{entry.name}", facts
            yield f"attempts:{entry.name}", _path_fingerprint(f"{entry.path}/attempts.jsonl")
    for name, stamp in _journal_fingerprints(f"{root}/journals"):
        yield f"journal:{name.removesuffix('.jsonl')}", stamp
    for aside in _scan(f"{root}/retired"):
        for unit in _scan(f"{aside.path}/units"):
            record = _path_fingerprint(f"{unit.path}/unit.json")
            if record != ABSENT:
                yield f"retired:{aside.name}/units/{unit.name}/unit.json", record
        for name, stamp in _journal_fingerprints(f"{aside.path}/journals"):
            yield f"retired:{aside.name}/journals/{name}", stamp


def _journal_fingerprints(directory: str) -> Iterator[tuple[str, str]]:
    for entry in _scan(directory):
        if entry.name.endswith(".jsonl"):
            yield entry.name, _entry_fingerprint(entry)


def _scan(directory: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            yield from entries
    except (FileNotFoundError, NotADirectoryError):
        return


def _entry_fingerprint(entry: os.DirEntry[str]) -> str:
    try:
        facts = entry.stat()
    except FileNotFoundError:
        return ABSENT
    return f"{facts.st_size}:{facts.st_mtime_ns}"


def _path_fingerprint(path: str) -> str:
    try:
        facts = os.stat(path)
    except FileNotFoundError:
        return ABSENT
    return f"{facts.st_size}:{facts.st_mtime_ns}"
