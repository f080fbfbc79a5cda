"""The store in a folder of one machine.

A unit is worked on in `work/<key>/` and published by renaming that directory to `units/<key>/`, so
everything in `units/` is complete at any time. `sha256sum -c SHA256SUMS` checks a published unit.
One that no longer matches its checksums is damaged: that is reported, and the unit is moved to
`damaged/`, never overwritten. Locks are file locks, which the system releases when a process ends,
so a lock cannot be lost while its holder lives.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import attrs

from ..errors import CorruptError, StoreError
from ..files import atomic, gate
from ..files.clock import timestamp_digits, utc_timestamp
from ..files.journal import append_records
from ..files.seal import seal_path
from ..files.serialize import read_json, to_json
from . import checksums
from .base import Store
from .calibrations import CalibrationFiles, CalibrationRecord
from .checksums import RECORD_FILE
from .incoming import RefusedLine, refused_file
from .journal_checks import JournalCheck, settle_journal
from .journal_verifier import damaged_by_journals
from .journal_writer import JournalWriter
from .layout import (
    DAMAGED,
    JOURNALS,
    LEDGER_FILE,
    LOCKS,
    REPLACING,
    RETIRED,
    UNITS,
    WORK,
    StoreLayout,
    check_name,
    list_names,
)
from .model_identity import TrainingCopy, read_copy
from .records import (
    BEGUN_FILE,
    FAILURE_FILE,
    BegunRecord,
    FailureRecord,
    State,
    UnitRecord,
    UnitStatus,
)
from .registrations import RegistrationFiles, RegistrationRecord
from .run_files import AttemptEvent, RunFiles, RunRecord, SelectedCell, SelectionHeader
from .verification import cached_verifier


@attrs.frozen
class LocalStore(Store):
    """A store in the folder `root`."""

    root: Path
    _layout: StoreLayout = attrs.field(init=False, eq=False, repr=False)
    _runs: RunFiles = attrs.field(init=False, eq=False, repr=False)
    _registrations: RegistrationFiles = attrs.field(init=False, eq=False, repr=False)
    _calibrations: CalibrationFiles = attrs.field(init=False, eq=False, repr=False)
    _writers: dict[str, JournalWriter] = attrs.field(init=False, eq=False, repr=False, factory=dict)

    @_layout.default
    def _default_layout(self) -> StoreLayout:
        return StoreLayout(self.root, is_own=True)

    @_runs.default
    def _default_runs(self) -> RunFiles:
        return RunFiles(self._layout)

    @_registrations.default
    def _default_registrations(self) -> RegistrationFiles:
        return RegistrationFiles(self._layout)

    @_calibrations.default
    def _default_calibrations(self) -> CalibrationFiles:
        return CalibrationFiles(self._layout)

    @property
    def address(self) -> str:
        return str(self.root)

    def refresh(self) -> None:
        """Do nothing: no other machine writes here."""

    def published_keys(self) -> list[str]:
        self._complete_replacements()
        return sorted(list_names(self.root / UNITS))

    def published_versions(self) -> Iterator[tuple[str, str]]:
        self._complete_replacements()
        with suppress(FileNotFoundError), os.scandir(self.root / UNITS) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # archived since the directory was listed
                    facts = entry.stat()
                    yield entry.name, f"{facts.st_size}:{facts.st_mtime_ns}"

    def is_published(self, key: str) -> bool:
        return self.unit_dir(key).exists()

    def unit_dir(self, key: str) -> Path:
        return self._layout.unit_dir(key)

    def record_dir(self, key: str) -> Path:
        return self.unit_dir(key)

    def states(self, keys: Sequence[str]) -> dict[str, UnitStatus]:
        self._complete_replacements()
        published, begun_keys = list_names(self.root / UNITS), list_names(self.root / WORK)
        states = {}
        with cached_verifier(self.root) as verifier:
            for key in keys:
                if key in published:
                    states[key] = verifier.verify(self.unit_dir(key))
                elif key in begun_keys and (failure := self.failure(key)):
                    states[key] = UnitStatus(State.FAILED, failure.message, failure.permanent)
        return {**states, **damaged_by_journals(states, self.journal_verifier())}

    def find_damage(self, key: str) -> str | None:
        return checksums.find_damage(self.unit_dir(key))

    def find_damaged(self, keys: Sequence[str]) -> dict[str, str]:
        with cached_verifier(self.root) as verifier:
            states = {key: verifier.verify(self.unit_dir(key)) for key in keys}
        return {
            key: status.detail for key, status in states.items() if status.state is State.CORRUPT
        }

    def journal_problems(self, *, thorough: bool = False) -> dict[str, JournalCheck]:
        verifier = self.journal_verifier(thorough=thorough)
        problems = verifier.problems()
        verifier.save()
        return problems

    def settle(self, name: str) -> int:
        count = settle_journal(self.journal(name), lambda lines: self.set_aside(name, lines))
        self._writers.pop(name, None)
        return count

    def install(self, key: str, directory: Path) -> bool:
        atomic.fsync_directory(directory)
        os.rename(directory, self._layout.ensure_dir(UNITS) / key)
        atomic.fsync_directory(self.root / UNITS)
        return True

    def install_replacement(self, key: str, directory: Path, label: str) -> None:
        """Archive the unit and rename the directory; see `Store.install_replacement`."""
        atomic.fsync_directory(directory.parent)
        self.archive(label, UNITS, key)
        self.install(key, directory)

    def _complete_replacements(self) -> None:
        """Finish what processes that died had begun to replace.

        If the unit was archived, its replacement is installed; before that, the unit stays.
        """
        for key in filter(gate.is_name, list_names(self.root / REPLACING)):
            directory = self.root / REPLACING / key
            if not self.is_locked(key):
                with self.lock(key), suppress(FileNotFoundError):  # another process was faster
                    if self.unit_dir(key).exists() or checksums.find_damage(directory):
                        shutil.rmtree(directory, ignore_errors=True)
                    else:
                        self.install(key, directory)

    def quarantine(self, key: str) -> Path:
        check_name(key)
        stamp = timestamp_digits(utc_timestamp())
        target = self._layout.ensure_dir(DAMAGED) / f"{key}-{stamp}"
        os.rename(self.unit_dir(key), target)
        return target

    def work_dir(self, key: str) -> Path:
        return self._layout.work_dir(key)

    def prepare_work_dir(self, key: str) -> Path:
        return self._layout.ensure_dir(WORK, key)

    def checkpoint(self, key: str) -> None:
        """Do nothing: the next attempt on this machine finds the working directory as it is."""

    def is_begun(self, key: str) -> bool:
        return self.work_dir(key).is_dir()

    def begun_record(self, key: str) -> BegunRecord | None:
        directory = self.work_dir(key)
        if (directory / BEGUN_FILE).exists():
            return read_json(directory / BEGUN_FILE, BegunRecord)
        # Publishing was cut off after the unit's record had replaced begun.json.
        sealed = (directory / RECORD_FILE).exists()
        return read_json(directory / RECORD_FILE, UnitRecord) if sealed else None

    def unfinished_units(self) -> list[BegunRecord]:
        records = (self.begun_record(name) for name in sorted(list_names(self.root / WORK)))
        return [record for record in records if record is not None]

    def failure(self, key: str) -> FailureRecord | None:
        path = self.work_dir(key) / FAILURE_FILE
        if not path.exists():
            return None
        try:
            return read_json(path, FailureRecord)
        except CorruptError as error:  # that it failed is known, and the next attempt replaces it
            return FailureRecord(run="", time="", message=f"why cannot be read ({error.message})")

    def save_failure(self, key: str, failure: FailureRecord) -> None:
        directory = self.prepare_work_dir(key)
        atomic.write_atomic(directory / FAILURE_FILE, to_json(failure) + "\n")
        with suppress(OSError):
            atomic.close_to_others(directory)

    @contextmanager
    def lock(self, *names: str, on_wait: Callable[[str], None] | None = None) -> Iterator[None]:
        from filelock import FileLock, Timeout

        self._layout.ensure_dir(LOCKS)
        with ExitStack() as stack:
            for name in sorted(names):
                lock = FileLock(self._layout.lock_file(name), mode=self._file_mode)
                while True:
                    try:
                        stack.enter_context(lock.acquire(timeout=1))
                        break
                    except Timeout:
                        if on_wait is not None:
                            on_wait(name)
                    except OSError as error:
                        raise atomic.write_error(error, self._layout.lock_file(name)) from None
            try:
                yield
            finally:
                for name in names:
                    if (writer := self._writers.pop(name, None)) is not None:
                        with suppress(StoreError):  # the next process looks at these lines again
                            writer.flush()

    @property
    def _file_mode(self) -> int:
        return 0o600 if atomic.is_private(self.root) else 0o644

    def is_locked(self, name: str) -> bool:
        from filelock import FileLock, Timeout

        path = self._layout.lock_file(name)
        if not path.exists():
            return False
        try:
            with FileLock(path, timeout=0, mode=self._file_mode):
                return False
        except Timeout:
            return True
        except OSError:  # a store that this process cannot write
            return _is_held(path)

    def is_abandoned(self, name: str) -> bool:
        return not self.is_locked(name)

    def assert_locked(self, *names: str) -> None:
        """Do nothing: a file lock is held for as long as its process lives."""

    def journal(self, name: str) -> Path:
        return self._layout.journal(name)

    def append_lines(self, path: Path, records: Sequence[Any], lines: Sequence[bytes]) -> None:
        """Append lines, and seal the journal; for the arguments see `Store.append_lines`.

        Args:
            path: The journal's file.
            records: Not used.
            lines: The lines.
        """
        writer = self._writers.get(path.stem)
        if writer is None or not writer.is_current:
            self.settle(path.stem)
            writer = self._writers[path.stem] = JournalWriter(path)
        writer.append(lines)

    def set_aside(self, journal: str, lines: Sequence[RefusedLine]) -> None:
        path = self.root / refused_file(journal)
        self._layout.ensure_dir(*path.relative_to(self.root).parts[:-1])
        append_records(path, [line.to_json() for line in lines])

    def archive(self, label: str, kind: str, name: str) -> None:
        """Move a unit, journal or working directory to the archive, by renaming it.

        Args:
            label: What is archived together; it gets a number if it has archived this name before.
            kind: `units`, `journals` or `work`.
            name: The name of the file or directory.
        """
        check_name(name)
        source = self.root / kind / name
        if kind == JOURNALS:  # first, so that a journal without a seal remains if this is cut off
            with suppress(FileNotFoundError):
                seal_path(source).unlink()
            self._writers.pop(source.stem, None)
        if source.exists():
            times = 1
            while (self.root / RETIRED / label / kind / name).exists():
                times += 1
                label = f"{label.removesuffix(f'.{times - 1}')}.{times}"
            target = self._layout.ensure_dir(RETIRED, label, kind)
            with atomic.translate_write_errors(target):
                os.rename(source, target / name)

    def archived_records(self, key: str) -> list[UnitRecord]:
        paths = sorted((self.root / RETIRED).glob(f"*/units/{key}/{RECORD_FILE}"))
        return [read_json(path, UnitRecord) for path in paths]

    def training_copies(self, key: str) -> list[TrainingCopy]:
        archived = (self.root / RETIRED).glob(f"*/{UNITS}/{key}")
        damaged = (self.root / DAMAGED).glob(f"{key}-*")
        copies = map(read_copy, (self.unit_dir(key), *damaged, *archived))
        return [copy for copy in copies if copy is not None]

    def archive_count(self, name: str) -> int:
        return sum(1 for _ in (self.root / RETIRED).glob(f"*/journals/{name}.jsonl"))

    def runs(self) -> list[RunRecord]:
        return self._runs.runs()

    def save_run(self, run: str, record: RunRecord) -> None:
        self._runs.save_run(run, record)

    def save_selection(self, header: SelectionHeader, cells: Sequence[SelectedCell]) -> str:
        return self._runs.save_selection(header, cells)

    def load_selection(self, name: str) -> Iterator[SelectedCell]:
        return self._runs.load_selection(name)

    def attempts(self, key: str) -> list[AttemptEvent]:
        return self._runs.attempts(key, self.record(key) if self.is_published(key) else None)

    def log_attempts(self, run: str, events: Sequence[AttemptEvent]) -> None:
        self._runs.append_attempts(run, events)

    def registrations(self) -> dict[str, RegistrationRecord]:
        return self._registrations.read_all()

    def registration_faults(self) -> dict[str, str]:
        return self._registrations.faults()

    def save_registration(self, record: RegistrationRecord) -> str:
        return self._registrations.save(record)

    def calibrations(self) -> dict[str, CalibrationRecord]:
        return self._calibrations.read_all()

    def calibration_faults(self) -> dict[str, str]:
        return self._calibrations.faults()

    def save_calibration(self, record: CalibrationRecord) -> str:
        return self._calibrations.save(record)

    def load_ledger(self) -> str | None:
        with suppress(FileNotFoundError):
            return (self.root / LEDGER_FILE).read_text("utf-8")
        return None

    def save_ledger(self, text: str) -> None:
        self._layout.ensure_dir(LOCKS)
        atomic.write_atomic(self.root / LEDGER_FILE, text)


def _is_held(path: Path) -> bool:
    """Whether a process holds a lock file that can only be read."""
    import fcntl

    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
