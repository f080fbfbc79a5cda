"""Copying what a merge plan lists. Each step is atomic, and repeating it does no harm.

Journals come first, then the units that were made from them, then the records of runs, and then
registrations. So a merge that is interrupted leaves a store in which every record is backed by what
it refers to, and in which no claim is earlier than the data that came with it. Units and
journals are locked as a run locks them. A unit is checked again once it is copied: only what our
store then holds counts.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import cast

import attrs

from ...errors import CorruptError
from ...files import atomic, gate
from .. import checksums
from ..base import Store
from ..layout import ATTEMPTS_FILE, RUN_FILE, RUNS
from ..local import LocalStore
from ..records import UnitRecord, answer_position
from ..run_files import AttemptEvent, read_attempts, read_run
from ..sealing import seal
from .lines import read_journal_lines
from .screen import MAX_FILE
from .source import Source, read_unit
from .survey import MergePlan

_CHUNK = 1 << 20
ARRIVING = "arriving"
"""Where units are copied to before they are published."""


def apply_merge(
    plan: MergePlan, theirs: Store, ours: Store, on_step: Callable[[], None] = lambda: None
) -> None:
    """Copy what a plan lists.

    Args:
        plan: The plan, from `plan_merge` of the same stores.
        theirs: The store that is read.
        ours: The store that is added to.
        on_step: Called after each journal, unit, selection, run, registration and calibration.

    Raises:
        StoreError: Our store cannot be written. What was copied so far is complete.
        CorruptError: Their store changed while it was copied.
    """
    source = Source.open(theirs)
    atomic.require_space(ours.root, plan.size)
    with ours.lock("merge"):
        for name, lines in plan.journals.items():
            with ours.lock(name):
                present = read_journal_lines(ours.journal(name)).lines
                new_lines = [line for line in lines if answer_position(line) not in present]
                ours.append(ours.journal(name), new_lines)
            on_step()
        for key, model_digest in plan.units.items():
            _copy_unit(key, model_digest, source, ours)
            on_step()
        for name in plan.selections:
            ours.save_selection(*source.read_selection(name))
            on_step()
        for run in plan.runs:
            _merge_run(run, theirs, ours)
            on_step()
        registrations = dict(source.registrations()) if plan.registrations else {}
        for name in plan.registrations:
            if not isinstance(record := registrations.get(name), (str, type(None))):
                ours.save_registration(record)
            on_step()
        calibrations = dict(source.calibrations()) if plan.calibrations else {}
        for name in plan.calibrations:
            if not isinstance(calibration := calibrations.get(name), (str, type(None))):
                ours.save_calibration(calibration)
            on_step()


def _copy_unit(key: str, model_digest: str | None, theirs: Source, ours: Store) -> None:
    """Copy a unit to a staging store, check the copy, and publish it by renaming.

    Args:
        key: The unit.
        model_digest: The digest by which our store calls the model that it evaluates.
        theirs: The store that is read.
        ours: The store that is added to.
    """
    staging = LocalStore(ours.root / ARRIVING)
    with ours.lock(key), atomic.translate_write_errors(staging.root):
        if ours.is_published(key):
            if not ours.find_damage(key):
                return
            ours.quarantine(key)
        copy = staging.unit_dir(key)
        shutil.rmtree(staging.root, ignore_errors=True)
        record = _copy_files(key, theirs.unit_dir(key), copy)
        record = attrs.evolve(record, seals=ours.seals(record.journals), model_digest=model_digest)
        seal(copy, record)
        ours.install(key, copy)
        shutil.rmtree(staging.root, ignore_errors=True)


def _copy_files(key: str, source: Path, target: Path) -> UnitRecord:
    """Copy the files that a unit names, and nothing else. Returns the record of the copy.

    Args:
        key: The unit.
        source: The unit in the other store.
        target: Where it is copied to.

    Raises:
        CorruptError: The copy is not what was surveyed.
        OSError: It cannot be written.
    """
    try:
        for name in (*checksums.read_checksums(source), checksums.CHECKSUMS_FILE):
            _copy_file(source / name, target / name)
        if damage := checksums.find_damage(target):
            raise CorruptError(damage)
        return read_unit(target, key)
    except (CorruptError, ValueError, FileNotFoundError) as error:
        raise CorruptError(
            f"was damaged while it was copied ({error})",
            where=key,
            hint="if a run is working on the other store, wait for it; then run the same "
            "command again",
        ) from None


def _copy_file(source: Path, target: Path) -> None:
    """Copy a plain file of bounded size, and flush it to the disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    left = MAX_FILE
    with gate.open_file(source, follow=False) as file, target.open("wb") as copy:
        while chunk := file.read(_CHUNK):
            if (left := left - len(chunk)) < 0:
                raise gate.Refused(f"is larger than {MAX_FILE} bytes")
            copy.write(chunk)
        copy.flush()
        os.fsync(copy.fileno())


def _merge_run(run: str, theirs: Store, ours: Store) -> None:
    """Add a run's attempts, then its record, unless our record of it says how it ended."""
    their_dir, our_dir = theirs.root / RUNS / run, ours.root / RUNS / run
    present = {json.dumps(line) for line in read_attempts(our_dir / ATTEMPTS_FILE)}
    attempts = read_attempts(their_dir / ATTEMPTS_FILE)
    missing = [line for line in attempts if json.dumps(line) not in present]
    ours.log_attempts(run, cast(list[AttemptEvent], missing))
    our_file = our_dir / RUN_FILE
    if not our_file.exists() or read_run(our_file).get("ended") is None:
        ours.save_run(run, read_run(their_dir / RUN_FILE))
