"""Copying what a merge plan lists. Each step is atomic, and repeating it does no harm.

Journals come first, then the units that were made from them, then the records of runs, and then
registrations. So a merge that is interrupted leaves a store in which every record is backed by what
it refers to, and in which no claim is earlier than the data that came with it. Units and
journals are locked as a run locks them.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from typing import cast

import attrs

from ...errors import CorruptError
from ...files import atomic, journal
from .. import checksums
from ..base import Store
from ..layout import ATTEMPTS_FILE, CELLS, RUN_FILE, RUNS
from ..local import LocalStore
from ..records import answer_position
from ..run_files import AttemptEvent, read_run
from ..sealing import seal
from .survey import MergePlan, lines_by_position


def apply_merge(
    plan: MergePlan, theirs: Store, ours: Store, on_step: Callable[[], None] = lambda: None
) -> None:
    """Copy what a plan lists.

    Args:
        plan: The plan, from `plan_merge` of the same stores.
        theirs: The store that is read.
        ours: The store that is added to.
        on_step: Called after each journal, unit, selection, run and registration.

    Raises:
        StoreError: Our store cannot be written. What was copied so far is complete.
        CorruptError: Their store changed while it was copied.
    """
    with ours.lock("merge"):
        for name, lines in plan.journals.items():
            with ours.lock(name):
                present = lines_by_position(ours.journal(name))
                new_lines = [line for line in lines if answer_position(line) not in present]
                ours.append(ours.journal(name), new_lines)
            on_step()
        for key in plan.units:
            _copy_unit(key, theirs, ours)
            on_step()
        for name in plan.selections:
            header = json.loads((theirs.root / CELLS / f"{name}.json").read_text("utf-8"))
            ours.save_selection(header, list(theirs.load_selection(name)))
            on_step()
        for run in plan.runs:
            _merge_run(run, theirs, ours)
            on_step()
        registrations = theirs.registrations()
        for name in plan.registrations:
            ours.save_registration(registrations[name])
            on_step()


def _copy_unit(key: str, theirs: Store, ours: Store) -> None:
    """Copy a unit to a staging store, verify the copy, and publish it by renaming."""
    staging = LocalStore(ours.root / "arriving")
    with ours.lock(key), atomic.translate_write_errors(staging.root):
        if ours.is_published(key):
            if not ours.find_damage(key):
                return
            ours.quarantine(key)
        copy = staging.unit_dir(key)
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(theirs.unit_dir(key), copy, copy_function=_copy_synced)
        if damage := checksums.find_damage(copy):
            raise CorruptError(
                f"was damaged while it was copied ({damage})",
                where=key,
                hint="if a run is working on the other store, wait for it; then run the same "
                "command again",
            )
        record = staging.record(key)
        seal(copy, attrs.evolve(record, seals=ours.seals(record.journals)))
        ours.install(key, copy)
        shutil.rmtree(staging.root, ignore_errors=True)


def _merge_run(run: str, theirs: Store, ours: Store) -> None:
    """Add a run's attempts, then its record, unless our record of it says how it ended."""
    their_dir, our_dir = theirs.root / RUNS / run, ours.root / RUNS / run
    present = {json.dumps(line) for line in journal.read_records(our_dir / ATTEMPTS_FILE)}
    attempts = journal.read_records(their_dir / ATTEMPTS_FILE)
    missing = [line for line in attempts if json.dumps(line) not in present]
    ours.log_attempts(run, cast(list[AttemptEvent], missing))
    our_file = our_dir / RUN_FILE
    if not our_file.exists() or read_run(our_file).get("ended") is None:
        ours.save_run(run, read_run(their_dir / RUN_FILE))


def _copy_synced(source: str, target: str) -> str:
    shutil.copyfile(source, target)
    with open(target, "rb") as file:
        os.fsync(file.fileno())
    return target
