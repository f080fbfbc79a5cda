"""`mi show KEY`: all that is known of a unit: inputs, outputs, log, provenance, attempts."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import MiError, UsageError, did_you_mean
from ..reporting.progress import say
from ..reporting.tables import plain_table
from ..runner.watch import LOG
from ..store.local import Store
from ..store.provenance import command
from ..store.records import Begun, UnitRecord
from .common import console, opened_store, pairs

_LAST = 20


def show_unit(parsed: argparse.Namespace) -> int:
    """Show a unit that was begun, whether it is done or not."""
    store, word = opened_store(parsed), parsed.word
    begun = {one.key: one for one in store.unfinished()}
    published = set(store.published())
    found = [key for key in sorted({*published, *begun}) if key.startswith(word)]
    if len(found) != 1:
        known = found or [*published, *begun]
        hint = did_you_mean(
            word, known, none="nothing was run here yet", many="`mi tree` shows keys"
        )
        what = "several units" if found else "no unit"
        raise UsageError(f"{what} in the store: {word}", hint=hint)
    key, out = found[0], console()
    one = store.record(key) if key in published else begun[key]
    folder = store.unit(key) if key in published else store.working(key)
    pairs(key, list(_facts(one, store, folder)))
    attempts = store.attempts(key)
    if attempts:
        say(out, "\nattempts", "bold")
        table = plain_table("at", "run", "what", "seconds", "message")
        for line in attempts:
            taken = f"{line['seconds']:.1f}" if "seconds" in line else ""
            said = line.get("message", "").splitlines()
            table.add_row(line["at"], line["run"], line["event"], taken, said[0] if said else "")
        out.print(table)
    log = folder / LOG
    if log.exists():
        say(out, "log", "bold")
        for text in log.read_text(encoding="utf-8").splitlines()[-_LAST:]:
            say(out, f"  {text}", "dim")
    return 0


def _facts(one: Begun, store: Store, folder: Path) -> Iterator[tuple[str, str]]:
    yield "title", one.title
    yield "setting", one.setting
    yield "state", _state(one, store)
    for earlier in store.retired_units(one.key):
        yield "put aside", f"the one of {earlier.finished} by run {earlier.run}"
    for name in ("mix", "subject"):
        if isinstance(need := one.payload.get(name), str):
            yield "input", _titled(need, store)
    for user in store.published():
        record = store.record(user)
        if one.key in (record.payload.get("mix"), record.payload.get("subject")):
            yield "used by", f"{user}  {record.title}"
    yield "payload", json.dumps(one.payload, ensure_ascii=False)
    if isinstance(one, UnitRecord):
        yield "outcome", json.dumps(one.outcome, ensure_ascii=False)
        yield from _provenance(one.run, store)
    for role, name in one.journals.items():
        path = store.journal(name)
        lines = len(path.read_bytes().splitlines()) if path.exists() else 0
        yield "journal", f"{role}, {lines} lines: {path}"
    yield "folder", str(folder)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield "file", f"{path.relative_to(folder)}  {path.stat().st_size:,} B"


def _state(one: Begun, store: Store) -> str:
    if isinstance(one, UnitRecord):
        fault = store.fault(one.key)
        return f"damaged: {fault}" if fault else f"done {one.finished} in {one.seconds:.1f} s"
    failure = store.failure(one.key)
    return f"failed {failure.at}: {failure.message}" if failure else "begun, not done"


def _titled(key: str, store: Store) -> str:
    try:
        return f"{key}  {store.record(key).title}"
    except MiError:
        return f"{key}  (not here)"


def _provenance(run: str, store: Store) -> Iterator[tuple[str, str]]:
    facts: dict[str, Any] | None = next((one for one in store.runs() if one["run"] == run), None)
    if facts is None:
        yield "run", run
        return
    made = facts["provenance"]
    commit = f"{made['commit'] or 'no commit'}{', with changes' if made['dirty'] else ''}"
    yield "run", f"{run}: {command(tuple(made['argv']))}"
    yield "made by", f"{commit} on {made['host']}, Python {made['python']}"
    yield "versions", ", ".join(f"{name} {number}" for name, number in made["versions"].items())
