"""Checking many journals of a store, each once.

Hashing every journal for each plan would take too long, so what was checked is remembered with the
times of the files, like published units (`verification`). The cache may be deleted.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs

from ..errors import StoreError
from ..files import atomic, gate
from ..files.seal import SEAL_SUFFIX, Seal, read_seal_file, write_seal
from .journal_checks import JournalCheck, check_journal
from .layout import is_stray
from .records import JournalNeed, UnitStatus

CACHE_FILE = "journals-checked.json"
_RACY_NS = 2_000_000_000
_MAX_CACHE = 1 << 28


@attrs.define
class JournalVerifier:
    """Checks journals, and remembers those that are whole.

    Args:
        root: The root of the store.
        journals: The directory of the journals.
        seals: The directory of their seals, each a `.json`; None: each lies beside its journal.
        gaps: Journal → what is missing within it, as the end of a sentence.
        seal_found: Seals a journal as it is found, if it is whole and never was sealed.
        uses_cache: Whether what was checked before counts: a disk that loses bits changes no time.
        is_ours: Whether they are in a store of ours. Nothing is written elsewhere.
    """

    root: Path
    journals: Path
    seals: Path | None = None
    gaps: Mapping[str, str] = attrs.field(factory=dict)
    seal_found: Callable[[str, Seal], None] | None = None
    uses_cache: bool = True
    is_ours: bool = True
    _entries: dict[str, Any] = attrs.field(init=False)
    _checks: dict[str, JournalCheck] = attrs.field(factory=dict, init=False)
    _sizes: dict[str, set[int]] = attrs.field(factory=dict, init=False)
    _is_changed: bool = attrs.field(default=False, init=False)

    @_entries.default
    def _default_entries(self) -> dict[str, Any]:
        if not self.uses_cache:
            return {}
        try:
            return gate.parse_object(gate.read_file(self.root / CACHE_FILE, _MAX_CACHE), _MAX_CACHE)
        except (FileNotFoundError, gate.Refused):
            return {}

    def expect(self, needs: Collection[JournalNeed]) -> None:
        """Announce needs that `damage` will be asked about, so that a file is hashed once."""
        for need in needs:
            self._sizes.setdefault(need.journal, set()).add(need.size)

    def damage(self, needs: Collection[JournalNeed], *, absent: bool = True) -> str | None:
        """What is wrong with the journals of an eval; None if they hold what it was scored from.

        Args:
            needs: What it was scored from.
            absent: Whether a journal that does not exist counts.
        """
        self.expect(needs)
        for need in needs:
            check = self.check(need.journal)
            if check.is_absent and not absent:
                continue
            if check.damage:
                return f"its journal {need.journal} {check.damage}"
            if check.is_absent:
                return f"its journal {need.journal} is missing"
            if need.digest and check.digests.get(need.size) != need.digest:
                return f"its journal {need.journal} lacks lines that it was scored from"
        return None

    def unsettled(self, needs: Collection[JournalNeed]) -> str | None:
        """What is in the journals of an eval that does not belong there; None if nothing is.

        Args:
            needs: What it was scored from.
        """
        for need in needs:
            if (check := self.check(need.journal)).unsettled:
                return f"its journal {need.journal} {check.unsettled}"
        return None

    def check(self, name: str) -> JournalCheck:
        """The check of a journal; done again if the file has changed since it was remembered."""
        wanted = self._sizes.get(name, set()) - {0}
        known = self._checks.get(name)
        if known is not None and (known.damage or known.digests.keys() >= wanted):
            return known
        path = f"{self.journals}/{name}.jsonl"
        seal_file = self._seal_file(name)
        stamp, changed_ns = _stamp(path, seal_file)
        check = _remembered(self._entries.get(name), stamp)
        if name in self.gaps or check is None or not check.digests.keys() >= wanted:
            check = self._check(name, Path(path), Path(seal_file), wanted)
            stamp, changed_ns = _stamp(path, seal_file)
            is_settled = time.time_ns() - changed_ns > _RACY_NS
            if stamp and is_settled and not check.damage and not check.unsettled:
                digests = {str(size): digest for size, digest in check.digests.items()}
                self._entries[name] = [stamp, digests]
                self._is_changed = True
            missing = wanted - check.digests.keys()  # beyond the end of the file
            check = attrs.evolve(check, digests={**check.digests, **dict.fromkeys(missing, "")})
        self._checks[name] = check
        return check

    def _seal_file(self, name: str) -> str:
        if self.seals is None:
            return f"{self.journals}/{name}{SEAL_SUFFIX}"
        return f"{self.seals}/{name}.json"

    def _check(
        self, name: str, path: Path, seal_file: Path, wanted: Collection[int]
    ) -> JournalCheck:
        check = check_journal(path, read_seal_file(seal_file), wanted)
        if name in self.gaps:
            return attrs.evolve(check, damage=self.gaps[name])
        if check.first_seal is not None and self.is_ours:
            with suppress(StoreError):  # a store that cannot be written is checked all the same
                if self.seal_found is not None:
                    self.seal_found(name, check.first_seal)
                elif self.seals is None:
                    write_seal(path, check.first_seal)
        return check

    def problems(self) -> dict[str, JournalCheck]:
        """Every journal with something wrong with it, by name; one that was deleted too."""
        pattern = f"*{SEAL_SUFFIX}" if self.seals is None else "*.json"
        paths = (*self.journals.glob("*.jsonl"), *(self.seals or self.journals).glob(pattern))
        names = {path.stem for path in paths if not is_stray(path.name)}
        names |= self.gaps.keys()
        checks = {name: self.check(name) for name in sorted(names)}
        return {name: check for name, check in checks.items() if check.damage or check.unsettled}

    def save(self) -> None:
        """Write what was learned to the disk."""
        if self._is_changed and self.uses_cache:
            path = self.root / CACHE_FILE
            temporary = atomic.temporary_path(path)
            with suppress(OSError):
                atomic.write_private(temporary, json.dumps(self._entries))
                os.replace(temporary, path)


def _stamp(*files: str) -> tuple[str, int]:
    """A text that changes when a journal or its seal does, and the time of the last change."""
    stamps, newest_ns = [], 0
    for each in files:
        try:
            facts = os.stat(each)
        except OSError:
            return "", 0
        newest_ns = max(newest_ns, facts.st_ctime_ns)
        stamps.append(f"{facts.st_size}:{facts.st_mtime_ns}:{facts.st_ctime_ns}")
    return " ".join(stamps), newest_ns


def _remembered(entry: Any, stamp: str) -> JournalCheck | None:
    """The check that the cache holds; None if it is about other content, or of another hand."""
    if type(entry) is not list or len(entry) != 2 or entry[0] != stamp or not stamp:
        return None
    if type(entry[1]) is not dict:
        return None
    try:
        return JournalCheck(digests={int(size): str(digest) for size, digest in entry[1].items()})
    except ValueError:
        return None


def damaged_by_journals(
    states: Mapping[str, UnitStatus], verifier: JournalVerifier
) -> dict[str, UnitStatus]:
    """The units whose journals hold less than what they were scored from, or what is not theirs.

    Their scores are intact, so they stay done, and are not paid for again.

    Args:
        states: The states of units by key.
        verifier: Checks the journals; it saves what it learns.
    """
    needs = {key: status.summary.journals for key, status in states.items() if status.summary}
    for each in needs.values():
        verifier.expect(each)
    found = {}
    for key, each in needs.items():
        damage, unsettled = verifier.damage(each) or "", verifier.unsettled(each) or ""
        if damage or unsettled:
            found[key] = attrs.evolve(states[key], detail=damage, unsettled=unsettled)
    verifier.save()
    return found
