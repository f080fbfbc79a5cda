"""Bringing what was surveyed: each step whole or not at all, and no harm done twice.

Journals come first, then the units that were made of them, then what the runs selected and did, so
that a merge which dies on the way leaves a store that says nothing it cannot show. Units and
journals are held as a run holds them.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable

from ...errors import CorruptError
from ...files import atomic, journal
from ..base import Store
from ..local import LocalStore
from ..records import answer_position
from .survey import MergePlan, lines_by_position


def apply_merge(
    plan: MergePlan, theirs: Store, ours: Store, on_step: Callable[[], None] = lambda: None
) -> None:
    """Do what a survey said.

    Args:
        step: Called after each journal, unit, selection and run.

    Raises:
        StoreError: The store cannot be written; what came so far is whole.
        CorruptError: The other store changed under the copying.
    """
    with ours.lock("merge"):
        for name, lines in plan.journals.items():
            with ours.lock(name):
                here = lines_by_position(ours.journal(name))
                ours.append(
                    ours.journal(name), [one for one in lines if answer_position(one) not in here]
                )
            on_step()
        for key in plan.units:
            _copy_unit(key, theirs, ours)
            on_step()
        for name in plan.selections:
            head = json.loads((theirs.root / "cells" / f"{name}.json").read_text("utf-8"))
            ours.save_selection(head, list(theirs.load_selection(name)))
            on_step()
        for run in plan.runs:
            _merge_run(run, theirs, ours)
            on_step()


def _copy_unit(key: str, theirs: Store, ours: Store) -> None:
    """Copy aside, check the copy, rename."""
    desk = LocalStore(ours.root / "arriving")
    with ours.lock(key), atomic.translate_write_errors(desk.root):
        if ours.is_published(key):
            if not ours.find_damage(key):
                return
            ours.quarantine(key)
        shutil.rmtree(desk.unit_dir(key), ignore_errors=True)
        shutil.copytree(theirs.unit_dir(key), desk.unit_dir(key), copy_function=_copy_synced)
        if fault := desk.find_damage(key):
            raise CorruptError(
                f"did not arrive whole ({fault})",
                where=key,
                hint="is somebody at work on the other store? Run the same command again",
            )
        ours.install(key, desk.unit_dir(key))
        shutil.rmtree(desk.root, ignore_errors=True)


def _merge_run(run: str, theirs: Store, ours: Store) -> None:
    """A run's attempts, and then what it says of itself; one that has ended says more."""
    there, here = theirs.root / "runs" / run, ours.root / "runs" / run
    known = {json.dumps(line) for line in journal.read_records(here / "attempts.jsonl")}
    attempts = journal.read_records(there / "attempts.jsonl")
    ours.log_attempts(run, [line for line in attempts if json.dumps(line) not in known])
    facts = here / "run.json"
    if not facts.exists() or json.loads(facts.read_text("utf-8")).get("ended") is None:
        ours.save_run(run, json.loads((there / "run.json").read_text("utf-8")))


def _copy_synced(source: str, target: str) -> str:
    shutil.copyfile(source, target)
    with open(target, "rb") as file:
        os.fsync(file.fileno())
    return target
