"""`mi export` and `mi import`: results for others, and the work of other machines."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..database import Database, sync_database
from ..database.export import export_views as write
from ..errors import UsageError
from ..reporting.progress import say
from ..spec import is_url
from ..store import open_store
from ..store.local import Store
from ..store.merge import MergePlan, apply_merge, plan_merge
from .common import configured_store, console, progress_bar, run_options

_MAX_SHOWN = 20


def export(args: argparse.Namespace) -> int:
    """Write every view as a file, and a copy of the database."""
    out = Path(args.out).resolve()
    for file in write(Database(run_options(args).db), out, format=args.format):
        print(file)
    return 0


def import_(args: argparse.Namespace) -> int:
    """Add what another store has."""
    options = run_options(args)
    theirs, ours = _find_store(args.path), configured_store(args)
    if theirs.address == ours.address:
        raise UsageError("this is the store itself", where=ours.address, hint="name another one")
    theirs.refresh()
    ours.refresh()
    found = plan_merge(theirs, ours)
    out = console(stderr=True)
    for sentence in found.skipped[:_MAX_SHOWN]:
        say(out, sentence, "yellow")
    if len(found.skipped) > _MAX_SHOWN:
        say(out, f"… and {len(found.skipped) - _MAX_SHOWN} more stay there", "yellow")
    if not args.dry_run:
        _apply(found, theirs, ours)
        for fault in sync_database(Database(options.db), ours).faults:
            print(f"mi: {fault}", file=sys.stderr)
    verb = "would come" if args.dry_run else "imported"
    print(f"{_describe_counts(found)} {verb}; {found.present_count} were here already")
    return 0


def _find_store(name: str) -> Store:
    if is_url(name):
        return open_store(name)
    path = Path(name)
    for folder in (path, path / ".mi"):
        if any((folder / part).is_dir() for part in ("units", "journals", "runs")):
            return Store(folder.resolve())
    raise UsageError("is no store", where=str(path), hint="name a folder `.mi` that `mi run` made")


def _apply(found: MergePlan, theirs: Store, ours: Store) -> None:
    things = (found.journals, found.units, found.selections, found.runs)
    with progress_bar(sum(map(len, things)), "import") as step:
        apply_merge(found, theirs, ours, step)


def _describe_counts(found: MergePlan) -> str:
    counts = {"unit": found.units, "journal": found.journals, "run": found.runs}
    return ", ".join(
        f"{len(things)} {name}{'' if len(things) == 1 else 's'}" for name, things in counts.items()
    )
