"""The store that is imported, read as from an enemy.

Nothing outside its folder is read, and nothing in it is written. A unit counts only if its files
have the checksums that it names, its record passes the gate, and its payload has the hash that is
its key. Journals are compared with their seals.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import attrs

from ...errors import CorruptError, StoreError
from ...files import gate, journal
from ...files.seal import seal_path
from ...files.serialize import read_json
from ...units.identity import SCHEME, stored_key
from ...units.lines import QUESTION, SCORE
from ...units.unit import Evaluate, is_unit_key
from .. import checksums
from ..base import Store
from ..calibrations import CalibrationRecord, read_calibration
from ..journal_verifier import JournalVerifier
from ..layout import (
    CALIBRATIONS,
    CELLS,
    JOURNALS,
    REGISTRATIONS,
    RUN_FILE,
    RUNS,
    SEALS,
    UNITS,
    is_stray,
)
from ..local import LocalStore
from ..records import JournalNeed, UnitRecord
from ..registrations import RegistrationRecord, read_registration
from ..run_files import SelectedCell, SelectionHeader, read_run, selection_files
from .screen import Screening, screen_folder

_TABLES = {"questions.jsonl": QUESTION, "scores.jsonl": SCORE}


@attrs.frozen(eq=False, slots=False)
class Source:
    """A store that is read.

    Args:
        store: The store. A shared one is read from this machine's copy of it.
        screening: What of it may be read.
    """

    store: Store
    screening: Screening

    @classmethod
    def open(cls, store: Store) -> Source:
        """Screen a store.

        Raises:
            StoreError: It cannot be listed.
        """
        try:
            return cls(store, screen_folder(store.root))
        except OSError as error:
            raise StoreError(
                f"cannot be read ({error.strerror})",
                where=str(error.filename or store.root),
                hint="fix the permissions, or copy what can be read and import the copy",
            ) from None

    @property
    def is_folder(self) -> bool:
        return isinstance(self.store, LocalStore)

    @cached_property
    def _verifier(self) -> JournalVerifier:
        root = self.store.root
        return JournalVerifier(
            root,
            root / JOURNALS,
            seals=None if self.is_folder else root / SEALS,
            uses_cache=False,
            is_ours=False,
        )

    def unit_names(self) -> list[str]:
        """The names of what could be units."""
        if self.is_folder:
            return self.screening.names[UNITS]
        return self.store.published_keys()

    def unit_size(self, key: str) -> int:
        """Bytes of a unit; 0 where that is not known."""
        return self.screening.sizes.get((UNITS, key), 0)

    def unit_dir(self, key: str) -> Path:
        return self.store.unit_dir(key)

    def read_unit(self, key: str) -> UnitRecord:
        """The record of a unit whose files are what was written.

        Raises:
            CorruptError: The unit may not come.
        """
        if not is_unit_key(key):
            raise CorruptError("is not the key of a unit")
        if damage := self.store.find_damage(key):
            raise CorruptError(f"is damaged there: {damage}")
        return read_unit(self.unit_dir(key), key)

    def expect_journals(self, needs: Collection[JournalNeed]) -> None:
        """Announce needs that `journal_damage` will be asked about, so that a file is read once."""
        self._verifier.expect(needs)

    def journal_damage(self, record: UnitRecord) -> str | None:
        """What is wrong with the journals that an eval was scored from; None if nothing is."""
        for name in record.journals.values():
            if name not in self.journals and self._exists(name):
                return f"its journal {name} may not be read"
        return self._verifier.damage(record.journal_needs)

    @cached_property
    def journals(self) -> dict[str, Path]:
        """The journals by name, but those whose seals may not be read."""
        names, root = set(self.screening.names[JOURNALS]), self.store.root / JOURNALS
        paths = (
            root / name for name in sorted(names) if name.endswith(".jsonl") and not is_stray(name)
        )
        return {
            path.stem: path
            for path in paths
            if seal_path(path).name in names or not os.path.lexists(seal_path(path))
        }

    def _exists(self, journal: str) -> bool:
        return os.path.lexists(self.store.root / JOURNALS / f"{journal}.jsonl")

    def seal_damage(self, name: str) -> str | None:
        """How a journal differs from its seal; None if it does not, or has none."""
        return self._verifier.check(name).damage

    def read_selection(self, name: str) -> tuple[SelectionHeader, list[SelectedCell]]:
        """A selection.

        Raises:
            CorruptError: It is not what was written: its name is a digest of its content.
        """
        path = self.store.root / CELLS / f"{name}.json"
        if self.is_folder and f"{name}.jsonl" not in self.screening.names[CELLS]:
            raise CorruptError("has no cells that may be read")
        try:
            header: Any = gate.parse_object(gate.read_file(path), gate.MAX_RECORD)
        except FileNotFoundError:
            raise CorruptError("is missing", where=str(path)) from None
        except gate.Refused as error:
            raise CorruptError(str(error), where=str(path)) from None
        cells = list(self.store.load_selection(name))
        if selection_files(header, cells)[0] != name:
            raise CorruptError("is not what was written: its name is a digest of its content")
        return header, cells

    def selections(self) -> list[str]:
        """The names of the selections."""
        names = self.screening.names[CELLS]
        return [name.removesuffix(".json") for name in names if name.endswith(".json")]

    def runs(self) -> list[str]:
        """The names of the runs that have a record."""
        root = self.store.root / RUNS
        return [name for name in self.screening.names[RUNS] if (root / name / RUN_FILE).exists()]

    def check_run(self, run: str) -> None:
        """Check the record of a run.

        Raises:
            CorruptError: It is not one, or that of another run.
        """
        path = self.store.root / RUNS / run / RUN_FILE
        record = read_run(path)
        if record.get("run", run) != run:
            raise CorruptError("is the record of another run", where=str(path))

    def registrations(self) -> Iterator[tuple[str, RegistrationRecord | str]]:
        """The registrations by name; in place of one that is damaged, what is wrong with it."""
        for file in self.screening.names[REGISTRATIONS]:
            name = file.removesuffix(".json")
            try:
                record = read_registration(self.store.root / REGISTRATIONS / file)
            except CorruptError as error:
                yield name, error.message
            else:
                is_same = record.name == name
                yield name, record if is_same else "is not written as this version writes it"

    def calibrations(self) -> Iterator[tuple[str, CalibrationRecord | str]]:
        """The calibrations by name; in place of one that is damaged, what is wrong with it."""
        for file in self.screening.names[CALIBRATIONS]:
            name = file.removesuffix(".json")
            try:
                record = read_calibration(self.store.root / CALIBRATIONS / file)
            except CorruptError as error:
                yield name, error.message
            else:
                is_same = record.name == name
                yield name, record if is_same else "is not written as this version writes it"


def read_unit(directory: Path, key: str) -> UnitRecord:
    """The record of a unit, if it is that of this unit and its tables can be loaded.

    Args:
        directory: The unit. Its checksums have been verified.
        key: Its key.

    Raises:
        CorruptError: It is something else.
    """
    record = read_json(directory / checksums.RECORD_FILE, UnitRecord)
    if record.scheme != SCHEME:
        raise CorruptError(f"has a key of scheme {record.scheme}, and this version knows {SCHEME}")
    if not record.key == key == stored_key(record.kind, record.payload):
        raise CorruptError("is not what its key says: its payload has another hash")
    if record.kind == Evaluate.kind:
        for name, shape in _TABLES.items():
            _check_table(directory / name, shape)
    return record


def _check_table(path: Path, shape: gate.Shape) -> None:
    """Check every line of a table of an eval.

    Raises:
        CorruptError: A line would not be loaded.
    """
    for number, record in enumerate(journal.read_records(path), start=1):
        if problem := shape.problem(record):
            raise CorruptError(f"has in {path.name}:{number} what {problem}")
