"""`mi export` and `mi import`: results for others, and the work of other machines."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..database import Database, bring_up_to_date
from ..database.export import export as write
from ..errors import UsageError
from ..reporting.progress import say
from ..spec import is_url
from ..store import open_store
from ..store.local import Store
from ..store.merge import Incoming, apply, survey
from .common import bar, console, opened_store, options

_SHOWN = 20


def export(parsed: argparse.Namespace) -> int:
    """Write every view as a file, and a copy of the database."""
    out = Path(parsed.out).resolve()
    for file in write(Database(options(parsed).db), out, format=parsed.format):
        print(file)
    return 0


def import_(parsed: argparse.Namespace) -> int:
    """Add what another store has."""
    chosen = options(parsed)
    theirs, ours = _store(parsed.path), opened_store(parsed)
    if theirs.address == ours.address:
        raise UsageError("this is the store itself", where=ours.address, hint="name another one")
    theirs.refresh()
    ours.refresh()
    found = survey(theirs, ours)
    out = console(stderr=True)
    for sentence in found.left[:_SHOWN]:
        say(out, sentence, "yellow")
    if len(found.left) > _SHOWN:
        say(out, f"… and {len(found.left) - _SHOWN} more stay there", "yellow")
    if not parsed.dry_run:
        _bring(found, theirs, ours)
        for fault in bring_up_to_date(Database(chosen.db), ours).faults:
            print(f"mi: {fault}", file=sys.stderr)
    verb = "would come" if parsed.dry_run else "imported"
    print(f"{_counted(found)} {verb}; {found.already} were here already")
    return 0


def _store(name: str) -> Store:
    if is_url(name):
        return open_store(name)
    path = Path(name)
    for folder in (path, path / ".mi"):
        if any((folder / part).is_dir() for part in ("units", "journals", "runs")):
            return Store(folder.resolve())
    raise UsageError("is no store", where=str(path), hint="name a folder `.mi` that `mi run` made")


def _bring(found: Incoming, theirs: Store, ours: Store) -> None:
    things = (found.journals, found.units, found.selections, found.runs)
    with bar(sum(map(len, things)), "import") as step:
        apply(found, theirs, ours, step)


def _counted(found: Incoming) -> str:
    counts = {"unit": found.units, "journal": found.journals, "run": found.runs}
    return ", ".join(
        f"{len(things)} {name}{'' if len(things) == 1 else 's'}" for name, things in counts.items()
    )
