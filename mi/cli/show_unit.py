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
from ..runner.watch import UNIT_LOG
from ..store.local import Store
from ..store.provenance import command_line
from ..store.records import BegunRecord, UnitRecord
from .common import configured_store, console, print_pairs

_LOG_LINES = 20


def show_unit(args: argparse.Namespace) -> int:
    """Show a unit that was begun, whether it is done or not."""
    store, word = configured_store(args), args.word
    begun = {one.key: one for one in store.unfinished_units()}
    published = set(store.published_keys())
    found = [key for key in sorted({*published, *begun}) if key.startswith(word)]
    if len(found) != 1:
        known = found or [*published, *begun]
        hint = did_you_mean(
            word, known, empty_hint="nothing was run here yet", overflow_hint="`mi tree` shows keys"
        )
        what = "several units" if found else "no unit"
        raise UsageError(f"{what} in the store: {word}", hint=hint)
    key, out = found[0], console()
    one = store.record(key) if key in published else begun[key]
    folder = store.unit_dir(key) if key in published else store.work_dir(key)
    print_pairs(key, list(_facts(one, store, folder)))
    attempts = store.attempts(key)
    if attempts:
        say(out, "\nattempts", "bold")
        table = plain_table("at", "run", "what", "seconds", "message")
        for line in attempts:
            taken = f"{line['seconds']:.1f}" if "seconds" in line else ""
            said = line.get("message", "").splitlines()
            table.add_row(line["at"], line["run"], line["event"], taken, said[0] if said else "")
        out.print(table)
    log = folder / UNIT_LOG
    if log.exists():
        say(out, "log", "bold")
        for text in log.read_text(encoding="utf-8").splitlines()[-_LOG_LINES:]:
            say(out, f"  {text}", "dim")
    return 0


def _facts(record: BegunRecord, store: Store, folder: Path) -> Iterator[tuple[str, str]]:
    yield "title", record.title
    yield "setting", record.setting
    yield "state", _state(record, store)
    for earlier in store.archived_records(record.key):
        yield "put aside", f"the one of {earlier.finished} by run {earlier.run}"
    for name in ("mix", "subject"):
        if isinstance(need := record.payload.get(name), str):
            yield "input", _key_and_title(need, store)
    for user in store.published_keys():
        user_record = store.record(user)
        if record.key in (user_record.payload.get("mix"), user_record.payload.get("subject")):
            yield "used by", f"{user}  {user_record.title}"
    yield "payload", json.dumps(record.payload, ensure_ascii=False)
    if isinstance(record, UnitRecord):
        yield "outcome", json.dumps(record.outcome, ensure_ascii=False)
        yield from _provenance(record.run, store)
    for role, name in record.journals.items():
        path = store.journal(name)
        lines = len(path.read_bytes().splitlines()) if path.exists() else 0
        yield "journal", f"{role}, {lines} lines: {path}"
    yield "folder", str(folder)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield "file", f"{path.relative_to(folder)}  {path.stat().st_size:,} B"


def _state(record: BegunRecord, store: Store) -> str:
    if isinstance(record, UnitRecord):
        fault = store.find_damage(record.key)
        return f"damaged: {fault}" if fault else f"done {record.finished} in {record.seconds:.1f} s"
    failure = store.failure(record.key)
    return f"failed {failure.at}: {failure.message}" if failure else "begun, not done"


def _key_and_title(key: str, store: Store) -> str:
    try:
        return f"{key}  {store.record(key).title}"
    except MiError:
        return f"{key}  (not here)"


def _provenance(run: str, store: Store) -> Iterator[tuple[str, str]]:
    facts: dict[str, Any] | None = next((one for one in store.runs() if one["run"] == run), None)
    if facts is None:
        yield "run", run
        return
    provenance = facts["provenance"]
    commit = (
        f"{provenance['commit'] or 'no commit'}{', with changes' if provenance['dirty'] else ''}"
    )
    yield "run", f"{run}: {command_line(tuple(provenance['argv']))}"
    yield "made by", f"{commit} on {provenance['host']}, Python {provenance['python']}"
    yield (
        "versions",
        ", ".join(f"{name} {number}" for name, number in provenance["versions"].items()),
    )
