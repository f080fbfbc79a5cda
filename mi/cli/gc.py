"""`mi gc`: what no declared experiment needs; removed only when that is said."""

from __future__ import annotations

import argparse
import json
from typing import Any

import attrs

from ..errors import MiError, UsageError
from ..planning.plan import cell_units
from ..reporting.header import count
from ..reporting.progress import say
from ..reporting.tables import plain_table
from ..spec import is_url
from ..steps import evaluate
from ..store.gc import remove, unneeded
from ..store.local import Store
from ..store.provenance import now
from ..units.unit import Evaluate
from .common import bar, console, opened_store, options, session
from .parser import parse


def gc(parsed: argparse.Namespace) -> int:
    """List what nothing needs; with --delete, remove what cost nothing, with --paid the rest."""
    if is_url(options(parsed).store):
        raise UsageError(
            "gc cleans folders, and this store is none",
            where=str(options(parsed).store),
            hint="the rules of the place itself take old objects away: below units/ what "
            "published/ does not list, below claims/ and owners/ whatever is days old",
        )
    store, out = opened_store(parsed), console()
    needed = _needed(parsed, store)
    found = unneeded(store, needed)
    goes = [one for one in found if parsed.delete and (parsed.paid or not one.paid)]
    if parsed.json:
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
    where = "gc-" + "".join(sign for sign in now() if sign.isdigit())
    with bar(len(goes), "remove") as step:
        for one in goes:
            remove(one, store, where)
            step()
    if not parsed.json:
        size, gone = (sum(one.bytes for one in part) / 1e6 for part in (found, goes))
        said = f"{count(len(found), 'thing')} that no declared experiment needs, {size:.1f} MB"
        if parsed.delete:
            said += f"; {len(goes)} removed, {gone:.1f} MB"
            if len(goes) < len(found):
                said += "; `--paid` removes what was paid for too"
        elif found:
            said += "; --delete removes them"
        say(out, said)
    return 0


def _needed(parsed: argparse.Namespace, store: Store) -> set[str]:
    """Keys and journals of all declared experiments, on every model and data that runs were of.

    What runs were told cannot always be told again (a folder of data may be gone): then all that
    such a run selected counts as needed.
    """
    import registry

    words = list(registry.collect().all())
    needed: set[str] = set()
    for run in (None, *store.runs()):
        told = parse(["plan", *words, "--full"])
        told.store, told.db = parsed.store, parsed.db
        try:
            for name, said in _said(run, words).items() if run else ():
                setattr(told, name, said)
            needed |= _of(told)
        except MiError:
            if run is not None:
                for cell in store.selection(run["selection"]):
                    needed |= _with_journals(set(cell["units"].values()), store)
    return needed


def _said(run: dict[str, Any], words: list[str]) -> dict[str, Any]:
    """What steers identities in a run's command line, but for `--set`; and the files it named."""
    told = parse(run["provenance"]["argv"][1:])
    names = ("data", "judge", "votes", "price", "rejudge")
    files = [word for word in told.words if word.endswith(".py")]
    return {
        "words": [*words, *files],
        "model": run["model"],
        **{name: getattr(told, name) for name in names if hasattr(told, name)},
    }


def _of(told: argparse.Namespace) -> set[str]:
    opened = session(told, told.words)
    needed: set[str] = set()
    for cell, context in opened.cells():
        try:
            units = [unit for _, unit in cell_units(cell, context)]
        except MiError:  # too few rows on this data: never run, so nothing of it is there
            continue
        for unit in units:
            needed.add(unit.key)
            if isinstance(unit.payload, Evaluate):
                needed.update(evaluate.journals(unit.payload).values())
    return needed


def _with_journals(keys: set[str], store: Store) -> set[str]:
    journals = {
        name for key in keys if store.has(key) for name in store.record(key).journals.values()
    }
    return keys | journals
