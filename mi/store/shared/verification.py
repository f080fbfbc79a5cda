"""Verifying published units of a shared store by their copies on this machine.

A version that was read before is known from a cache, so a plan reads new records only. Every file
is compared with its checksum when it is downloaded; `find_damage` hashes the copies again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import attrs

from ...errors import CorruptError
from ...files.serialize import read_json
from ..checksums import CHECKSUMS_FILE, RECORD_FILE, missing_files
from ..records import State, UnitRecord, UnitStatus, UnitSummary
from ..verification import VerificationCache, summarise_unit
from .mirror import MAX_DOWNLOADS
from .published import METADATA_FILES, PublishedUnits, damaged_files

_CACHE_FILE = "told.json"


@attrs.frozen
class CopyVerifier:
    """Verifies published units, downloading what it needs."""

    published_units: PublishedUnits

    def states(self, versions: Mapping[str, str]) -> dict[str, UnitStatus]:
        """The states of published units, each given with its version."""
        cache = VerificationCache(self.published_units.root / _CACHE_FILE)
        states = {}
        unread = []
        for key, version in versions.items():
            if (summary := cache.get(key, version)) is None:
                unread.append(key)
            states[key] = UnitStatus(State.DONE, summary=summary)
        with ThreadPoolExecutor(MAX_DOWNLOADS) as pool:
            for key, result in zip(unread, pool.map(self._read_summary, unread), strict=True):
                if isinstance(result, UnitSummary):
                    cache.put(key, versions[key], result)
                    states[key] = UnitStatus(State.DONE, summary=result)
                else:
                    states[key] = UnitStatus(State.CORRUPT, result)
        cache.save()
        return states

    def find_damage(self, key: str, names: Collection[str] | None = None) -> str | None:
        """Hash files of a unit. Returns what is wrong with it, or None.

        A damaged copy is downloaded again, because the original may be intact. If the original is
        damaged too, the next plan knows it.

        Args:
            key: The unit.
            names: The files to check; all if None.
        """
        damage = self._find_damage(key, names)
        if damage:
            cache = VerificationCache(self.published_units.root / _CACHE_FILE)
            cache.forget(key)
            cache.save()
        return damage

    def _find_damage(self, key: str, names: Collection[str] | None) -> str | None:
        try:
            directory = self.published_units.download(key, names)
            for name in list(damaged_files(directory)):
                (directory / name).unlink(missing_ok=True)
            self.published_units.download(key, names)
        except (CorruptError, OSError, ValueError) as error:
            return str(error)
        return None if (directory / RECORD_FILE).exists() else f"it lists no {RECORD_FILE}"

    def find_damaged(self, keys: Sequence[str]) -> dict[str, str]:
        """The damaged ones among units, by the files that the database reads."""
        with ThreadPoolExecutor(MAX_DOWNLOADS) as pool:
            damages = pool.map(lambda key: self._find_damage(key, METADATA_FILES), keys)
        damaged = {key: damage for key, damage in zip(keys, damages, strict=True) if damage}
        if damaged:
            cache = VerificationCache(self.published_units.root / _CACHE_FILE)
            for key in damaged:
                cache.forget(key)
            cache.save()
        return damaged

    def _read_summary(self, key: str) -> UnitSummary | str:
        """What a unit took, or what is wrong with it."""
        if damage := self._find_damage(key, METADATA_FILES):
            return damage
        try:
            record = read_json(self.published_units.copy_dir(key) / RECORD_FILE, UnitRecord)
        except (CorruptError, OSError) as error:
            return str(error)
        directory = self.published_units.copy_dir(key)
        missing = missing_files(directory)
        return f"{CHECKSUMS_FILE} does not name {missing[0]}" if missing else summarise_unit(record)
