"""`mi show KEY`: one unit with its inputs, outputs, journals, provenance, attempts and log."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from ..errors import MiError, UsageError, did_you_mean
from ..reporting.console import say
from ..reporting.tables import plain_table
from ..store.base import UNIT_LOG, Store
from ..store.provenance import command_line
from ..store.records import BegunRecord, UnitRecord
from ..store.run_files import AttemptEvent
from .common import configured_store, console, print_pairs

_LOG_LINES = 20
_NEEDS = ("mix", "continues", "training", "subject")
"""The fields of payloads that hold keys of units."""


def show_unit(args: argparse.Namespace) -> int:
    """Show a unit, finished or not.

    Raises:
        UsageError: No unit of the store begins with the word, or several do.
    """
    store = configured_store(args)
    record = _find_record(store, args.word)
    is_published = isinstance(record, UnitRecord)
    directory = store.unit_dir(record.key) if is_published else store.work_dir(record.key)
    print_pairs(record.key, list(_facts(record, store, directory)))
    _print_attempts(store.attempts(record.key))
    _print_log(directory / UNIT_LOG)
    return 0


def _find_record(store: Store, prefix: str) -> BegunRecord:
    unfinished = {record.key: record for record in store.unfinished_units()}
    published = set(store.published_keys())
    matches = [key for key in sorted({*published, *unfinished}) if key.startswith(prefix)]
    if len(matches) != 1:
        hint = did_you_mean(
            prefix,
            matches or [*published, *unfinished],
            empty_hint="nothing was run here yet",
            overflow_hint="`mi tree` shows keys",
        )
        number = "several units" if matches else "no unit"
        raise UsageError(f"{number} in the store: {prefix}", hint=hint)
    key = matches[0]
    return store.record(key) if key in published else unfinished[key]


def _print_attempts(attempts: list[AttemptEvent]) -> None:
    if not attempts:
        return
    out = console()
    say(out, "\nattempts", "bold")
    table = plain_table("at", "run", "event", "seconds", "message")
    for line in attempts:
        seconds = f"{line['seconds']:.1f}" if "seconds" in line else ""
        message = line.get("message", "").splitlines()
        table.add_row(
            line["at"], line["run"], line["event"], seconds, message[0] if message else ""
        )
    out.print(table)


def _print_log(path: Path) -> None:
    """Print the last lines of the unit's log."""
    if not path.exists():
        return
    out = console()
    say(out, "log", "bold")
    for text in path.read_text(encoding="utf-8").splitlines()[-_LOG_LINES:]:
        say(out, f"  {text}", "dim")


def _facts(record: BegunRecord, store: Store, directory: Path) -> Iterator[tuple[str, str]]:
    yield "title", record.title
    yield "setting", record.setting
    yield "state", _state(record, store)
    for earlier in store.archived_records(record.key):
        if isinstance(record, UnitRecord) and earlier.finished == record.finished:
            yield "archived", f"its scores by earlier rules (scoring {earlier.scoring})"
        else:
            yield "archived", f"an attempt finished {earlier.finished} in run {earlier.run}"
    for name in _NEEDS:
        if isinstance(need := record.payload.get(name), str):
            yield "input", _key_and_title(need, store)
    for user in store.published_keys():
        user_record = store.record(user)
        if record.key in map(user_record.payload.get, _NEEDS):
            yield "used by", f"{user}  {user_record.title}"
    yield "payload", json.dumps(record.payload, ensure_ascii=False)
    if isinstance(record, UnitRecord):
        yield "outcome", json.dumps(record.outcome, ensure_ascii=False)
        yield from _provenance(record.run, store)
    for role, name in record.journals.items():
        path = store.journal(name)
        lines = len(path.read_bytes().splitlines()) if path.exists() else 0
        yield "journal", f"{role}, {lines} lines: {path}"
    yield "folder", str(directory)
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        yield "file", f"{path.relative_to(directory)}  {path.stat().st_size:,} B"


def _state(record: BegunRecord, store: Store) -> str:
    if isinstance(record, UnitRecord):
        fault = store.find_damage(record.key)
        scored = f", scored again {record.scored}" if record.scored else ""
        done = f"done {record.finished} in {record.seconds:.1f} s{scored}"
        return f"damaged: {fault}" if fault else done
    failure = store.failure(record.key)
    return f"failed {failure.time}: {failure.message}" if failure else "begun, not finished"


def _key_and_title(key: str, store: Store) -> str:
    try:
        return f"{key}  {store.record(key).title}"
    except MiError:
        return f"{key}  (not in this store)"


def _provenance(run: str, store: Store) -> Iterator[tuple[str, str]]:
    record = next((r for r in store.runs() if r["run"] == run), None)
    if record is None:
        yield "run", run
        return
    facts = record["provenance"]
    changes = ", with changes" if facts["dirty"] else ""
    yield "run", f"{run}: {command_line(tuple(facts['argv']))}"
    yield (
        "made by",
        f"{facts['commit'] or 'no commit'}{changes} on {facts['host']}, Python {facts['python']}",
    )
    yield "versions", ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
