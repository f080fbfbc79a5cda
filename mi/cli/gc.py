"""`mi gc`: what no declared experiment needs; removed only when that is said."""

from __future__ import annotations

import argparse
import json
from typing import Any

import attrs

from ..errors import MiError, UsageError
from ..planning.plan import cell_units
from ..reporting.header import pluralize
from ..reporting.progress import say
from ..reporting.tables import plain_table
from ..spec import is_url
from ..steps import evaluate
from ..store.gc import find_unneeded, remove_unneeded
from ..store.local import Store
from ..store.provenance import utc_timestamp
from ..units.unit import Evaluate
from .common import configured_store, console, load_session, progress_bar, run_options
from .parser import parse_args


def gc(args: argparse.Namespace) -> int:
    """List what nothing needs; with --delete, remove what cost nothing, with --paid the rest."""
    if is_url(run_options(args).store):
        raise UsageError(
            "gc cleans folders, and this store is none",
            where=str(run_options(args).store),
            hint="the rules of the place itself take old objects away: below units/ what "
            "published/ does not list, below claims/ and owners/ whatever is days old",
        )
    store, out = configured_store(args), console()
    needed = _needed_names(args, store)
    found = find_unneeded(store, needed)
    goes = [one for one in found if args.delete and (args.paid or not one.paid)]
    if args.json:
        facts = [{**attrs.asdict(one), "removed": one in goes} for one in found]
        print(json.dumps(facts, ensure_ascii=False, indent=1))
    else:
        table = plain_table("where", "what", "name", "MB", "paid")
        table.columns[3].justify = "right"
        for one in found:
            paid = "paid" if one.paid else ""
            table.add_row(one.place, one.title, one.name, f"{one.bytes / 1e6:.1f}", paid)
        if found:
            out.print(table)
    where = "gc-" + "".join(sign for sign in utc_timestamp() if sign.isdigit())
    with progress_bar(len(goes), "remove") as step:
        for one in goes:
            remove_unneeded(one, store, where)
            step()
    if not args.json:
        size, gone = (sum(one.bytes for one in part) / 1e6 for part in (found, goes))
        said = f"{pluralize(len(found), 'thing')} that no declared experiment needs, {size:.1f} MB"
        if args.delete:
            said += f"; {len(goes)} removed, {gone:.1f} MB"
            if len(goes) < len(found):
                said += "; `--paid` removes what was paid for too"
        elif found:
            said += "; --delete removes them"
        say(out, said)
    return 0


def _needed_names(args: argparse.Namespace, store: Store) -> set[str]:
    """Keys and journals of all declared experiments, on every model and data that runs were of.

    What runs were told cannot always be told again (a folder of data may be gone): then all that
    such a run selected counts as needed.
    """
    import registry

    words = list(registry.collect().all())
    needed: set[str] = set()
    for run in (None, *store.runs()):
        run_args = parse_args(["plan", *words, "--full"])
        run_args.store, run_args.db = args.store, args.db
        try:
            for name, said in _identity_flags(run, words).items() if run else ():
                setattr(run_args, name, said)
            needed |= _declared_names(run_args)
        except MiError:
            if run is not None:
                for cell in store.load_selection(run["selection"]):
                    needed |= _add_journals(set(cell["units"].values()), store)
    return needed


def _identity_flags(run: dict[str, Any], words: list[str]) -> dict[str, Any]:
    """What steers identities in a run's command line, but for `--set`; and the files it named."""
    args = parse_args(run["provenance"]["argv"][1:])
    names = ("data", "judge", "votes", "price", "rejudge")
    files = [word for word in args.words if word.endswith(".py")]
    return {
        "words": [*words, *files],
        "model": run["model"],
        **{name: getattr(args, name) for name in names if hasattr(args, name)},
    }


def _declared_names(args: argparse.Namespace) -> set[str]:
    session = load_session(args, args.words)
    needed: set[str] = set()
    for cell, context in session.cells():
        try:
            units = [unit for _, unit in cell_units(cell, context)]
        except MiError:  # too few rows on this data: never run, so nothing of it is there
            continue
        for unit in units:
            needed.add(unit.key)
            if isinstance(unit.payload, Evaluate):
                needed.update(evaluate.journal_names(unit.payload).values())
    return needed


def _add_journals(keys: set[str], store: Store) -> set[str]:
    journals = {
        name
        for key in keys
        if store.is_published(key)
        for name in store.record(key).journals.values()
    }
    return keys | journals
