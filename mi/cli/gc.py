"""`mi gc`: list what no declared experiment needs, and remove it on request.

Nothing is removed without `--delete`, and nothing that cost money without `--paid`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

import attrs

from ..errors import MiError, UsageError
from ..files.clock import timestamp_digits, utc_timestamp
from ..planning.needed import needed_names, recorded_names
from ..reporting.console import say
from ..reporting.tables import plain_table
from ..reporting.text import pluralize
from ..spec import is_url
from ..store.base import Store
from ..store.gc import UnneededItem, find_unneeded, remove_unneeded
from ..store.run_files import RunRecord
from .common import configured_store, console, load_session, progress_bar, run_options
from .parser import parse_args

_IDENTITY_FLAGS = ("data", "judge", "votes", "price", "rejudge")


def gc(args: argparse.Namespace) -> int:
    """List unneeded items. `--delete` removes those that were free, `--paid` the rest too.

    Raises:
        UsageError: The store is an object store, which its own lifecycle rules clean.
    """
    address = run_options(args).store
    if is_url(address):
        raise UsageError(
            "`mi gc` cleans folders, and this store is not a folder",
            where=str(address),
            hint="let the lifecycle rules of the store remove old objects: below units/ those that "
            "published/ does not list, below claims/ and owners/ those that are days old",
        )
    store = configured_store(args)
    items = find_unneeded(store, _all_needed_names(args, store))
    removable = [item for item in items if args.delete and (args.paid or not item.paid)]
    if args.json:
        values = [{**attrs.asdict(item), "removed": item in removable} for item in items]
        print(json.dumps(values, ensure_ascii=False, indent=1))
    elif items:
        _print_items(items)
    label = f"gc-{timestamp_digits(utc_timestamp())}"
    with progress_bar(len(removable), "remove") as advance:
        for item in removable:
            remove_unneeded(item, store, label)
            advance()
    if not args.json:
        say(console(), _summary(items, removable, delete=args.delete))
    return 0


def _print_items(items: Sequence[UnneededItem]) -> None:
    table = plain_table("place", "title", "name", "MB", "paid")
    table.columns[3].justify = "right"
    for item in items:
        paid = "paid" if item.paid else ""
        table.add_row(item.place, item.title, item.name, f"{item.bytes / 1e6:.1f}", paid)
    console().print(table)


def _summary(
    items: Sequence[UnneededItem], removed: Sequence[UnneededItem], *, delete: bool
) -> str:
    text = f"{pluralize(len(items), 'item')} that no declared experiment needs, {_megabytes(items)}"
    if delete:
        text += f"; {len(removed)} removed, {_megabytes(removed)}"
        if len(removed) < len(items):
            text += "; add --paid to remove what cost money too"
    elif items:
        text += "; --delete removes them"
    return text


def _megabytes(items: Sequence[UnneededItem]) -> str:
    return f"{sum(item.bytes for item in items) / 1e6:.1f} MB"


def _all_needed_names(args: argparse.Namespace, store: Store) -> set[str]:
    """Keys and journals of all declared experiments, for every model and data of past runs.

    Some command lines cannot be repeated (a folder of data may be gone). Then everything that
    such a run selected counts as needed.
    """
    from .. import registry

    ids = list(registry.collect().all())
    names: set[str] = set()
    for run in (None, *store.runs()):  # None: the model and data that the configuration names
        plan_args = parse_args(["plan", *ids, "--full"])
        plan_args.store, plan_args.db = args.store, args.db
        try:
            if run is not None:
                vars(plan_args).update(_identity_flags(run, ids))
            names |= needed_names(load_session(plan_args, plan_args.words))
        except MiError:
            if run is not None:
                for cell in store.load_selection(run["selection"]):
                    names |= recorded_names(cell["units"].values(), store)
    return names


def _identity_flags(run: RunRecord, ids: list[str]) -> dict[str, Any]:
    """The arguments of a past run that decide keys, except `--set`, and the files that it named."""
    past = parse_args(run["provenance"]["argv"][1:])
    files = [word for word in past.words if word.endswith(".py")]
    flags = {name: getattr(past, name) for name in _IDENTITY_FLAGS if hasattr(past, name)}
    return {"words": [*ids, *files], "model": run["model"], **flags}
