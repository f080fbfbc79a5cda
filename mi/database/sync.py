"""Bringing the database up to date with the store.

DuckDB reads the store's own JSONL files, two hundred thousand rows a second, so nothing passes
through Python row by row. What has been loaded is remembered with the stamp of its file or folder;
what has changed since is taken out and loaded again, but for logs that only grew: their new lines
are added. All in one transaction: a reader sees the old state or the new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import attrs

from ..errors import CorruptError
from ..store.base import Store
from . import journals
from .connection import Database
from .fingerprints import UNIT_PREFIXES, list_fingerprints, listing_digest
from .journals import LOG_PREFIXES, LoadedPart, Log
from .jsonl_reader import DamagedFiles, FileChanged, JsonlReader
from .load import insert_rows, load_retired_training, load_run, load_selection, load_units

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@attrs.frozen
class SyncResult:
    """How many things were loaded, and what is damaged in the store and was left out."""

    loaded_count: int
    faults: tuple[str, ...]


def sync_database(database: Database, store: Store, *, timeout: float = 2.0) -> SyncResult:
    """Load what the store has and the database has not.

    Where nothing changed, nothing is written: somebody else may go on reading meanwhile.

    Raises:
        Busy: Another process holds the database; nothing was changed.
    """
    store.refresh()
    if database.loaded_digest(timeout=timeout) == listing_digest(list_fingerprints(store)):
        return SyncResult(0, ())
    faults: dict[str, str] = {}
    careful = False
    while True:
        try:
            with database.transaction(timeout=timeout) as connection:
                loaded = _update(JsonlReader(connection=connection, exact=careful), store, faults)
            return SyncResult(loaded, tuple(faults.values()))
        except DamagedFiles as damage:  # the transaction is gone: once more, without these
            faults.update(damage.faults)
        except FileChanged:
            careful = True


def _update(reader: JsonlReader, store: Store, faults: dict[str, str]) -> int:
    connection = reader.connection
    there = list_fingerprints(store)
    rows = connection.execute("SELECT name, stamp, size, digest FROM _loaded").fetchall()
    loaded = {name: stamp for name, stamp, _, _ in rows}
    held = {name: LoadedPart(size, digest) for name, _, size, digest in rows if digest is not None}
    changed = [
        name for name, stamp in there.items() if loaded.get(name) != stamp and name not in faults
    ]
    faults.update(_find_damaged_units(store, changed))
    fresh = [name for name in changed if name not in faults]
    found = {
        name: journals.find_log(store, name, held.get(name))
        for name in fresh
        if name.startswith(LOG_PREFIXES)
    }
    gone = [name for name in loaded if name not in there]
    _forget(connection, gone)
    _forget(connection, [name for name in fresh if name in loaded], found)
    _load(reader, store, fresh, found)
    _remember(connection, there, fresh, found)
    connection.execute("DELETE FROM _mark")
    if not faults:
        insert_rows(connection, "_mark", [(listing_digest(there),)])
    return len(fresh) + len(gone)


def _find_damaged_units(store: Store, names: Iterable[str]) -> dict[str, str]:
    """Which of the units among `names` are not what was written, and how."""
    damaged = store.find_damaged([name for name in names if name.startswith(UNIT_PREFIXES)])
    return {
        name: f"{name} is damaged in the store and left out: {fault}"
        for name, fault in damaged.items()
    }


def _load(
    reader: JsonlReader, store: Store, changed: Iterable[str], logs: Mapping[str, Log]
) -> None:
    load_units(reader, store, [name for name in changed if name.startswith(UNIT_PREFIXES)])
    journals.load_logs(reader, list(logs.values()))
    spent = {}
    for name in changed:
        kind, _, rest = name.rpartition(":")
        path = store.root / kind / rest
        with _report_damage(name):
            if kind == "run":
                load_run(reader.connection, store.root / "runs" / rest)
            elif kind == "retired" and path.suffix == ".jsonl":
                spent[rest] = path
            elif kind == "retired":
                load_retired_training(reader.connection, rest, path)
            elif name.startswith("selection-"):
                load_selection(reader, store.root / "cells" / name)
    journals.load_retired_journals(reader, spent)


@contextmanager
def _report_damage(name: str) -> Iterator[None]:
    """What is loaded under `name` is left out where it cannot be read."""
    try:
        yield
    except DamagedFiles:
        raise
    except (CorruptError, OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedFiles(
            {name: f"{name} is damaged in the store and left out: {error}"}
        ) from None


def _remember(
    connection: DuckDBPyConnection,
    fingerprints: Mapping[str, str],
    changed: Iterable[str],
    logs: Mapping[str, Log],
) -> None:
    rows = [
        (name, fingerprints[name], logs[name].loaded.size, logs[name].loaded.digest)
        if name in logs
        else (name, fingerprints[name], None, None)
        for name in changed
    ]
    insert_rows(connection, "_loaded", rows)


_OWNED_TABLES = {
    "selection-": ("selection", ("experiment", "expectation", "cell", "cell_unit", "cell_eval")),
    "run:": ("run", ("run",)),
    "attempts:": ("run", ("_attempt",)),
    "retired:": ("retired", ("retired",)),
    "journal:answers-": ("journal", ("answer",)),
    "journal:judgments-": ("journal", ("judgment",)),
    "journal:likelihoods-": ("journal", ("likelihood",)),
    "mix-": ("unit", ("unit", "unit_journal", "mix")),
    "train-": ("unit", ("unit", "unit_journal", "training", "training_metric")),
    "eval-": (
        "unit",
        ("unit", "unit_journal", "question", "score", "unit_question", "unit_metric"),
    ),
}


def _forget(
    connection: DuckDBPyConnection, names: list[str], logs: Mapping[str, Log] | None = None
) -> None:
    """Take out what was loaded from `names`, but for the lines of logs that only grew."""
    for prefix, (column, tables) in _OWNED_TABLES.items():
        values = [
            name.rpartition(":")[2]
            for name in names
            if name.startswith(prefix) and not (logs and name in logs and logs[name].is_extension)
        ]
        for table in tables if values else ():
            connection.execute(
                f"DELETE FROM {table} WHERE {column} IN (SELECT unnest(?))", [values]
            )
    if names:
        connection.execute("DELETE FROM _loaded WHERE name IN (SELECT unnest(?))", [names])
