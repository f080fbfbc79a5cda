"""`mi export` and `mi import`: results as files, and the merge of another store."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..database import Database, sync_database
from ..database.export import export_views
from ..errors import UsageError
from ..reporting.console import say
from ..reporting.text import pluralize
from ..spec import is_url
from ..store import LocalStore, Store, open_store
from ..store.merge import MergePlan, apply_merge, find_odd_entry, plan_merge
from .common import configured_store, console, progress_bar, run_options

_MAX_SHOWN = 20


def export(args: argparse.Namespace) -> int:
    """Write every view as a file, and a copy of the database."""
    directory = Path(args.out).resolve()
    database = Database(run_options(args).db)
    for path in export_views(
        database, directory, format=args.format, quote_formulas=args.quote_formulas
    ):
        print(path)
    return 0


def import_store(args: argparse.Namespace) -> int:
    """Merge another store into the configured one and report what was left out."""
    options = run_options(args)
    theirs, ours = _find_store(args.path), configured_store(args)
    if theirs.address == ours.address:
        raise UsageError(
            "a store cannot be imported into itself", where=ours.address, hint="name another store"
        )
    theirs.refresh()
    ours.refresh()
    merge = plan_merge(theirs, ours)
    _print_skipped(merge)
    if not args.dry_run:
        _apply(merge, theirs, ours)
        for fault in sync_database(Database(options.db), ours).faults:
            print(f"mi: {fault}", file=sys.stderr)
    verb = "would be imported" if args.dry_run else "imported"
    print(f"{_describe_counts(merge)} {verb}; {merge.present_count} were here already")
    return 0


def _find_store(name: str) -> Store:
    if is_url(name):
        _check_shared_folder(name)
        return open_store(name)
    path = Path(name)
    for directory in (path, path / ".mi"):
        if directory != path and directory.is_symlink():
            raise UsageError(
                f"is a symbolic link to {os.readlink(directory)}",
                where=str(directory),
                hint="name the store itself if that is the one to import",
            )
        if any((directory / part).is_dir() for part in ("units", "journals", "runs")):
            return LocalStore(directory.resolve())
    raise UsageError(
        "is not a store", where=str(path), hint="name a folder `.mi` that `mi run` created"
    )


def _check_shared_folder(url: str) -> None:
    """Refuse a shared folder with entries that could lead elsewhere, or never end.

    Raises:
        UsageError: It has one.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and (odd := find_odd_entry(Path(unquote(parts.path)))):
        raise UsageError(
            f"cannot be imported: {odd}",
            where=url,
            hint="remove it, or copy the folder without it and import the copy",
        )


def _print_skipped(merge: MergePlan) -> None:
    out = console(stderr=True)
    for sentence in merge.skipped[:_MAX_SHOWN]:
        say(out, sentence, "yellow")
    if len(merge.skipped) > _MAX_SHOWN:
        say(out, f"… and {len(merge.skipped) - _MAX_SHOWN} more were left out", "yellow")


def _apply(merge: MergePlan, theirs: Store, ours: Store) -> None:
    things = (merge.journals, merge.units, merge.selections, merge.runs, merge.registrations)
    total = sum(map(len, things)) + len(merge.calibrations)
    with progress_bar(total, "import") as advance:
        apply_merge(merge, theirs, ours, advance)


def _describe_counts(merge: MergePlan) -> str:
    counts = {"unit": merge.units, "journal": merge.journals, "run": merge.runs}
    texts = [pluralize(len(items), noun) for noun, items in counts.items()]
    if merge.registrations:
        texts.append(pluralize(len(merge.registrations), "registration"))
    if merge.calibrations:
        texts.append(pluralize(len(merge.calibrations), "calibration"))
    return ", ".join(texts)
