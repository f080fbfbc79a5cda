"""Records of units under way at the shared place: which units were started, and why they failed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import attrs

from ...files.serialize import from_json, to_json
from ..checksums import RECORD_FILE
from ..layout import WORK
from ..records import BEGUN_FILE, FAILURE_FILE, BegunRecord, FailureRecord, UnitRecord
from .backend import Backend, read_existing

T = TypeVar("T")


@attrs.frozen
class WorkRecords:
    """Reads and writes the records below `work/`."""

    backend: Backend

    def exists(self, key: str) -> bool:
        """Whether anything was uploaded of a unit's working directory."""
        return bool(self.backend.versions(f"{WORK}/{key}/"))

    def failed_keys(self) -> set[str]:
        """The keys of all units whose last attempt failed."""
        return set(self._keys_with(FAILURE_FILE))

    def begun_record(self, key: str) -> BegunRecord | None:
        """What is recorded of a unit that was started and is not published."""
        # Publishing that was cut off has replaced begun.json with the unit's record.
        return self._read(key, BEGUN_FILE, BegunRecord) or self._read(key, RECORD_FILE, UnitRecord)

    def unfinished(self) -> list[BegunRecord]:
        """The records of all units that were started and are not published."""
        keys = {key for name in (BEGUN_FILE, RECORD_FILE) for key in self._keys_with(name)}
        records = (self.begun_record(key) for key in sorted(keys))
        return [record for record in records if record is not None]

    def failure(self, key: str) -> FailureRecord | None:
        """Why the last attempt at a unit failed; None if it did not fail."""
        return self._read(key, FAILURE_FILE, FailureRecord)

    def save_failure(self, key: str, failure: FailureRecord) -> None:
        """Save why a unit failed."""
        self.backend.write(f"{WORK}/{key}/{FAILURE_FILE}", to_json(failure).encode())

    def _keys_with(self, file_name: str) -> Iterator[str]:
        names = self.backend.versions(WORK)
        return (name.split("/")[1] for name in names if name.endswith(f"/{file_name}"))

    def _read(self, key: str, file_name: str, record_type: type[T]) -> T | None:
        name = f"{WORK}/{key}/{file_name}"
        content = read_existing(self.backend, name)
        return None if content is None else from_json(content, record_type, Path(name))
