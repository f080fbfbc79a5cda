"""The store: one folder a unit, and what every run did.

A unit is worked on in `work/<key>/` and published by renaming that folder to `units/<key>/`: what
stands in `units/` is whole, always. A published folder carries `SHA256SUMS` over all its files
(`sha256sum -c SHA256SUMS` checks it too); one that no longer matches is damaged, is said so, and is
moved aside, never overwritten.

    units/<key>/     unit.json, SHA256SUMS and the unit's own files
    work/<key>/      what is under way, checkpoints included; begun.json says of what unit, and
                     failure.json why it failed
    journals/        answers, judgments and likelihoods as they arrived, append-only
    runs/<run>/      run.json (provenance, outcome) and attempts.jsonl
    progress/        how far units under way are, for `mi status`
    cells/           the cells and evals a run selected, by content
    checked.json     which published units were found whole, and when; may be lost
    damaged/         unit folders that failed their check
    retired/         units and journals that were put aside to be done again
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import attrs

from ..files import atomic, journal
from ..files.serialize import read_json, to_json
from ..units.identity import SCHEME, digest, json_form
from ..units.unit import Unit
from . import checksums
from .checksums import RECORD_FILE
from .provenance import utc_timestamp
from .records import (
    BEGUN_FILE,
    FAILURE_FILE,
    BegunRecord,
    FailureRecord,
    State,
    UnitRecord,
    UnitStatus,
)
from .verification import cached_verifier

_ATTEMPTS_LOCK = threading.Lock()


@attrs.frozen
class Store:
    """A folder of units. Made when first written to."""

    root: Path

    @property
    def address(self) -> str:
        """What a user calls it, and what opens it again."""
        return str(self.root)

    def unit_dir(self, key: str) -> Path:
        """The folder of a published unit, whether it is there or not."""
        return self.root / "units" / key

    def record_dir(self, key: str) -> Path:
        """`unit`, for those who read no more of it than a database does."""
        return self.unit_dir(key)

    def is_published(self, key: str) -> bool:
        """Whether a unit is published."""
        return self.unit_dir(key).exists()

    def published_versions(self) -> Iterator[tuple[str, str]]:
        """The published units, each with what changes when another one is published."""
        with suppress(FileNotFoundError), os.scandir(self.root / "units") as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # put aside just now
                    facts = entry.stat()
                    yield entry.name, f"{facts.st_size}:{facts.st_mtime_ns}"

    def refresh(self) -> None:
        """Have what other machines did at hand below `root`."""

    def journal(self, name: str) -> Path:
        """The file of a journal."""
        return self.root / "journals" / f"{name}.jsonl"

    def append(self, path: Path, records: Sequence[Any]) -> None:
        """Add records to the journal at `path`, which this process holds."""
        journal.append_records(path, records)

    def published_keys(self) -> list[str]:
        """The keys of all published units, sorted."""
        return sorted(_list_names(self.root / "units"))

    def states(self, keys: Sequence[str]) -> dict[str, UnitStatus]:
        """What the store holds of these units; a key it leaves out is to do.

        Every published folder is checked against its sums, unless it was found whole before and
        has not changed since.
        """
        done, begun = _list_names(self.root / "units"), _list_names(self.root / "work")
        states = {}
        with cached_verifier(self.root) as checked:
            for key in keys:
                if key in done:
                    states[key] = checked.verify(self.unit_dir(key))
                elif key in begun and (failure := self.failure(key)):
                    states[key] = UnitStatus(State.FAILED, failure.message, failure.permanent)
        return states

    def find_damage(self, key: str) -> str | None:
        """What is wrong with a published folder, all of it hashed; None for nothing."""
        return checksums.find_damage(self.unit_dir(key))

    def find_damaged(self, keys: Sequence[str]) -> dict[str, str]:
        """Which of these units are not what was written, of what a database reads, and how."""
        return {
            key: known.detail
            for key, known in self.states(keys).items()
            if known.state is State.CORRUPT
        }

    def record(self, key: str) -> UnitRecord:
        """The record of a published unit.

        Raises:
            CorruptError: It cannot be read.
        """
        return read_json(self.record_dir(key) / RECORD_FILE, UnitRecord)

    def begin(
        self, unit: Unit, journals: Mapping[str, str], model_digest: str | None = None
    ) -> None:
        """Keep what a unit is, and of which model, for those who find it before it is done."""
        begun = BegunRecord(
            key=unit.key,
            kind=unit.kind,
            title=unit.title,
            setting=unit.setting,
            payload=json_form(unit.payload),
            journals=dict(journals),
            of=model_digest,
        )
        atomic.write_atomic(self.prepare_work_dir(unit.key) / BEGUN_FILE, to_json(begun) + "\n")

    def unfinished_units(self) -> list[BegunRecord]:
        """What is known of units that were begun and are not published."""
        found = (self.begun_record(name) for name in sorted(_list_names(self.root / "work")))
        return [one for one in found if one is not None]

    def begun_record(self, key: str) -> BegunRecord | None:
        """What is known of a unit that was begun and is not published; None where nothing is."""
        folder = self.root / "work" / key
        if (folder / BEGUN_FILE).exists():
            return read_json(folder / BEGUN_FILE, BegunRecord)
        cut_off = (folder / RECORD_FILE).exists()  # while it was published
        return read_json(folder / RECORD_FILE, UnitRecord) if cut_off else None

    def archive(self, label: str, kind: str, name: str) -> None:
        """Put a unit, journal or work folder aside, to `retired/<where>/<kind>/`, where it is kept.

        Args:
            kind: `units`, `journals` or `work`.
            name: Of the file or folder.
        """
        source = self.root / kind / name
        if source.exists():
            times = 1
            while (self.root / "retired" / label / kind / name).exists():
                times += 1
                label = f"{label.removesuffix(f'.{times - 1}')}.{times}"
            target = self._ensure_dir("retired", label, kind)
            with atomic.translate_write_errors(target):
                os.rename(source, target / name)

    def archived_records(self, key: str) -> list[UnitRecord]:
        """The records of a unit's earlier attempts that were put aside, the oldest first."""
        paths = sorted((self.root / "retired").glob(f"*/units/{key}/{RECORD_FILE}"))
        return [read_json(path, UnitRecord) for path in paths]

    def archive_count(self, name: str) -> int:
        """How often a journal was put aside."""
        return sum(1 for _ in (self.root / "retired").glob(f"*/journals/{name}.jsonl"))

    def attempts(self, key: str) -> list[dict[str, Any]]:
        """What runs did with a unit, the oldest first.

        A run that is killed between publishing a unit and noting that it is done leaves that to
        the unit, which says who finished it and when.
        """
        told = [
            {"run": path.parent.name, **line}
            for path in sorted((self.root / "runs").glob("*/attempts.jsonl"))
            for line in journal.read_records(path)
            if line["unit"] == key
        ]
        if self.is_published(key):
            one = self.record(key)
            done = {"run": one.run, "unit": key, "event": "done"}
            if not any(done.items() <= line.items() for line in told):
                told.append({**done, "at": one.finished, "seconds": one.seconds})
        return sorted(told, key=lambda line: line["run"])

    def failure(self, key: str) -> FailureRecord | None:
        """Why a unit failed last; None where it did not."""
        path = self.root / "work" / key / FAILURE_FILE
        return read_json(path, FailureRecord) if path.exists() else None

    @contextmanager
    def lock(self, *names: str, on_wait: Any = None) -> Iterator[None]:
        """Hold units or journals against other processes.

        Args:
            waiting: Called with a name each second while another process holds it; may raise.
        """
        from filelock import FileLock, Timeout

        folder = self._ensure_dir("locks")
        with ExitStack() as stack:
            for name in sorted(names):
                lock = FileLock(folder / f"{name}.lock")
                while True:
                    try:
                        stack.enter_context(lock.acquire(timeout=1))
                        break
                    except Timeout:
                        if on_wait is not None:
                            on_wait(name)
            yield

    def is_locked(self, name: str) -> bool:
        """Whether a run is at a unit just now: it holds the unit's lock for as long as it lives."""
        from filelock import FileLock, Timeout

        path = self.root / "locks" / f"{name}.lock"
        if not path.exists():
            return False
        try:
            with FileLock(path, timeout=0):
                return False
        except Timeout:
            return True

    def assert_locked(self, *names: str) -> None:
        """Raises `Lost` where what this process holds is somebody else's by now."""

    def work_dir(self, key: str) -> Path:
        """The folder a unit is worked on in, whether it is there or not."""
        return self.root / "work" / key

    def prepare_work_dir(self, key: str) -> Path:
        """The folder a unit is worked on in, with whatever an earlier attempt left there."""
        return self._ensure_dir("work", key)

    def checkpoint(self, key: str) -> None:
        """Have what stands in the folder of a unit that is worked on outlive this machine, where
        others could go on with it.

        Raises:
            Lost: The unit is somebody else's by now.
            StoreError: The place does not answer.
        """

    def publish(self, unit: Unit, run: str, outcome: Any, seconds: float, **more: Any) -> bool:
        """Make a worked-on unit a published one, in one step; whether this one is it.

        Raises:
            StoreError: The disk is full or cannot be written; the work stays where it is.
        """
        folder = self.prepare_work_dir(unit.key)
        record = UnitRecord(
            key=unit.key,
            kind=unit.kind,
            scheme=SCHEME,
            title=unit.title,
            setting=unit.setting,
            payload=json_form(unit.payload),
            outcome=outcome,
            journals=more.get("journals", {}),
            of=more.get("of"),
            run=run,
            finished=utc_timestamp(),
            seconds=round(seconds, 3),
        )
        with atomic.translate_write_errors(folder):
            (folder / RECORD_FILE).write_text(to_json(record) + "\n", encoding="utf-8")
            for name in (FAILURE_FILE, BEGUN_FILE):
                (folder / name).unlink(missing_ok=True)
            checksums.write_checksums(folder)
            if self.is_published(unit.key):
                if not self.find_damage(unit.key):
                    return False
                self.quarantine(unit.key)
            return self.install(unit.key, folder)

    def install(self, key: str, folder: Path) -> bool:
        """Put a whole unit, made aside in this store, in its place; whether it is there now."""
        atomic.fsync_directory(folder)
        os.rename(folder, self._ensure_dir("units") / key)
        atomic.fsync_directory(self.root / "units")
        return True

    def quarantine(self, key: str) -> Path:
        """Move a damaged unit to `damaged/`, where it is kept."""
        stamp = "".join(sign for sign in utc_timestamp() if sign.isdigit())
        target = self._ensure_dir("damaged") / f"{key}-{stamp}"
        os.rename(self.unit_dir(key), target)
        return target

    def record_failure(self, key: str, run: str, message: str, *, permanent: bool = False) -> None:
        """Keep why a unit failed; its work stays for the next attempt."""
        failure = FailureRecord(run=run, at=utc_timestamp(), message=message, permanent=permanent)
        atomic.write_atomic(self.prepare_work_dir(key) / FAILURE_FILE, to_json(failure) + "\n")

    def log_attempt(self, run: str, unit: str, event: str, **facts: Any) -> None:
        """Note that a run started, finished, failed or left a unit."""
        self.log_attempts(run, [{"unit": unit, "event": event, "at": utc_timestamp(), **facts}])

    def log_attempts(self, run: str, lines: Sequence[Mapping[str, Any]]) -> None:
        """Add to what a run did with units; its threads do so one after the other."""
        with _ATTEMPTS_LOCK:
            journal.append_records(self.root / "runs" / run / "attempts.jsonl", lines)

    def save_selection(self, header: Mapping[str, Any], cells: Sequence[Mapping[str, Any]]) -> str:
        """Keep what a run selected; the same selection is kept once. Returns its name."""
        text = "".join(json.dumps(cell, ensure_ascii=False) + "\n" for cell in cells)
        head = json.dumps(header, ensure_ascii=False)
        name = f"selection-{digest(head + text)[:16]}"
        folder = self._ensure_dir("cells")
        if not (folder / f"{name}.json").exists():
            atomic.write_atomic(folder / f"{name}.jsonl", text)
            atomic.write_atomic(folder / f"{name}.json", head + "\n")
        return name

    def is_begun(self, key: str) -> bool:
        """Whether a unit was worked on and is not published."""
        return (self.root / "work" / key).is_dir()

    def save_progress(self, key: str, facts: Mapping[str, Any]) -> None:
        """Keep how far a unit is, for those who look from outside; lost without harm."""
        path = self._ensure_dir("progress") / f"{key}.json"
        aside = atomic.temporary_path(path)
        with suppress(OSError):
            aside.write_text(json.dumps(facts), encoding="utf-8")
            os.replace(aside, path)

    def load_progress(self, key: str) -> dict[str, Any] | None:
        """How far a unit said it was, last; None where nobody is at it."""
        try:
            text = (self.root / "progress" / f"{key}.json").read_text(encoding="utf-8")
            found: dict[str, Any] = json.loads(text)
        except (OSError, ValueError):
            return None
        return found

    def clear_progress(self, key: str) -> None:
        """Nobody is at the unit any more."""
        (self.root / "progress" / f"{key}.json").unlink(missing_ok=True)

    def save_run(self, run: str, facts: Mapping[str, Any]) -> None:
        """Keep a run's provenance, and later its outcome."""
        path = self._ensure_dir("runs", run) / "run.json"
        atomic.write_atomic(path, json.dumps(facts, ensure_ascii=False, indent=1) + "\n")

    def runs(self) -> list[dict[str, Any]]:
        """What runs said of themselves, the newest first."""
        folder = self.root / "runs"
        paths = [folder / name / "run.json" for name in sorted(_list_names(folder), reverse=True)]
        return [json.loads(path.read_text("utf-8")) for path in paths if path.exists()]

    def load_selection(self, name: str) -> Iterator[dict[str, Any]]:
        """The cells of a selection."""
        yield from journal.read_records(self.root / "cells" / f"{name}.jsonl")

    def _ensure_dir(self, *parts: str) -> Path:
        folder = self.root.joinpath(*parts)
        if not folder.is_dir():
            with atomic.translate_write_errors(folder):
                folder.mkdir(parents=True, exist_ok=True)
                ignore = self.root / ".gitignore"
                if not ignore.exists():
                    ignore.write_text("*\n", encoding="utf-8")
        return folder


def _list_names(folder: Path) -> set[str]:
    try:
        return set(os.listdir(folder))
    except FileNotFoundError:
        return set()
