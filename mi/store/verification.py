"""Published units that were checked, remembered: what has not changed since is not hashed again.

Hashing every file of a hundred thousand units for each plan would take minutes. So a folder that
was found whole is remembered with a stamp of its files: names, sizes, and the times of their last
change, of which the system keeps one that no program can set back. A folder with another stamp is
hashed again; so is one that changed within moments of being looked at, for a clock that ticks every
few milliseconds cannot tell such changes apart. What a unit reads is hashed each time all the same
(`mi.runner.worker`), and `mi doctor` hashes everything: a disk that forgets changes no time.

Beside the stamp stands what a plan tells of a done unit, so that no record is read for it. The
memory is a file in the store that may be lost or thrown away at any time.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import attrs

from ..files import atomic
from ..units.identity import digest
from . import checksums
from .records import State, UnitStatus, UnitSummary

CACHE_FILE = "checked.json"
_RACY_NS = 2_000_000_000
_DIGITS = 16


@attrs.define
class VerificationCache:
    """What done units took, by the stamp they were seen with, in a file that may be lost."""

    path: Path
    _entries: dict[str, list[Any]] = attrs.field(init=False)
    _dirty: bool = False

    def __attrs_post_init__(self) -> None:
        self._entries = _read_cache(self.path)

    def get(self, key: str, stamp: str) -> UnitSummary | None:
        """What a unit took; None where it was not seen, or with another stamp."""
        there = self._entries.get(key)
        return UnitSummary(*there[1:]) if there is not None and there[0] == stamp else None

    def put(self, key: str, stamp: str, done: UnitSummary) -> None:
        """Remember it, once `keep` is called."""
        self._entries[key] = [stamp, done.seconds, done.cost_usd, done.loss]
        self._dirty = True

    def save(self) -> None:
        """Write down what was learnt, where there is anything."""
        if self._dirty:
            aside = atomic.temporary_path(self.path)
            with suppress(OSError):  # what cannot be written is looked at again the next time
                self.path.parent.mkdir(parents=True, exist_ok=True)
                aside.write_text(json.dumps(self._entries), encoding="utf-8")
                os.replace(aside, self.path)


@attrs.frozen
class UnitVerifier:
    """Looks at published folders; use it by `remembering`, which keeps what was learnt."""

    cache: VerificationCache

    def verify(self, folder: Path) -> UnitStatus:
        """The state of a published unit: done, or damaged and how."""
        stamp, changed = fingerprint(folder)
        if (known := self.cache.get(folder.name, stamp)) is not None:
            return UnitStatus(State.DONE, summary=known)
        if fault := checksums.find_damage(folder):
            return UnitStatus(State.CORRUPT, fault)
        record = json.loads((folder / checksums.RECORD_FILE).read_text(encoding="utf-8"))
        done = summarise_unit(record["seconds"], record["outcome"])
        if time.time_ns() - changed > _RACY_NS:
            self.cache.put(folder.name, stamp, done)
        return UnitStatus(State.DONE, summary=done)


@contextmanager
def cached_verifier(root: Path) -> Iterator[UnitVerifier]:
    """What was checked in a store before; what is checked now is remembered too."""
    memory = VerificationCache(root / CACHE_FILE)
    yield UnitVerifier(memory)
    memory.save()


def summarise_unit(seconds: float, outcome: Mapping[str, Any]) -> UnitSummary:
    """What a plan tells of a done unit, from what its record says."""
    return UnitSummary(seconds, outcome.get("cost_usd") or 0.0, outcome.get("loss"))


def fingerprint(folder: Path) -> tuple[str, int]:
    """A text that differs when a file of the folder does, and when one last changed (ns)."""
    lines, newest, open_ = [], 0, [str(folder)]
    for path in open_:
        with suppress(OSError), os.scandir(path) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    open_.append(entry.path)
                    continue
                facts = entry.stat()
                newest = max(newest, facts.st_ctime_ns)
                lines.append(
                    f"{entry.path} {facts.st_size} {facts.st_mtime_ns} {facts.st_ctime_ns}"
                )
    start = len(str(folder))
    return digest("\n".join(sorted(line[start:] for line in lines)))[:_DIGITS], newest


def _read_cache(path: Path) -> dict[str, list[Any]]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
