"""The store that several machines share: the data is remote, and this machine holds a copy.

Providers need paths, so work is done in directories of this process. Finished units are uploaded,
and units under way at intervals. The work of other machines is downloaded when it is needed, once
per machine, and compared with its checksum. Names at the shared place:

    published/<key>        the manifest of a unit: its files and their checksums. A unit is
                           published if and only if this exists
    units/<key>/<attempt>/ the files of a unit
    work/<key>/            a unit under way, as it was last uploaded
    journals/<name>/       the numbered segments of a journal
    seals/<name>.json      how many lines a journal has, and their digest
    runs/<run>/            run.json, and attempts/ in numbered segments
    cells/, registrations/, damaged/, retired/, ledger.json  as in a folder
    claims/, owners/       leases: which process works on what

A lease can be lost, unlike a file lock. It is therefore checked before a line of a journal is added
or a unit is published, and both operations also fail on their own for a process that has lost its
lease.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import attrs

from ...errors import CorruptError, MiError, StoreError
from ...files.journal import encode_line
from ..base import Store
from ..calibrations import CalibrationFiles, CalibrationRecord
from ..incoming import RefusedLine, refused_file
from ..journal_checks import JournalCheck
from ..journal_verifier import JournalVerifier, damaged_by_journals
from ..layout import (
    CALIBRATIONS,
    CELLS,
    JOURNALS,
    LEDGER_FILE,
    LEDGER_LOCK,
    REGISTRATIONS,
    RUN_FILE,
    RUNS,
    StoreLayout,
)
from ..model_identity import TrainingCopy, read_copy
from ..records import (
    BegunRecord,
    FailureRecord,
    State,
    UnitRecord,
    UnitStatus,
    answer_position,
)
from ..registrations import RegistrationFiles, RegistrationRecord
from ..run_files import (
    AttemptEvent,
    RunFiles,
    RunRecord,
    SelectedCell,
    SelectionHeader,
    run_json,
)
from .archive import Archive
from .attempts import AttemptBuffer
from .backend import Backend, read_existing
from .journal_seals import JournalSeals
from .leases import Leases
from .mirror import MAX_DOWNLOADS, Mirror
from .published import METADATA_FILES, PublishedUnits
from .segmented_log import SegmentedLogs
from .verification import CopyVerifier
from .work_records import WorkRecords
from .workspace import Workspace


@attrs.frozen(kw_only=True)
class SharedStore(Store):
    """A store at `url`.

    Args:
        root: This machine's copy of it.
        url: Its address.
        backend: The files at the shared place.
        leases: What this process holds there.
        published_units: Published units, downloaded as they are needed.
        logs: Journals and attempts, which are stored in segments.
        workspace: The working directories of this process.
        mirror: The copy of everything but units.
    """

    root: Path
    url: str
    backend: Backend
    leases: Leases
    published_units: PublishedUnits
    logs: SegmentedLogs
    workspace: Workspace
    mirror: Mirror
    _attempts: AttemptBuffer = attrs.field(init=False)
    _archive: Archive = attrs.field(init=False)
    _work: WorkRecords = attrs.field(init=False)
    _runs: RunFiles = attrs.field(init=False)
    _registrations: RegistrationFiles = attrs.field(init=False)
    _calibrations: CalibrationFiles = attrs.field(init=False)
    _verifier: CopyVerifier = attrs.field(init=False)
    _seals: JournalSeals = attrs.field(init=False)

    @_attempts.default
    def _default_attempts(self) -> AttemptBuffer:
        return AttemptBuffer(self.logs)

    @_archive.default
    def _default_archive(self) -> Archive:
        return Archive(self.backend, self.published_units, self.logs)

    @_work.default
    def _default_work(self) -> WorkRecords:
        return WorkRecords(self.backend)

    @_runs.default
    def _default_runs(self) -> RunFiles:
        return RunFiles(StoreLayout(self.root))

    @_registrations.default
    def _default_registrations(self) -> RegistrationFiles:
        return RegistrationFiles(StoreLayout(self.root))

    @_calibrations.default
    def _default_calibrations(self) -> CalibrationFiles:
        return CalibrationFiles(StoreLayout(self.root))

    @_verifier.default
    def _default_verifier(self) -> CopyVerifier:
        return CopyVerifier(self.published_units)

    @_seals.default
    def _default_seals(self) -> JournalSeals:
        return JournalSeals(self.backend, self.root, self.logs, self.mirror)

    @property
    def address(self) -> str:
        return self.url

    def refresh(self) -> None:
        self._attempts.flush()
        self.published_units.refresh()
        with ThreadPoolExecutor(MAX_DOWNLOADS) as pool:
            list(pool.map(self._download_metadata, self.published_units.pop_new_keys()))
        self.mirror.refresh()

    def _download_metadata(self, key: str) -> None:
        with suppress(CorruptError, OSError):  # reported when the unit is read
            self.published_units.download(key, METADATA_FILES)

    def upload_pending(self) -> None:
        """Upload what has accumulated, so that little is lost if this machine is."""
        with suppress(MiError, OSError):  # reported by the next call that needs an answer
            self.workspace.upload_all()
            self._attempts.flush()

    def published_keys(self) -> list[str]:
        return sorted(self.published_units.refresh())

    def published_versions(self) -> Iterator[tuple[str, str]]:
        yield from self.published_units.refresh().items()

    def is_published(self, key: str) -> bool:
        return self.backend.exists(f"published/{key}")

    def unit_dir(self, key: str) -> Path:
        # Another machine may have archived the unit and published it again.
        self.published_units.versions.pop(key, None)
        with suppress(FileNotFoundError):
            return self.published_units.download(key)
        return self.published_units.copy_dir(key)

    def record_dir(self, key: str) -> Path:
        with suppress(FileNotFoundError):
            return self.published_units.download(key, METADATA_FILES)
        return self.published_units.copy_dir(key)

    def states(self, keys: Sequence[str]) -> dict[str, UnitStatus]:
        versions = self.published_units.refresh()
        failed = self._work.failed_keys()
        states = self._verifier.states({key: versions[key] for key in keys if key in versions})
        for key in keys:
            if key not in versions and key in failed and (failure := self.failure(key)):
                states[key] = UnitStatus(State.FAILED, failure.message, failure.permanent)
        return {**states, **self._damaged_by_journals(states)}

    def _damaged_by_journals(self, states: Mapping[str, UnitStatus]) -> dict[str, UnitStatus]:
        summaries = [status.summary for status in states.values() if status.summary]
        names = {need.journal for summary in summaries for need in summary.journals}
        damaged: dict[str, UnitStatus] = {}
        for _ in range(2 if names else 0):  # one that is added to meanwhile looks damaged once
            damaged = damaged_by_journals(states, self.journal_verifier(names))
            if not damaged:
                break
        return damaged

    def find_damage(self, key: str) -> str | None:
        return self._verifier.find_damage(key)

    def find_damaged(self, keys: Sequence[str]) -> dict[str, str]:
        return self._verifier.find_damaged(keys)

    def install(self, key: str, directory: Path) -> bool:
        if self.leases.holds(key):
            self.leases.assert_held(key)
        is_first = self.published_units.publish(key, directory)
        if is_first:
            self.published_units.adopt(key, directory)
        self.workspace.clear(key)
        return is_first

    def install_replacement(self, key: str, directory: Path, label: str) -> None:
        """Publish a sealed directory in place of a unit, whose files stay where they were uploaded.

        Args:
            key: The unit, whose lock this process holds.
            directory: The directory; it is moved.
            label: Not used: nothing is moved at the shared place.
        """
        self.published_units.replace(key, directory, lambda: self.leases.assert_held(key))
        self.published_units.adopt(key, directory)

    def quarantine(self, key: str) -> Path:
        return self.root / self._archive.quarantine(key)

    def work_dir(self, key: str) -> Path:
        return self.workspace.path(key) if self.leases.holds(key) else self.workspace.snapshot(key)

    def prepare_work_dir(self, key: str) -> Path:
        return self.workspace.restore(key)

    def checkpoint(self, key: str) -> None:
        self.leases.assert_held(key)
        self.workspace.upload(key)

    def is_begun(self, key: str) -> bool:
        return self._work.exists(key)

    def begun_record(self, key: str) -> BegunRecord | None:
        return self._work.begun_record(key)

    def unfinished_units(self) -> list[BegunRecord]:
        return self._work.unfinished()

    def failure(self, key: str) -> FailureRecord | None:
        return self._work.failure(key)

    def save_failure(self, key: str, failure: FailureRecord) -> None:
        self._work.save_failure(key, failure)

    @contextmanager
    def lock(self, *names: str, on_wait: Callable[[str], None] | None = None) -> Iterator[None]:
        with self.leases.acquire(*names, on_wait=on_wait):
            try:
                yield
            finally:
                for name in names:
                    assert_held = partial(self.leases.assert_held, name)
                    self.workspace.release(name, assert_held)
                    with suppress(StoreError):  # the next process looks at these lines again
                        self._seals.seal_grown(name, assert_held)
                    self.logs.close(f"{JOURNALS}/{name}", compact=True)

    def is_locked(self, name: str) -> bool:
        return self.leases.is_active(name)

    def is_abandoned(self, name: str) -> bool:
        return self.leases.is_abandoned(name)

    def assert_locked(self, *names: str) -> None:
        self.leases.assert_held(*(name for name in names if self.leases.holds(name)))

    def journal(self, name: str) -> Path:
        log = f"{JOURNALS}/{name}"
        if self.leases.holds(name):
            return self.logs.open(log)
        return self.logs.path(log, self.mirror.segments.get(log))

    def journal_verifier(
        self, names: Collection[str] | None = None, *, thorough: bool = False
    ) -> JournalVerifier:
        return self._seals.verifier(names, uses_cache=not thorough)

    def journal_problems(self, *, thorough: bool = False) -> dict[str, JournalCheck]:
        return self._seals.problems(thorough=thorough)

    def settle(self, name: str) -> int:
        return self._seals.settle(name, lambda lines: self.set_aside(name, lines))

    def append_lines(self, path: Path, records: Sequence[Any], lines: Sequence[bytes]) -> None:
        """Upload records as a segment; for the arguments see `Store.append_lines`.

        Args:
            path: The journal's file.
            records: The records.
            lines: Not used: a record that another process has written too is left out.
        """
        self.leases.assert_held(path.stem)
        self.logs.append(f"{JOURNALS}/{path.stem}", records, answer_position)

    def set_aside(self, journal: str, lines: Sequence[RefusedLine]) -> None:
        content = b"".join(encode_line(line.to_json()) for line in lines)
        part = 0
        while not self.backend.create(refused_file(journal, part), content):
            part += 1

    def archive(self, label: str, kind: str, name: str) -> None:
        """Move a unit, journal or working directory to the archive, by copying it.

        Args:
            label: What is archived together; it gets a suffix if it has archived this name before.
            kind: `units`, `journals` or `work`.
            name: The name of the file or directory.
        """
        self._archive.add(label, kind, name)

    def archived_records(self, key: str) -> list[UnitRecord]:
        return self._archive.records(key)

    def training_copies(self, key: str) -> list[TrainingCopy]:
        present = None
        with suppress(CorruptError):  # a file of it is damaged: it is read again once archived
            present = read_copy(self.unit_dir(key))
        return [*([present] if present else []), *self._archive.training_copies(key)]

    def archive_count(self, name: str) -> int:
        return self._archive.count(name)

    def runs(self) -> list[RunRecord]:
        self.refresh()
        return self._runs.runs()

    def save_run(self, run: str, record: RunRecord) -> None:
        self._attempts.flush()
        self.backend.write(f"{RUNS}/{run}/{RUN_FILE}", run_json(record).encode())

    def save_selection(self, header: SelectionHeader, cells: Sequence[SelectedCell]) -> str:
        name = self._runs.save_selection(header, cells)
        for file_name in (f"{CELLS}/{name}.jsonl", f"{CELLS}/{name}.json"):
            if not self.backend.exists(file_name):
                self.backend.upload(self.root / file_name, file_name)
        return name

    def load_selection(self, name: str) -> Iterator[SelectedCell]:
        file_name = f"{CELLS}/{name}.jsonl"
        if not (self.root / file_name).exists():
            self.mirror.download({file_name: ""})
        return self._runs.load_selection(name)

    def attempts(self, key: str) -> list[AttemptEvent]:
        self.refresh()
        return self._runs.attempts(key, self.record(key) if self.is_published(key) else None)

    def log_attempts(self, run: str, events: Sequence[AttemptEvent]) -> None:
        self._attempts.add(run, events)

    def registrations(self) -> dict[str, RegistrationRecord]:
        self.mirror.refresh_registrations()
        return self._registrations.read_all()

    def registration_faults(self) -> dict[str, str]:
        self.mirror.refresh_registrations()
        return self._registrations.faults()

    def save_registration(self, record: RegistrationRecord) -> str:
        self.backend.create(f"{REGISTRATIONS}/{record.name}.json", record.text.encode())
        return record.name

    def calibrations(self) -> dict[str, CalibrationRecord]:
        self.mirror.refresh_calibrations()
        return self._calibrations.read_all()

    def calibration_faults(self) -> dict[str, str]:
        self.mirror.refresh_calibrations()
        return self._calibrations.faults()

    def save_calibration(self, record: CalibrationRecord) -> str:
        self.backend.create(f"{CALIBRATIONS}/{record.name}.json", record.text.encode())
        return record.name

    def load_ledger(self) -> str | None:
        content = read_existing(self.backend, LEDGER_FILE)
        return None if content is None else content.decode()

    def save_ledger(self, text: str) -> None:
        self.leases.assert_held(LEDGER_LOCK)
        self.backend.write(LEDGER_FILE, text.encode())
