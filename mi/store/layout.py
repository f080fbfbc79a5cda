"""Where things are in a store: one table of names for every kind of store.

A folder store has these directories below its root. A shared store uses the same names below its
address, and again below this machine's copy of it.

    units/<key>/     unit.json, SHA256SUMS and the unit's own files
    work/<key>/      a unit under way, with its checkpoints; begun.json says which unit it is, and
                     failure.json why its last attempt failed
    journals/        answers, judgments and likelihoods in the order they arrived, append-only; each
                     with its seal, NAME.seal: how many lines were written, and their digest
    runs/<run>/      run.json (provenance, outcome) and attempts.jsonl
    seals/           the seals of journals, each NAME.json (shared stores only)
    registrations/   expectations as they were registered, named by their content
    calibrations/    labels of answers by which judges are calibrated, named by their content
    progress/        how far units under way are, for `mi status`
    cells/           the cells and evals that a run selected, named by their content
    locks/           lock files of units and journals (folder stores only)
    replacing/       units that are about to be published again with new scores (folder stores only)
    arriving/        a unit of another store while it is copied
    damaged/         units that failed verification
    ledger.json      what runs have reserved of a limit that holds for all of them
    retired/         units, journals and work that were archived so that they can be redone; in
                     refused/, lines that no journal takes, with what was paid for them

These names are part of the format: a process that looked elsewhere would do units twice.
"""

from __future__ import annotations

import os
from pathlib import Path

import attrs

from ..errors import CorruptError
from ..files import atomic, gate

UNITS = "units"
WORK = "work"
JOURNALS = "journals"
SEALS = "seals"
RUNS = "runs"
REGISTRATIONS = "registrations"
CALIBRATIONS = "calibrations"
PROGRESS = "progress"
CELLS = "cells"
LOCKS = "locks"
REPLACING = "replacing"
DAMAGED = "damaged"
RETIRED = "retired"

RUN_FILE = "run.json"
ATTEMPTS_FILE = "attempts.jsonl"
LEDGER_FILE = "ledger.json"
LEDGER_LOCK = "ledger"

_STRAY_FILES = ("Thumbs.db", "desktop.ini")


@attrs.frozen
class StoreLayout:
    """Paths below the root of a store on this machine.

    Args:
        root: The root.
        is_own: Whether the store is this user's alone, so that its root is created private. One
            that exists keeps its mode.
    """

    root: Path
    is_own: bool = False

    def unit_dir(self, key: str) -> Path:
        return self.root / UNITS / key

    def work_dir(self, key: str) -> Path:
        return self.root / WORK / key

    def journal(self, name: str) -> Path:
        return self.root / JOURNALS / f"{name}.jsonl"

    def run_dir(self, run: str) -> Path:
        return self.root / RUNS / run

    def registration_file(self, name: str) -> Path:
        return self.root / REGISTRATIONS / f"{name}.json"

    def calibration_file(self, name: str) -> Path:
        return self.root / CALIBRATIONS / f"{name}.json"

    def lock_file(self, name: str) -> Path:
        """The lock file of a unit, journal or other name.

        Raises:
            CorruptError: It is not a name, and could lead out of the store.
        """
        check_name(name)
        return self.root / LOCKS / f"{name}.lock"

    def progress_file(self, key: str) -> Path:
        return self.root / PROGRESS / f"{key}.json"

    def selection_header(self, name: str) -> Path:
        return self.root / CELLS / f"{name}.json"

    def selection_cells(self, name: str) -> Path:
        return self.root / CELLS / f"{name}.jsonl"

    def ensure_dir(self, *parts: str) -> Path:
        """Create a directory below the root; the first one also hides the store from git.

        Raises:
            StoreError: The directory cannot be created.
            CorruptError: A part is not a name, and could lead out of the store.
        """
        for part in parts:
            check_name(part)
        directory = self.root.joinpath(*parts)
        if not directory.is_dir():
            with atomic.translate_write_errors(directory):
                atomic.make_dir(self.root, is_closed=self.is_own)
                atomic.make_dir(directory)
                ignore = self.root / ".gitignore"
                if not ignore.exists():
                    atomic.write_private(ignore, "*\n")
        return directory


def check_name(name: str) -> None:
    """Check that something can be the name of a unit, journal, run or lock.

    Raises:
        CorruptError: It is not, and as a part of a path it could lead out of the store.
    """
    if not gate.is_name(name):
        raise CorruptError(
            f"{name[:200]!r} is not a name that a store can have",
            hint="find the record that has it, and restore that from a copy",
        )


def list_names(directory: Path) -> set[str]:
    """Names of the entries of a directory; none if it does not exist.

    What file browsers leave behind, such as `.DS_Store`, is not the store's.

    Raises:
        StoreError: This process has too many open files to look.
    """
    try:
        names = os.listdir(directory)
    except (FileNotFoundError, NotADirectoryError):
        return set()
    except OSError as error:
        raise atomic.system_error(error, directory) or error from None
    return {name for name in names if not is_stray(name)}


def is_stray(name: str) -> bool:
    """Whether a file browser left an entry behind, such as `.DS_Store` or `._unit.json`."""
    return name.startswith((".", "@")) or name in _STRAY_FILES
