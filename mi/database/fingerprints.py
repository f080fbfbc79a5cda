"""What the store holds, by name, with a fingerprint that changes when the content does.

A published unit is a directory that is never written to again, so its version is enough: a listing
takes one `stat` per entry and reads nothing. The digest of a listing stands for all of it: a
database that carries the digest of its store is up to date.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from hashlib import sha256

from ..store.base import Store
from ..store.layout import is_stray
from ..units.unit import Evaluate, Mix, Replay, Train

ABSENT = "absent"
"""The fingerprint of a file that does not exist."""
MIX, TRAIN, REPLAY, EVAL = (f"{payload.kind}-" for payload in (Mix, Train, Replay, Evaluate))
UNIT_PREFIXES = (MIX, TRAIN, REPLAY, EVAL)
"""What the keys of units begin with."""
SELECTION = "selection-"
JOURNAL, ATTEMPTS, RUN, RETIRED = "journal:", "attempts:", "run:", "retired:"
REGISTRATION, CALIBRATION = "registration:", "calibration:"
"""What the names of everything else begin with."""


def list_fingerprints(store: Store) -> dict[str, str]:
    """Everything there is to load: name → fingerprint, sorted by name.

    Units and selections are named by their keys. The names of logs, runs, registrations,
    calibrations and archived records begin with `journal:`, `attempts:`, `run:`, `registration:`,
    `calibration:` and `retired:`.
    """
    return dict(sorted(_fingerprints(store)))


def listing_digest(fingerprints: Mapping[str, str]) -> str:
    """The digest of a listing."""
    return sha256(
        "\n".join(f"{name} {fingerprint}" for name, fingerprint in fingerprints.items()).encode()
    ).hexdigest()


def _fingerprints(store: Store) -> Iterator[tuple[str, str]]:
    root = store.root
    for key, version in store.published_versions():
        if key.startswith(UNIT_PREFIXES):
            yield key, version
    for entry in _scan(f"{root}/cells"):
        if entry.name.endswith(".json"):
            yield entry.name.removesuffix(".json"), _entry_fingerprint(entry)
    for entry in _scan(f"{root}/registrations"):
        if entry.name.endswith(".json"):
            name = entry.name.removesuffix(".json")
            yield f"{REGISTRATION}{name}", _entry_fingerprint(entry)
    for entry in _scan(f"{root}/calibrations"):
        if entry.name.endswith(".json"):
            name = entry.name.removesuffix(".json")
            yield f"{CALIBRATION}{name}", _entry_fingerprint(entry)
    for entry in _scan(f"{root}/runs"):
        record = _path_fingerprint(f"{entry.path}/run.json")
        if record != ABSENT:
            yield f"{RUN}{entry.name}", record
            yield f"{ATTEMPTS}{entry.name}", _path_fingerprint(f"{entry.path}/attempts.jsonl")
    for name, fingerprint in _journal_fingerprints(f"{root}/journals"):
        yield f"{JOURNAL}{name.removesuffix('.jsonl')}", fingerprint
    for archive in _scan(f"{root}/retired"):
        for unit in _scan(f"{archive.path}/units"):
            record = _path_fingerprint(f"{unit.path}/unit.json")
            if record != ABSENT:
                yield f"{RETIRED}{archive.name}/units/{unit.name}/unit.json", record
        for name, fingerprint in _journal_fingerprints(f"{archive.path}/journals"):
            yield f"{RETIRED}{archive.name}/journals/{name}", fingerprint


def _journal_fingerprints(directory: str) -> Iterator[tuple[str, str]]:
    for entry in _scan(directory):
        if entry.name.endswith(".jsonl"):
            yield entry.name, _entry_fingerprint(entry)


def _scan(directory: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            yield from (entry for entry in entries if not is_stray(entry.name))
    except (FileNotFoundError, NotADirectoryError):
        return


def _entry_fingerprint(entry: os.DirEntry[str]) -> str:
    try:
        return _stat_fingerprint(entry.stat())
    except OSError:
        return ABSENT


def _path_fingerprint(path: str) -> str:
    try:
        return _stat_fingerprint(os.stat(path))
    except OSError:  # there is none, or something else lies where its directory should be
        return ABSENT


def _stat_fingerprint(status: os.stat_result) -> str:
    return f"{status.st_size}:{status.st_mtime_ns}"
