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
from ..local import Store
from .survey import Incoming, at, read_lines


def apply(
    incoming: Incoming, theirs: Store, ours: Store, step: Callable[[], None] = lambda: None
) -> None:
    """Do what a survey said.

    Args:
        step: Called after each journal, unit, selection and run.

    Raises:
        StoreError: The store cannot be written; what came so far is whole.
        CorruptError: The other store changed under the copying.
    """
    with ours.locked("merge"):
        for name, lines in incoming.journals.items():
            with ours.locked(name):
                here = read_lines(ours.journal(name))
                ours.append(ours.journal(name), [one for one in lines if at(one) not in here])
            step()
        for key in incoming.units:
            _bring_unit(key, theirs, ours)
            step()
        for name in incoming.selections:
            head = json.loads((theirs.root / "cells" / f"{name}.json").read_text("utf-8"))
            ours.select(head, list(theirs.selection(name)))
            step()
        for run in incoming.runs:
            _bring_run(run, theirs, ours)
            step()


def _bring_unit(key: str, theirs: Store, ours: Store) -> None:
    """Copy aside, check the copy, rename."""
    desk = Store(ours.root / "arriving")
    with ours.locked(key), atomic.written(desk.root):
        if ours.has(key):
            if not ours.fault(key):
                return
            ours.set_aside(key)
        shutil.rmtree(desk.unit(key), ignore_errors=True)
        shutil.copytree(theirs.unit(key), desk.unit(key), copy_function=_copied)
        if fault := desk.fault(key):
            raise CorruptError(
                f"did not arrive whole ({fault})",
                where=key,
                hint="is somebody at work on the other store? Run the same command again",
            )
        ours.receive(key, desk.unit(key))
        shutil.rmtree(desk.root, ignore_errors=True)


def _bring_run(run: str, theirs: Store, ours: Store) -> None:
    """A run's attempts, and then what it says of itself; one that has ended says more."""
    there, here = theirs.root / "runs" / run, ours.root / "runs" / run
    known = {json.dumps(line) for line in journal.read(here / "attempts.jsonl")}
    attempts = journal.read(there / "attempts.jsonl")
    ours.note_attempts(run, [line for line in attempts if json.dumps(line) not in known])
    facts = here / "run.json"
    if not facts.exists() or json.loads(facts.read_text("utf-8")).get("ended") is None:
        ours.note_run(run, json.loads((there / "run.json").read_text("utf-8")))


def _copied(source: str, target: str) -> str:
    shutil.copyfile(source, target)
    with open(target, "rb") as file:
        os.fsync(file.fileno())
    return target
