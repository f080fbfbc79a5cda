"""Verifying published units quickly: what has not changed since the last time is not hashed again.

Hashing every file of a hundred thousand units for each plan would take minutes. So a unit that was
verified is remembered with a fingerprint of its files: their names, their sizes and the times of
their last change, one of which the system keeps and no program can set back. A unit with another
fingerprint is hashed again. So is one that changed within the last two seconds, because a clock
that ticks every few milliseconds cannot tell such changes apart.

This does not notice a disk that loses bits, since no time changes then. For that reason the files
that a unit reads are hashed every time (`mi.runner.worker`), and `mi doctor` hashes everything.

Beside the fingerprint stands the summary of the unit that a plan shows, so that no record has to be
read for it. The cache is a file in the store, and deleting it is harmless.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import attrs

from ..errors import CorruptError
from ..files import atomic, gate
from ..files.serialize import read_json
from ..units.identity import digest
from . import checksums
from .records import JournalNeed, State, UnitRecord, UnitStatus, UnitSummary

CACHE_FILE = "checked.json"
RACY_NS = 2_000_000_000
_FINGERPRINT_DIGITS = 16
_MAX_CACHE = 1 << 30
_NEED_CHECKS = (gate.path_name, gate.count, gate.text)
"""Checks of the fields of `JournalNeed`, in their order."""


@attrs.define
class VerificationCache:
    """Summaries of published units that were verified, each with its fingerprint.

    Args:
        path: The file that holds them.
        _entries: Key → fingerprint and the fields of its summary. Entries of an earlier version
            have fewer; the rest are defaults.
        _dirty: Whether there are entries that were not saved.
    """

    path: Path
    _entries: dict[str, list[Any]] = attrs.field(init=False)
    _dirty: bool = False

    def __attrs_post_init__(self) -> None:
        self._entries = _read_cache(self.path)

    def get(self, key: str, fingerprint: str) -> UnitSummary | None:
        """The summary of a unit, or None if it was not verified with this fingerprint."""
        entry = self._entries.get(key)
        if type(entry) is not list or entry[:1] != [fingerprint]:
            return None
        return _summary(entry[1:])

    def put(self, key: str, fingerprint: str, summary: UnitSummary) -> None:
        """Remember a unit that was verified; `save` writes it to the disk.

        Args:
            key: The unit.
            fingerprint: The fingerprint of its files.
            summary: What it took.
        """
        self._entries[key] = [fingerprint, *attrs.astuple(summary)]
        self._dirty = True

    def forget(self, key: str) -> None:
        """Let a unit be verified again."""
        if self._entries.pop(key, None) is not None:
            self._dirty = True

    def save(self) -> None:
        """Write new entries to the disk, if there are any."""
        if self._dirty:
            temporary = atomic.temporary_path(self.path)
            with suppress(OSError):  # units that are not remembered are hashed again
                atomic.make_dir(self.path.parent)
                atomic.write_private(temporary, json.dumps(self._entries))
                os.replace(temporary, self.path)


@attrs.frozen
class UnitVerifier:
    """Verifies published units; `cached_verifier` makes one and saves what it learns."""

    cache: VerificationCache

    def verify(self, directory: Path) -> UnitStatus:
        """The state of a published unit: done, or corrupt with what is wrong."""
        stamp, changed_ns = fingerprint(directory)
        summary = self.cache.get(directory.name, stamp)
        if summary is not None:
            return UnitStatus(State.DONE, summary=summary)
        if damage := checksums.find_damage(directory):
            return UnitStatus(State.CORRUPT, damage)
        try:
            record = read_json(directory / checksums.RECORD_FILE, UnitRecord)
        except CorruptError as error:
            return UnitStatus(State.CORRUPT, error.message)
        summary = summarise_unit(record)
        if time.time_ns() - changed_ns > RACY_NS:
            self.cache.put(directory.name, stamp, summary)
        return UnitStatus(State.DONE, summary=summary)


@contextmanager
def cached_verifier(root: Path) -> Iterator[UnitVerifier]:
    """A verifier that remembers the units of the store in `root`."""
    cache = VerificationCache(root / CACHE_FILE)
    yield UnitVerifier(cache)
    cache.save()


def intact_record(directory: Path) -> UnitRecord | None:
    """The record of a unit whose other files may be damaged; None if it is damaged itself."""
    try:
        sums = checksums.read_checksums(directory)
        raw = gate.read_file(directory / checksums.RECORD_FILE)
        if sums.get(checksums.RECORD_FILE) != hashlib.sha256(raw).hexdigest():
            return None
        return read_json(directory / checksums.RECORD_FILE, UnitRecord)
    except (OSError, ValueError, CorruptError):
        return None


def summarise_unit(record: UnitRecord) -> UnitSummary:
    """The summary of a published unit."""
    outcome = record.outcome
    return UnitSummary(
        record.seconds,
        outcome.get("cost_usd") or 0.0,
        outcome.get("loss"),
        record.scoring,
        record.journal_needs,
    )


def _summary(fields: list[Any]) -> UnitSummary | None:
    """A summary as the cache holds it; None if another version or another hand wrote it."""
    if len(fields) != len(_SUMMARY_CHECKS):
        return None
    if any(check(value) for check, value in zip(_SUMMARY_CHECKS, fields, strict=False)):
        return None
    seconds, cost_usd, loss, scoring, needs = fields
    journals = tuple(JournalNeed(*need) for need in needs)
    return UnitSummary(seconds, cost_usd, loss, scoring, journals)


def _journal_need(value: Any) -> str | None:
    if type(value) is not list or len(value) != len(_NEED_CHECKS):
        return "is not a need"
    checks = zip(_NEED_CHECKS, value, strict=True)
    return next((problem for check, item in checks if (problem := check(item))), None)


def fingerprint(directory: Path) -> tuple[str, int]:
    """A text that changes when a file below a directory does, and the time of the last change.

    The time is in nanoseconds since 1970; 0 for a directory without files.
    """
    lines, newest_ns, pending = [], 0, [str(directory)]
    for path in pending:  # grows while directories are found
        with suppress(OSError), os.scandir(path) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                    continue
                facts = entry.stat()
                newest_ns = max(newest_ns, facts.st_ctime_ns)
                lines.append(
                    f"{entry.path} {facts.st_size} {facts.st_mtime_ns} {facts.st_ctime_ns}"
                )
    start = len(str(directory))
    text = "\n".join(sorted(line[start:] for line in lines))
    return digest(text)[:_FINGERPRINT_DIGITS], newest_ns


_SUMMARY_CHECKS = (
    gate.amount,
    gate.amount,
    gate.optional(gate.number),
    gate.count,
    gate.list_of(_journal_need),
)
"""Checks of the fields of `UnitSummary`, in their order."""


def _read_cache(path: Path) -> dict[str, list[Any]]:
    try:
        return gate.parse_object(gate.read_file(path, _MAX_CACHE), _MAX_CACHE)
    except (FileNotFoundError, gate.Refused):
        return {}
