"""The interface of a store: what is published, what is under way, and what runs did.

A unit is worked on in a directory of its own and published in one step. A published unit is
complete, its files never change, and every one of them is named with its checksum. It can be
replaced as a whole: an eval whose stored answers were scored again. Units and journals are changed
only under their lock. Two implementations keep these promises: a folder on one
machine (`LocalStore`), and a place that several machines share (`SharedStore`).

Every store has a `root` on this machine whose layout is that of `layout.py`. Those who read many
records at once (the database, gc, merge) read files below it, after `refresh`.
"""

from __future__ import annotations

import logging
import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import attrs

from ..files import atomic, gate
from ..files.clock import utc_timestamp
from ..files.seal import Seal, hash_prefixes
from ..files.secrets import redact_message
from ..files.serialize import read_json
from ..units.unit import Train, Unit
from . import progress
from .calibrations import CalibrationRecord
from .checksums import RECORD_FILE
from .incoming import RefusedLine, check_lines
from .journal_checks import JournalCheck, journal_error
from .journal_verifier import JournalVerifier
from .layout import JOURNALS, REPLACING, StoreLayout
from .model_identity import TrainingCopy, find_aliases
from .records import BegunRecord, FailureRecord, UnitRecord, UnitStatus
from .registrations import RegistrationRecord
from .run_files import AttemptEvent, RunRecord, SelectedCell, SelectionHeader
from .sealing import published_record, seal, write_begun

UNIT_LOG = "log.txt"
_log = logging.getLogger(__name__)


class Store(ABC):
    """Units, journals and runs. Created when first written to.

    Abstract methods are what an implementation provides; the others are written in terms of them.
    """

    # Places

    @property
    @abstractmethod
    def root(self) -> Path:
        """The directory on this machine below which the records of the store can be read."""

    @property
    @abstractmethod
    def address(self) -> str:
        """The path or URL that opens this store."""

    @abstractmethod
    def refresh(self) -> None:
        """Bring the files below `root` up to date with what other machines did.

        Raises:
            StoreError: The store does not answer.
        """

    # Published units

    @abstractmethod
    def published_keys(self) -> list[str]:
        """The keys of all published units, sorted."""

    @abstractmethod
    def published_versions(self) -> Iterator[tuple[str, str]]:
        """Each published key with a text that changes when the unit is published again."""

    @abstractmethod
    def is_published(self, key: str) -> bool:
        """Whether a unit is published."""

    @abstractmethod
    def unit_dir(self, key: str) -> Path:
        """The directory of a published unit; it does not exist if the unit is not published."""

    @abstractmethod
    def record_dir(self, key: str) -> Path:
        """Like `unit_dir`, for readers of its record and result tables alone.

        Other files, such as an adapter, may be missing, so that they need not be downloaded.
        """

    def record(self, key: str) -> UnitRecord:
        """The record of a published unit.

        Raises:
            CorruptError: It cannot be read.
        """
        return read_json(self.record_dir(key) / RECORD_FILE, UnitRecord)

    @abstractmethod
    def states(self, keys: Sequence[str]) -> dict[str, UnitStatus]:
        """The states of units; a key that is left out has yet to be done.

        Published units are verified as far as that is cheap: what was verified before, and has not
        changed since, is not hashed again.
        """

    @abstractmethod
    def find_damage(self, key: str) -> str | None:
        """Hash every file of a published unit. Returns what is wrong with it, or None."""

    @abstractmethod
    def find_damaged(self, keys: Sequence[str]) -> dict[str, str]:
        """The damaged ones among published units, and what is wrong with each.

        Checks only the files that the database reads.
        """

    def publish(
        self,
        unit: Unit,
        run: str,
        outcome: Mapping[str, Any],
        seconds: float,
        *,
        journals: Mapping[str, str] | None = None,
        model_digest: str | None = None,
        scoring: int = 1,
    ) -> bool:
        """Publish a unit from its working directory, in one step.

        Args:
            unit: The unit, whose lock this process holds.
            run: The run that finished it.
            outcome: What its step reported, as JSON values.
            seconds: Wall time of this attempt.
            journals: Role → name of the journals it read.
            model_digest: Digest of the trained model that an eval sampled.
            scoring: The version of the rules that an eval's scores were made with.

        Returns:
            True if this call published the unit, False if an intact one was published before.

        Raises:
            StoreError: The disk is full or cannot be written; the work stays where it is.
            LeaseLost: Another process has taken over the unit.
        """
        directory = self.prepare_work_dir(unit.key)
        seals = self.seals(journals or {})
        record = published_record(
            unit, run, outcome, seconds, journals or {}, model_digest, scoring, seals
        )
        with atomic.translate_write_errors(directory):
            if isinstance(unit.payload, Train):
                aliases = find_aliases(directory, self.training_copies(unit.key))
                record = attrs.evolve(record, model_aliases=aliases)
            seal(directory, record)
            if self.is_published(unit.key):
                damage = self.find_damage(unit.key)
                if not damage:
                    return False
                path = self.quarantine(unit.key)
                _log.info("%s was damaged (%s): moved to %s", unit.key, damage, path)
            return self.install(unit.key, directory)

    @abstractmethod
    def install(self, key: str, directory: Path) -> bool:
        """Publish a sealed directory as a unit.

        Args:
            key: The unit; it is not published.
            directory: A directory of this store, with its record and checksums. It is moved.

        Returns:
            False if another process published the unit first.

        Raises:
            LeaseLost: Another process has taken over the unit.
        """

    def replace(self, record: UnitRecord, files: Mapping[str, str], label: str) -> None:
        """Publish a unit again with another record and other content of some files, in one step.

        The earlier publication is archived. A process that dies on the way leaves one of the two
        published, or both on the disk: then the next one to look completes the step.

        Args:
            record: The record, of a unit that is published and whose lock this process holds.
            files: Name → content of the files that change.
            label: A name for what is archived together, such as a run.

        Raises:
            StoreError: The disk is full or cannot be written; the unit stays as it is.
            LeaseLost: Another process has taken over the unit.
        """
        directory = self.root / REPLACING / record.key
        with atomic.translate_write_errors(directory):
            shutil.rmtree(directory, ignore_errors=True)
            shutil.copytree(self.unit_dir(record.key), directory)
            for name, content in files.items():
                (directory / name).write_text(content, encoding="utf-8")
            seal(directory, record)
            os.utime(directory)  # the copy has the time of the original, by which versions differ
            self.install_replacement(record.key, directory, label)

    @abstractmethod
    def install_replacement(self, key: str, directory: Path, label: str) -> None:
        """Publish a sealed directory in place of a published unit, which is archived.

        Args:
            key: The unit.
            directory: The directory, below `replacing/` in `root`. It is moved.
            label: A name for what is archived together.
        """

    @abstractmethod
    def quarantine(self, key: str) -> Path:
        """Move a damaged unit to `damaged/`, where it is kept. Returns its new path."""

    # Work

    @abstractmethod
    def work_dir(self, key: str) -> Path:
        """The working directory of a unit, to look at; it may not exist."""

    @abstractmethod
    def prepare_work_dir(self, key: str) -> Path:
        """Create the working directory of a unit, with what an earlier attempt left in it."""

    def append_log(self, key: str, text: str) -> None:
        """Add a text to the log of a unit that has begun. A disk that is full is no error here."""
        directory = self.work_dir(key)
        if directory.is_dir():
            line = f"{utc_timestamp()}  {redact_message(text)}\n".encode("utf-8", "replace")
            with (
                suppress(OSError),
                open(directory / UNIT_LOG, "ab", opener=atomic.open_private) as file,
            ):
                file.write(line)

    @abstractmethod
    def checkpoint(self, key: str) -> None:
        """Save the working directory of a unit to where another machine could resume from it.

        Raises:
            LeaseLost: Another process has taken over the unit.
            StoreError: The store does not answer.
        """

    def begin(
        self, unit: Unit, journals: Mapping[str, str], model_digest: str | None = None
    ) -> None:
        """Record which unit a working directory belongs to, before work on it starts.

        Args:
            unit: The unit.
            journals: Role → name of the journals it reads.
            model_digest: Digest of the trained model that an eval samples.

        Raises:
            StoreError: The record cannot be written.
            LeaseLost: Another process has taken over the unit.
        """
        write_begun(self.prepare_work_dir(unit.key), unit, journals, model_digest)
        self.checkpoint(unit.key)

    @abstractmethod
    def is_begun(self, key: str) -> bool:
        """Whether a unit has a working directory: it was started, and is not published."""

    @abstractmethod
    def begun_record(self, key: str) -> BegunRecord | None:
        """The record of a unit that was started and is not published."""

    @abstractmethod
    def unfinished_units(self) -> list[BegunRecord]:
        """The records of all units that were started and are not published."""

    @abstractmethod
    def failure(self, key: str) -> FailureRecord | None:
        """Why the last attempt at a unit failed; None if it did not fail."""

    @abstractmethod
    def save_failure(self, key: str, failure: FailureRecord) -> None:
        """Save why a unit failed. Its work stays for the next attempt.

        Raises:
            StoreError: The record cannot be written.
        """

    def record_failure(self, key: str, run: str, message: str, *, permanent: bool = False) -> None:
        """Record that a unit failed at this moment. Its work stays for the next attempt.

        Args:
            key: The unit.
            run: The run that attempted it.
            message: The error.
            permanent: Whether another attempt would fail the same way.

        Raises:
            StoreError: The record cannot be written.
        """
        failure = FailureRecord(run=run, time=utc_timestamp(), message=message, permanent=permanent)
        self.save_failure(key, failure)

    # Locks

    @abstractmethod
    def lock(
        self, *names: str, on_wait: Callable[[str], None] | None = None
    ) -> AbstractContextManager[None]:
        """Hold units or journals against all other processes and threads.

        Args:
            names: Keys of units and names of journals, acquired in sorted order.
            on_wait: Called with a name each second while another process holds it; may raise.
        """

    @abstractmethod
    def is_locked(self, name: str) -> bool:
        """Whether a process holds a unit or journal at this moment."""

    @abstractmethod
    def is_abandoned(self, name: str) -> bool:
        """Whether it is certain that no live process holds a lock.

        A lock of a process that was killed on another machine is held until its lease ends.
        """

    @abstractmethod
    def assert_locked(self, *names: str) -> None:
        """Check that this process still holds the locks it acquired, among these names.

        Raises:
            LeaseLost: Another process has taken over one of them.
        """

    # Journals

    @abstractmethod
    def journal(self, name: str) -> Path:
        """The file of a journal, up to date if this process holds its lock; it may not exist."""

    def seals(self, journals: Mapping[str, str]) -> dict[str, Seal]:
        """What the journals of an eval hold at this moment: role → seal.

        Args:
            journals: Role → name; a journal without lines has no seal.

        Raises:
            CorruptError: One of them cannot be read.
        """
        seals = {}
        for role, name in journals.items():
            path = self.journal(name)
            try:
                sealer, _ = hash_prefixes(path, ())
            except FileNotFoundError:
                continue
            except gate.Refused as error:
                raise journal_error(path, str(error)) from None
            if sealer.lines:
                seals[role] = sealer.seal()
        return seals

    def journal_damage(self, record: UnitRecord, *, absent: bool = True) -> str | None:
        """Whether the journals of an eval still hold what it was scored from; None if they do.

        Args:
            record: The record of the eval.
            absent: Whether a journal that does not exist counts.
        """
        names = {need.journal for need in record.journal_needs}
        verifier = self.journal_verifier(names, thorough=True)
        return verifier.damage(record.journal_needs, absent=absent)

    def journal_verifier(
        self, names: Collection[str] | None = None, *, thorough: bool = False
    ) -> JournalVerifier:
        """A verifier of journals, for those who ask about many; the files are up to date.

        Args:
            names: The journals it will be asked about; None: all.
            thorough: Whether to hash those too that have not changed since they were last checked.
        """
        return JournalVerifier(self.root, self.root / JOURNALS, uses_cache=not thorough)

    def journal_problems(self, *, thorough: bool = False) -> dict[str, JournalCheck]:
        """The journals with something wrong with them, by name.

        Args:
            thorough: Whether to hash those too that have not changed since they were last checked.
        """
        return {}

    def settle(self, name: str) -> int:
        """Seal a journal whose lock this process holds, and set aside what does not belong to it.

        Returns:
            How many lines were set aside.

        Raises:
            CorruptError: Lines that were written have changed or are missing.
            StoreError: It cannot be written.
        """
        return 0

    def append(self, path: Path, records: Sequence[Any]) -> None:
        """Append records to a journal whose lock this process holds.

        A record that no reader could rely on is set aside, with what was paid for it: what it was
        to answer is then missing, and requested again.

        Args:
            path: The journal's file, as `journal` returned it.
            records: JSON values, one a line.

        Raises:
            StoreError: The journal cannot be written.
            LeaseLost: Another process has taken over the journal.
        """
        checked = check_lines(path.stem, records)
        if checked.refused:
            self.set_aside(path.stem, checked.refused)
        if checked.passed:
            self.append_lines(path, checked.passed, checked.lines)

    @abstractmethod
    def append_lines(self, path: Path, records: Sequence[Any], lines: Sequence[bytes]) -> None:
        """Append records that passed the gate; see `append`.

        Args:
            path: The journal's file.
            records: The records.
            lines: The same records as lines.
        """

    @abstractmethod
    def set_aside(self, journal: str, lines: Sequence[RefusedLine]) -> None:
        """Keep lines that a journal does not take, with what was paid for them, in the archive.

        Args:
            journal: The name of the journal.
            lines: The lines.

        Raises:
            StoreError: They cannot be written.
        """

    # The archive

    @abstractmethod
    def archive(self, label: str, kind: str, name: str) -> None:
        """Move a unit, journal or working directory to `retired/<label>/<kind>/`.

        What was paid for stays in the books there, while the unit can be done again. Nothing
        happens if it does not exist.

        Args:
            label: A name for what is archived together, such as a run.
            kind: `units`, `journals` or `work`.
            name: The name of the file or directory.

        Raises:
            StoreError: It cannot be moved.
        """

    @abstractmethod
    def archived_records(self, key: str) -> list[UnitRecord]:
        """The records of earlier publications of a unit that were archived, oldest first."""

    @abstractmethod
    def training_copies(self, key: str) -> list[TrainingCopy]:
        """Every publication of a training that can still be read: present, damaged or archived."""

    @abstractmethod
    def archive_count(self, name: str) -> int:
        """How often a journal was archived."""

    # Runs

    @abstractmethod
    def runs(self) -> list[RunRecord]:
        """The records of all runs, newest first."""

    @abstractmethod
    def save_run(self, run: str, record: RunRecord) -> None:
        """Write the record of a run: its provenance when it starts, and its outcome at the end.

        Raises:
            StoreError: The record cannot be written.
        """

    @abstractmethod
    def save_selection(self, header: SelectionHeader, cells: Sequence[SelectedCell]) -> str:
        """Save what a run selected, unless the same selection exists. Returns its name."""

    @abstractmethod
    def load_selection(self, name: str) -> Iterator[SelectedCell]:
        """The cells of a selection."""

    @abstractmethod
    def attempts(self, key: str) -> list[AttemptEvent]:
        """What runs did with a unit, oldest run first."""

    @abstractmethod
    def log_attempts(self, run: str, events: Sequence[AttemptEvent]) -> None:
        """Append to what a run did with units."""

    def log_attempt(
        self,
        run: str,
        unit: str,
        event: str,
        *,
        seconds: float | None = None,
        message: str | None = None,
    ) -> None:
        """Log what a run did with a unit at this moment.

        Args:
            run: The run.
            unit: The key of the unit.
            event: `started`, `done`, `failed`, `interrupted`, `came late` (another process
                published the unit first), `put aside` (it was archived so that it can be redone) or
                `scored again` (its stored answers were, by newer rules).
            seconds: Wall time of a finished attempt.
            message: The error of a failed attempt.
        """
        line = AttemptEvent(unit=unit, event=event, at=utc_timestamp())
        if seconds is not None:
            line["seconds"] = seconds
        if message is not None:
            line["message"] = message
        self.log_attempts(run, [line])

    # Registrations

    @abstractmethod
    def registrations(self) -> dict[str, RegistrationRecord]:
        """All intact registrations by name, oldest first."""

    @abstractmethod
    def registration_faults(self) -> dict[str, str]:
        """The damaged registrations by name, and what is wrong with each."""

    @abstractmethod
    def save_registration(self, record: RegistrationRecord) -> str:
        """Write a registration, unless the store has it. Returns its name.

        Raises:
            StoreError: The registration cannot be written.
        """

    # Calibrations

    @abstractmethod
    def calibrations(self) -> dict[str, CalibrationRecord]:
        """All intact calibrations by name, oldest first."""

    @abstractmethod
    def calibration_faults(self) -> dict[str, str]:
        """The damaged calibrations by name, and what is wrong with each."""

    @abstractmethod
    def save_calibration(self, record: CalibrationRecord) -> str:
        """Write a calibration, unless the store has it. Returns its name.

        Raises:
            StoreError: The calibration cannot be written.
        """

    # The ledger, which `ledger.py` keeps under a lock of its own

    @abstractmethod
    def load_ledger(self) -> str | None:
        """The text of the ledger; None if nothing was ever reserved."""

    @abstractmethod
    def save_ledger(self, text: str) -> None:
        """Replace the ledger, whose lock this process holds.

        Raises:
            StoreError: It cannot be written.
            LeaseLost: Another process has taken over the lock.
        """

    # Progress, which is this machine's alone

    def save_progress(self, key: str, facts: Mapping[str, Any]) -> None:
        """Save how far this process is with a unit, for `mi status`; may be lost without harm."""
        progress.save_progress(StoreLayout(self.root), key, facts)

    def load_progress(self, key: str) -> dict[str, Any] | None:
        """The last saved progress of a unit, or None if no process is working on it."""
        return progress.load_progress(StoreLayout(self.root), key)

    def clear_progress(self, key: str) -> None:
        """Remove the progress of a unit that no process is working on any more."""
        progress.clear_progress(StoreLayout(self.root), key)
